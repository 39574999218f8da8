"""A platform without claims, and claims that are not published yet: pages answer, and nothing is made up."""

from html import unescape

import pytest
from django.urls import reverse

from tests.claims.county import Here, back, claim, ids, settled
from tests.claims.test_screens import YEAR
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.claims import api
from yigongti.domains.money.claims.services.screening import screen
from yigongti.domains.money.claims.usage import quantities
from yigongti.kernel.access.api import Role, system_actor
from yigongti.kernel.lake.api import publish_stale

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("tests")


def test_without_claims_everything_is_nought(here: Here) -> None:
    sums = api.Claims(SYSTEM).sums()
    assert (sums.claims, sums.total_fen, sums.persons, list(api.Claims(SYSTEM))) == (0, 0, 0, [])
    assert api.certificate_matches(*YEAR) == [] and api.confirmed_amounts(*YEAR) == []
    assert all(one["found"] == 0 for one in screen(*YEAR, actor=SYSTEM).counts.values())
    assert list(quantities(*YEAR, ["110200005"])) == []
    client = signed_in(Role.INSURANCE_OFFICER, here.bureau)
    for name in ("claims:list", "claims:findings", "claims:screen"):
        assert client.get(reverse(name)).status_code == 200
    assert client.get(reverse("claims:claim", args=[1])).status_code == 404


def test_a_claim_opens_before_it_is_published_and_the_list_says_it_is_on_its_way(here: Here) -> None:
    outside = claim(2, 2, institution_name="上海某医院", inside_county="0")
    settled([claim(1), outside, back(outside, "S2R")], here, publish=False)
    client = signed_in(Role.INSURANCE_OFFICER, here.bureau)
    for number in ("S1", "S2", "S2R"):
        assert client.get(reverse("claims:claim", args=[ids()[number]])).status_code == 200
    page = unescape(client.get(reverse("claims:list")).content.decode())
    assert "1 个月的数据刚有变化" in page and ">S1</a>" not in page
    publish_stale()
    page = unescape(client.get(reverse("claims:list")).content.decode())
    assert "刚有变化" not in page and ">S1</a>" in page


def test_a_year_that_begins_and_ends_at_midnight(here: Here) -> None:
    """The first and the last second of a year, and a leap day, count in their own year alone."""
    from datetime import date

    settled(
        [
            claim(1, settled_at="2024-12-31 23:59:59", started_at="2024-12-30", ended_at="2024-12-31"),
            claim(2, settled_at="2025-01-01 00:00:00", started_at="2024-12-30", ended_at="2025-01-01"),
            claim(3, settled_at="2024-02-29 00:00:00", started_at="2024-02-28", ended_at="2024-02-29"),
        ],
        here,
    )

    def within(since: date, until: date) -> set[str]:
        return {line.claim.record_no for line in api.Claims(SYSTEM).narrowed(since=since, until=until)}

    assert within(date(2024, 1, 1), date(2024, 12, 31)) == {"S1", "S3"}
    assert within(date(2025, 1, 1), date(2025, 12, 31)) == {"S2"}
    assert within(date(2024, 2, 29), date(2024, 2, 29)) == {"S3"}
