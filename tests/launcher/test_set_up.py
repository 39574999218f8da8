"""Two commands on a fresh machine: nothing but git and Python, whoever calls, wherever the checkout lies."""

import re
import shutil
from pathlib import Path

import pytest

from tests.launcher.checkouts import Checkout
from yigongti.config.supervise import binaries


@pytest.mark.parametrize("kind", ["wheel", "system"])
def test_a_fresh_checkout_runs_and_answers_as_every_role(kind: str, fresh: Checkout) -> None:
    """Both ways to PostgreSQL and Node, since a machine that has them hides a set-up that fails without."""
    if kind == "system" and not binaries.installed():
        pytest.skip("NO INSTALLED POSTGRESQL 15 to 18: the launcher is tested with the wheel's only")
    node = kind if kind == "wheel" or (shutil.which("npm") and shutil.which("node")) else "auto"
    fresh.environment |= {"YIGONGTI_POSTGRES": kind, "YIGONGTI_NODE": node}

    ended = fresh.call("run", "--smoke", "--demo-residents", "40", timeout=600)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(rf"PostgreSQL \d+ \({'wheel' if kind == 'wheel' else 'installed'}\)", ended.stdout)
    assert "roles" in ended.stdout
    assert not (fresh.root / "var").exists(), "--smoke keeps its data to itself"
    vendor = fresh.root / "src/yigongti/kernel/ui/static/vendor"
    assert (vendor / "htmx.min.js").stat().st_size > 10_000


def test_it_is_found_through_a_link_from_another_folder(lent: Checkout, tmp_path: Path) -> None:
    link = tmp_path / "ygt"
    link.symlink_to(lent.root / "yigongti")
    ended = lent.call("--help", cwd=tmp_path, program=link)
    assert ended.returncode == 0
    assert "Usage: ./yigongti" in ended.stdout
    assert ended.stderr == "", "set up already: it says nothing"


def test_a_changed_translation_is_compiled_again(lent: Checkout) -> None:
    compiled = lent.root / "src/yigongti/kernel/ui/locale/en/LC_MESSAGES/django.mo"
    compiled.unlink(missing_ok=True)
    ended = lent.call("--help")
    assert ended.returncode == 0
    assert compiled.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}, "no connection to 127.0.0.1"),
        ({"SSL_CERT_FILE": "/nowhere/ca.crt"}, "/nowhere/ca.crt"),
        ({"YIGONGTI_POSTGRES": "sometimes"}, "auto, system, wheel"),
    ],
)
def test_a_set_up_that_fails_says_why_in_one_line(lent: Checkout, given: dict[str, str], said: str) -> None:
    (lent.root / ".venv").unlink()
    shutil.rmtree(lent.root / ".tools")
    lent.environment |= {"PATH": "/usr/bin:/bin", **given}
    ended = lent.call("run")
    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert len([line for line in ended.stderr.splitlines() if line.startswith("yigongti:")]) == 1
