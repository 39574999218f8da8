"""A checkout that is set up, with its own VAR, for tests of running; and one that is not, for tests of setting up."""

import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.launcher.checkouts import Checkout, clean_environment, copy_of_the_checkout, lend_what_is_set_up


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that start whole platforms run one after the other, on one worker."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and item.path.name != "test_checks.py":
            item.add_marker(pytest.mark.xdist_group("launcher"))


@pytest.fixture
def lent(tmp_path: Path) -> Checkout:
    """A copy that uses this checkout's packages: setting up has nothing to do."""
    root = tmp_path / "a checkout"
    copy_of_the_checkout(root)
    lend_what_is_set_up(root)
    return Checkout(root, clean_environment())


@pytest.fixture(scope="module")
def ordinary_home() -> Iterator[Path]:
    """A home that checkouts share, so that what one has downloaded the next finds; open to an ordinary user."""
    folder = Path(tempfile.mkdtemp(prefix="yigongti fresh "))
    folder.chmod(0o755)
    (folder / "home").mkdir()
    yield folder
    subprocess.run(["rm", "-rf", str(folder)], check=False)


@pytest.fixture
def fresh(ordinary_home: Path) -> Checkout:
    """A copy with nothing set up, in a path with spaces, owned by an ordinary user where the tests run as root."""
    root = copy_of_the_checkout(Path(tempfile.mkdtemp(prefix="checkout ", dir=ordinary_home)))
    environment = clean_environment(HOME=str(ordinary_home / "home"))
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        owner = f"{nobody.pw_uid}:{nobody.pw_gid}"
        subprocess.run(["chown", "-R", owner, str(root), str(ordinary_home / "home")], check=True)
        prefix = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--")
    return Checkout(root, environment, prefix)
