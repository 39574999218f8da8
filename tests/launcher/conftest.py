"""A checkout that is set up, with its own VAR, for tests of running; and one that is not, for tests of setting up."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.launcher.checkouts import Checkout, clean_environment, copy_of_the_checkout, lend_what_is_set_up


@pytest.fixture
def lent(tmp_path: Path) -> Checkout:
    """A copy that uses this checkout's packages: setting up has nothing to do."""
    root = tmp_path / "a checkout"
    copy_of_the_checkout(root)
    lend_what_is_set_up(root)
    return Checkout(root, clean_environment())


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A copy with nothing set up, in a path with a space, owned by an ordinary user where the tests run as root."""
    folder = Path(subprocess.check_output(["mktemp", "-d", "-t", "yigongti fresh.XXXXXX"], text=True).strip())
    root = copy_of_the_checkout(folder / "a checkout")
    environment = clean_environment(HOME=str(folder / "home"))
    (folder / "home").mkdir()
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        subprocess.run(["chown", "-R", f"{nobody.pw_uid}:{nobody.pw_gid}", str(folder)], check=True)
        prefix = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--")
    folder.chmod(0o755)
    yield Checkout(root, environment, prefix)
    shutil.rmtree(folder, ignore_errors=True)
