"""``new-domain``: what comes out passes every check, in whichever tier, without touching a list by hand."""

import shutil

import pytest

from tests.launcher.checkouts import ROOT, Checkout


def test_new_domains_pass_all_checks_and_their_own_tests(lent: Checkout) -> None:
    """One where the tier is an ordered list (base), one where the tier may not exist yet, with a long name."""
    domains = {"leave_requests": "base", "transport_between_the_members": "care"}
    if (ROOT / ".mypy_cache").exists():
        shutil.copytree(ROOT / ".mypy_cache", lent.root / ".mypy_cache")
    for name, tier in domains.items():
        made = lent.call("new-domain", name, "--tier", tier, "--label", "试用")
        assert made.returncode == 0, made.stderr
    checked = lent.call("check", "--all", timeout=900)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    folders = [f"src/yigongti/domains/{tier}/{name}" for name, tier in domains.items()]
    tested = lent.call("test", *folders, "-n", "0", timeout=600)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "6 passed" in tested.stdout


@pytest.mark.parametrize("name", ["Leave", "class", "leave__requests", "organisation", "1st"])
def test_a_bad_name_is_refused(lent: Checkout, name: str) -> None:
    ended = lent.call("new-domain", name, "--tier", "care")
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    assert not (lent.root / "src/yigongti/domains/care" / name).exists()
