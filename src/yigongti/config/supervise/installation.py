"""One installation: its folder VAR, its lock, and its embedded database while somebody needs it.

One process owns an installation at a time (``run``, or a single command when ``run`` is down) and holds
``VAR/run/owner``, which tells others its process, what it does, and the database's address. Commands that
use the database meanwhile are guests and share ``VAR/run/guests``, so an owner can wait for them.
The locks are the kernel's (flock): a killed process holds none.
"""

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from yigongti.config.supervise.binaries import choose
from yigongti.config.supervise.paths import var
from yigongti.config.supervise.server import Server, answers, kept_password

PRIVATE = ("keys", "lake", "logs", "run", "uploads")


class InstallationBusy(Exception):
    """Somebody else owns this installation; the message names the process."""


@dataclass
class Owner:
    """Who owns the installation, as told to others."""

    pid: int
    what: str  # "run" | "command"
    database: str = ""
    address: str = ""


class Installation:
    """The folder VAR and what is kept there. Raises OSError where it cannot be written."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or var()
        os.umask(0o077)  # what is written below VAR is nobody else's to read
        closed = not self.folder.exists()
        self.folder.mkdir(parents=True, exist_ok=True)
        if closed:
            # PostgreSQL started by root works under another account and must be able to pass
            self.folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for name in PRIVATE:
            (self.folder / name).mkdir(exist_ok=True, mode=0o700)

    def server(self) -> Server:
        """The embedded PostgreSQL of this installation, not started. Raises NoPostgreSQL."""
        data = self.folder / "postgres"
        return Server(
            choose(data),
            data,
            password=kept_password(self.folder / "keys" / "postgres"),
            log=self.folder / "logs" / "postgres.log",
        )

    @contextmanager
    def owned(self, what: str) -> Iterator["Ownership"]:
        """Own the installation inside the block. Raises InstallationBusy."""
        with (self.folder / "run" / "owner").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                owner = self.owner()
                if owner is None:
                    raise InstallationBusy(f"another process is starting on {self.folder}; try again") from None
                doing = f"runs already at {owner.address}" if owner.address else "is at work already"
                raise InstallationBusy(
                    f"process {owner.pid} {doing} on {self.folder}; stop it, or set YIGONGTI_VAR to another folder"
                ) from None
            ownership = Ownership(self, Owner(os.getpid(), what))
            ownership.tell()
            try:
                yield ownership
            finally:
                file.truncate(0)

    def owner(self) -> Owner | None:
        """What the owner tells, None when it tells nothing (yet)."""
        try:
            return Owner(**json.loads((self.folder / "run" / "owner").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    @contextmanager
    def guest(self) -> Iterator[None]:
        """Be counted as a user of the owner's database inside the block."""
        with (self.folder / "run" / "guests").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    def await_guests(self) -> None:
        """Return when nobody else uses the database."""
        with (self.folder / "run" / "guests").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("· another command still uses the database; waiting for it", file=sys.stderr)
                fcntl.flock(file, fcntl.LOCK_EX)


class Ownership:
    """Held while an installation is owned; tells others what they need."""

    def __init__(self, installation: Installation, owner: Owner) -> None:
        self.installation = installation
        self.owner = owner

    def tell(self, *, database: str = "", address: str = "") -> None:
        """Publish the database's address, or the platform's, to guests."""
        self.owner.database = database or self.owner.database
        self.owner.address = address or self.owner.address
        file = self.installation.folder / "run" / "owner"
        with file.open("r+") as open_file:
            open_file.truncate(0)
            open_file.write(json.dumps(asdict(self.owner)))


@contextmanager
def reachable(seconds: float = 120) -> Iterator[None]:
    """DATABASE_URL set and answering inside the block. Raises InstallationBusy, ServerFailed, NoPostgreSQL."""
    if os.environ.get("DATABASE_URL"):
        yield
        return
    installation = Installation()
    until = time.monotonic() + seconds
    while True:
        try:
            with installation.owned("command") as ownership:
                server = installation.server()
                server.start()
                ownership.tell(database=server.url)
                try:
                    with _pointing(server.url):
                        yield
                finally:
                    installation.await_guests()
                    server.stop()
                return
        except InstallationBusy:
            with installation.guest():
                owner = installation.owner()
                if owner and owner.database and answers(owner.database):
                    with _pointing(owner.database):
                        yield
                    return
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


@contextmanager
def _pointing(url: str) -> Iterator[None]:
    os.environ["DATABASE_URL"] = url
    try:
        yield
    finally:
        del os.environ["DATABASE_URL"]
