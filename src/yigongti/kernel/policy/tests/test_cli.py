"""The command line says what is missing, unconfirmed or wrong."""

from pathlib import Path

from click.testing import CliRunner
from django.conf import LazySettings

from yigongti.kernel.policy import api
from yigongti.kernel.policy.cli import policy
from yigongti.kernel.policy.tests.factories import folder, values


def test_show_gives_value_and_citation() -> None:
    done = CliRunner().invoke(
        policy, ["show", "public_health.village_task_share", "--place", "xuchang", "--on", "2020-12-31"]
    )
    assert done.exit_code == 0
    for part in (
        "≥ 45 %",
        "2020-01-01 until 2021-01-01",
        "许政办〔2020〕19号 三（四）",
        "V-SEED",
        "xuchang/public_health",
    ):
        assert part in done.output


def test_a_gap_is_one_line_and_fails() -> None:
    done = CliRunner().invoke(
        policy, ["show", "public_health.village_task_share", "--place", "xuchang", "--on", "2019-12-31"]
    )
    assert done.exit_code == 1
    assert "2019-12-31" in done.output and "Traceback" not in done.output


def test_an_unknown_place_lists_the_known_ones() -> None:
    done = CliRunner().invoke(policy, ["check", "kunshna"])
    assert done.exit_code == 2 and "kunshan" in done.output


def test_check_lists_what_is_unconfirmed() -> None:
    done = CliRunner().invoke(policy, ["check", "kunshan", "--on", "2026-11-22"])
    assert done.exit_code == 0
    assert "unconfirmed  access.lock_minutes = ≥ 15 分钟" in done.output
    assert "0 missing" in done.output


def test_check_names_every_mistake(tmp_path: Path, settings: LazySettings) -> None:
    settings.POLICIES = folder(tmp_path, here=values("fund.shaer", "from: 2020-01-01, value: 1"))
    api.reload()
    try:
        done = CliRunner().invoke(policy, ["check"])
    finally:
        api.reload()
    assert done.exit_code == 1
    assert "policies/here/fund.yaml:4: no parameter 'fund.shaer'" in done.output
