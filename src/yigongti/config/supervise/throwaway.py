"""A PostgreSQL in a folder that is thrown away, for tests and benches: never the one of ``run``."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yigongti.config.supervise.binaries import choose
from yigongti.config.supervise.server import Server


@contextmanager
def throwaway_server(*, lasting: bool) -> Iterator[tuple[Server, Path]]:
    """A running server and the folder it lives in, which may take other files; both are gone after the block.

    ``lasting`` turns flushing to disk on, which a bench needs to be honest and a test does not.
    Raises NoPostgreSQL, NotAsRoot, ServerFailed.
    """
    with tempfile.TemporaryDirectory(prefix="yigongti-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL may have to run under another account
        data = folder / "postgres"
        server = Server(choose(data), data, password="throwaway", log=folder / "postgres.log", lasting=lasting)
        server.start()
        try:
            yield server, folder
        finally:
            server.stop()
