"""``new-domain``: what comes out passes every check, in whichever tier, without touching a list by hand."""

import shutil

import pytest

from tests.launcher.checkouts import ROOT, Checkout


@pytest.mark.parametrize("tier", ["base", "care"])
def test_a_new_domain_passes_all_checks_and_its_own_tests(lent: Checkout, tier: str) -> None:
    if (ROOT / ".mypy_cache").exists():
        shutil.copytree(ROOT / ".mypy_cache", lent.root / ".mypy_cache")
    made = lent.call("new-domain", "leave_requests", "--tier", tier, "--label", "请假")
    assert made.returncode == 0, made.stderr
    checked = lent.call("check", timeout=600)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = lent.call("test", f"src/yigongti/domains/{tier}/leave_requests", "-n", "0")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "3 passed" in tested.stdout


@pytest.mark.parametrize("name", ["Leave", "class", "leave__requests", "organisation", "1st"])
def test_a_bad_name_is_refused(lent: Checkout, name: str) -> None:
    ended = lent.call("new-domain", name, "--tier", "care")
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    assert not (lent.root / "src/yigongti/domains/care" / name).exists()
