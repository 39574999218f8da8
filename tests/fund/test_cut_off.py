"""By the day care ended: what is settled after the cut-off is a late claim of its year, and of no other."""

import shutil
from datetime import date

import pytest

from tests.fund.world import YEAR, World, claim, cleared, publish, running, usual, world
from yigongti.domains.money.insurance_fund import checks, gathering
from yigongti.domains.money.insurance_fund.models import Correction
from yigongti.domains.money.insurance_fund.services import correcting
from yigongti.kernel.policy import api as policy_api
from yigongti.kernel.workflow.api import take_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(settings, tmp_path):
    settings.VAR = tmp_path
    copy = tmp_path / "policies"
    shutil.copytree(settings.POLICIES, copy)
    file = copy / "national" / "insurance_fund.yaml"
    was = "clearing.counted_by:\n    - {from: 2020-01-01, value: settled_in_year}"
    text = file.read_text("utf-8")
    assert was in text
    file.write_text(text.replace(was, was.replace("settled_in", "service_ended_in")), "utf-8")
    with policy_api.reading(copy):
        yield world()


def ended(here: World, settled: date, fund: int, record_no: str) -> dict:
    """A stay that ended on 28 December, in the west's hospital, of the east's insured."""
    return claim(here, settled, "east_centre", "west_hospital", fund, service_start=date(YEAR, 12, 20),
                 service_end=date(YEAR, 12, 28), record_no=record_no)  # fmt: skip


def test_it_is_in_exactly_one_year(here):
    """31 days: until 31 January it is the year's own, from 1 February a late claim of it."""
    publish(usual(here))
    january, march = ended(here, date(YEAR + 1, 1, 31), 40_000, "JAN"), ended(here, date(YEAR + 1, 3, 2), 70_000, "MAR")
    publish([*usual(here, YEAR + 1), january], YEAR + 1)
    first = cleared(here)
    east, west = here.id("east"), here.id("west")
    assert gathering.gather(first).statement.fen("claims") == 32_160_000 + 40_000
    publish([*usual(here, YEAR + 1), january, march], YEAR + 1)
    (late,) = correcting.since_closing(first.closing)
    assert (late.slot.record_no, late.slot.month, late.open.fund_fen) == ("MAR", date(YEAR, 12, 1), 70_000)
    after = running(here, YEAR + 1)
    own = gathering.gather(after).statement
    assert own.fen("owes", east, west) == 1_200_000
    after = take_step(after, "take_late", actor=here.officer)
    assert gathering.gather(after).statement.fen("owes", east, west) == 1_270_000
    assert Correction.objects.get(into=after).fund_fen == 70_000
    assert not [f for f in checks.findings(gathering.gather(after), clearing=True) if f.name == "of_no_year"]


def test_of_a_year_never_closed_here_it_is_named(here):
    publish([*usual(here, YEAR + 1), ended(here, date(YEAR + 1, 1, 31), 40_000, "JAN"),
             ended(here, date(YEAR + 1, 3, 2), 70_000, "MAR")], YEAR + 1)  # fmt: skip
    case = running(here, YEAR + 1)
    (one,) = [f for f in checks.findings(gathering.gather(case), clearing=True) if f.name == "of_no_year"]
    assert one.count == 1 and "MAR" in one.rows[0] and not one.blocks
