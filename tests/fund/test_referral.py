"""Care out of the county: with a referral that covers it, without the one it needs, and where none is needed; and what
the fund would have paid had there been one."""

from datetime import date

import pytest
from django.urls import reverse

from tests.fund.world import YEAR, World, claim, cleared, publish, running, usual, world
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.insurance_fund import checks, gathering
from yigongti.domains.money.insurance_fund.services import closing
from yigongti.kernel.access.api import Role, system_actor

pytestmark = pytest.mark.django_db
DAY = date(YEAR, 5, 5)


@pytest.fixture
def here(settings, tmp_path) -> World:
    settings.VAR = tmp_path
    return world()


def rows_of(here: World) -> list[dict]:
    """Twice 12 usual ones without, 2,400.00 and 480.00 in all; four more of which one names a number that is none."""
    return [
        *usual(here),
        claim(here, DAY, "east_centre", "outside", 100_000, referral="covered"),
        claim(here, DAY, "east_centre", "outside", 60_000, referral="expired", more=9_000, certificate_no="Z1"),
        claim(here, DAY, "west_centre", "outside", 40_000, referral="another_destination", more=6_000),
        claim(here, DAY, "west_centre", "outside", 30_000, referral=""),
    ]


def test_by_hand(here):
    publish(rows_of(here))
    made = gathering.gather(running(here)).statement
    # without: 12 × (2,000.00 + 400.00) + 600.00 + 400.00 = 29,800.00; total costs are twice that
    assert made.fen("reimbursed_unreferred") == 2_980_000
    assert dict(made.get("reimbursed_unreferred").inputs) == {"total_fen": 5_960_000, "services": 26}
    assert (made.fen("reimbursed_referred"), made.fen("reimbursed_exempt")) == (100_000, 30_000)
    # had there been one for each: 90.00 and 60.00 more
    assert made.fen("referral_missed") == 15_000 and made.fen("had_referral") == 2_995_000


def test_it_opens_down_to_the_claims(here):
    rows = rows_of(here)
    publish(rows)
    case = cleared(here)
    client = signed_in(Role.INSURANCE_OFFICER, here.id("county"))
    page = client.get(reverse("insurance_fund:clearing", args=[case.pk])).content.decode()
    missed, without = (reverse("insurance_fund:line", args=[case.pk, name])
                       for name in ("referral_missed", "reimbursed_unreferred"))  # fmt: skip
    assert missed in page and "150.00" in page
    assert without in client.get(missed).content.decode()
    claims = reverse("insurance_fund:claims", args=[case.pk])
    got = client.get(f"{claims}?outside=1&certified=0&of=reimbursed_unreferred")
    assert (got.context["total"], got.context["fund"]) == (26, 2_980_000)
    shown = {row.record_no: row for row in got.context["listing"].rows}
    assert shown[rows[-3]["record_no"]].missed_fen == 9_000 and rows[-4]["record_no"] not in shown
    got = client.get(f"{claims}?outside=1&certified=exempt&of=reimbursed_exempt")
    assert [row.record_no for row in got.context["listing"].rows] == [rows[-1]["record_no"]]


def test_what_was_published_of_certificates_is_kept(here):
    rows = rows_of(here)
    publish(rows)
    case = cleared(here)
    before = gathering.gather(case).statement.fen("reimbursed_referred")
    publish([{**row, "referral": "covered"} for row in rows])  # certified since
    assert closing.rerun(case.closing, actor=system_actor("test")).same
    assert gathering.gather(case).statement.fen("reimbursed_referred") == before == 100_000


def test_months_not_compared_count_as_without(here):
    publish(rows_of(here), matched=False)
    found = gathering.gather(running(here))
    assert found.statement.fen("reimbursed_referred") == found.statement.fen("referral_missed") == 0
    assert found.statement.fen("reimbursed_unreferred") == 2_980_000 + 100_000 + 30_000
    (one,) = [f for f in checks.findings(found, clearing=True) if f.name == "referrals_missing"]
    assert one.count == 12 and not one.blocks
    publish(rows_of(here), months=range(1, 6))
    assert gathering.gather(found.year).statement.fen("referral_missed") == 15_000
