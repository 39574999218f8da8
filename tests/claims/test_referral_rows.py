"""What is published of care out of the county: match, certificate, and what the fund pays either way; when again."""

import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import LazySettings
from hypothesis import given
from hypothesis import strategies as st

from tests.claims.county import Here, back, claim, ids, settled, standing
from tests.claims.test_referral_certificates import OUTSIDE, START, certificate, day, who
from yigongti.domains.base.health_record.tests.factories import fact
from yigongti.domains.base.residents.api import MergeUndone, ResidentsMerged
from yigongti.domains.base.residents.models import Resident
from yigongti.domains.care.referrals.tests import factories as referring
from yigongti.domains.money.claims import terms as asked
from yigongti.domains.money.claims.formulas import either_way
from yigongti.domains.money.claims.policy import CERTIFICATE_SETTINGS, WITHOUT_REFERRAL, WITHOUT_REFERRAL_PERCENT
from yigongti.domains.money.claims.referral_rows import mark_if_terms_changed
from yigongti.kernel import clock
from yigongti.kernel.events import emit
from yigongti.kernel.lake.api import engine, keep, mark_stale, publish_stale, snapshot, table
from yigongti.kernel.lake.models import Stale
from yigongti.kernel.policy import api as policy
from yigongti.kernel.workflow.api import take_step

pytestmark = pytest.mark.django_db


def rows() -> dict[str, tuple[str, int | None, int, int]]:
    """Match, certificate, with and without by claim number, as published."""
    with engine() as backend:
        found = table(backend, snapshot("claim_referrals")).order_by("id").to_pyarrow().to_pylist()
    numbers = {pk: number for number, pk in ids().items()}
    assert all(row["place"] == "kunshan" for row in found)
    return {
        numbers[row["id"]]: (row["match"], row["certificate_id"], row["with_fen"], row["without_fen"]) for row in found
    }


def waiting() -> set[tuple[str, date]]:
    return set(Stale.objects.values_list("dataset", "month"))


def test_one_row_for_each_claim_that_needs_a_certificate(here: Here) -> None:
    """Total 5,000.00, of it 300.00 outside the list, the fund paid 3,500.00: 15 points of 4,700.00 are 705.00.

    S1 has a certificate: without it 3,500.00 − 705.00 = 2,795.00. S2 has none: with one 3,500.00 + 705.00 = 4,205.00.
    S5 takes S2 back: the same below zero. S3 is in the county, S4 a visit: neither needs one.
    """
    own = OUTSIDE | {"self_expense_yuan": "300"}
    second = claim(2, 2, **own)
    settled(
        [claim(1, 1, **own), second, claim(3, 1), claim(4, 1, **OUTSIDE, setting="outpatient"), back(second, "S5")],
        here,
    )
    made = certificate(here, who("S1"), 1)
    assert rows() == {
        "S1": ("covered", made.pk, 350_000, 279_500),
        "S2": ("none", None, 420_500, 350_000),
        "S5": ("none", None, -420_500, -350_000),
    }
    with engine() as backend:
        published = table(backend, snapshot("claim_referrals")).to_pyarrow()
    assert set(published["happened_on"].to_pylist()) == {fact.happened_on for fact in standing(inside_county=False)}


def test_certificates_two_years_off_tell_nothing(here: Here) -> None:
    """730 days before the day of care the last certificate still tells that it ended; 731 days don't."""
    settled([claim(1, 1, **OUTSIDE), claim(2, 2, **OUTSIDE)], here)
    certificate(here, who("S1"), 1, since=day(-800), until=day(-730))
    certificate(here, who("S2"), 2, since=day(-800), until=day(-731))
    assert {number: row[0] for number, row in rows().items()} == {"S1": "expired", "S2": "none"}


@pytest.fixture
def other_rules(settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    """From 2025-03-05 a fifth less in place of 15 points, and visits need a certificate too; from 2025-04-01 nothing
    is lowered."""
    copy = tmp_path / "policies"
    shutil.copytree(settings.POLICIES, copy)
    path = copy / "national" / "claims.yaml"
    text = path.read_text(encoding="utf-8")
    for before, more in (
        ("value: [inpatient]}\n", "    - {from: 2025-03-05, value: [inpatient, outpatient]}\n"),
        (
            "value: points, evidence: R-M}\n",
            "    - {from: 2025-03-05, value: factor}\n    - {from: 2025-04-01, value: same}\n",
        ),
        ("value: 15, evidence: R-M}\n  claims.split", None),
    ):
        assert text.count(before) == 1
        if more:
            text = text.replace(before, before + more)
        else:
            text = text.replace(before, before.replace("\n", "\n    - {from: 2025-03-05, value: 20}\n", 1))
    path.write_text(text, encoding="utf-8")
    with policy.reading(copy):
        yield


def test_the_policy_of_the_day_care_began_decides(here: Here, other_rules: None) -> None:
    """The fund paid 3,500.00 of 5,000.00 with a certificate. Begun on the 4th: 15 points of 5,000.00 less, 2,750.00;
    on the 5th: a fifth less, 2,800.00; on 1 April: as much. A visit needs none on the 4th, one on the 5th."""

    def begun(n: int, on: str, **more: str) -> dict[str, str]:
        return claim(n, 1, **OUTSIDE, started_at=f"{on} 09:00", ended_at="", settled_at="2025-04-09 10:00", **more)

    settled(
        [
            begun(1, "2025-03-04"), begun(2, "2025-03-05"), begun(3, "2025-04-01"),
            begun(4, "2025-03-04", setting="outpatient"), begun(5, "2025-03-05", setting="outpatient"),
        ],
        here,
    )  # fmt: skip
    certificate(here, who("S1"), 1, until=day(60))
    assert {number: row[2:] for number, row in rows().items()} == {
        "S1": (350_000, 275_000), "S2": (350_000, 280_000), "S3": (350_000, 350_000), "S5": (350_000, 280_000),
    }  # fmt: skip


@given(on=st.dates(date(2019, 6, 1), date(2026, 12, 31)), fund=st.integers(0, 10**8), more=st.integers(0, 10**8),
       referred=st.booleans(), sign=st.sampled_from([1, -1]))  # fmt: skip
def test_terms_are_the_policy_of_each_day(on: date, fund: int, more: int, referred: bool, sign: int) -> None:
    """The terms laid side by side against policy asked for the one day, and the amounts against the one formula."""
    held = [one for one in asked.terms("kunshan") if one.since <= on and (one.until is None or on < one.until)]
    needed = policy.find(CERTIFICATE_SETTINGS.name, "kunshan", on)
    if needed is None or not needed.value:
        assert held == []
        return
    [found] = held
    assert set(found.settings) == set(needed.value)
    rule = WITHOUT_REFERRAL.at("kunshan", on).value
    percent: Decimal = WITHOUT_REFERRAL_PERCENT.at("kunshan", on).value
    fund, base = sign * fund, sign * (fund + more)
    assert found.either_way(fund, base, referred=referred) == either_way(
        fund, base, rule=rule, percent=percent, referred=referred
    )


def test_the_same_month_again_is_the_same_file(here: Here) -> None:
    settled([claim(n, n, **OUTSIDE) for n in range(1, 6)], here)
    certificate(here, who("S1"), 1)
    first = keep("first", [snapshot("claim_referrals")])
    mark_stale("claim_referrals", [START])
    publish_stale()
    again = keep("again", [snapshot("claim_referrals")])
    assert [one.sha256 for one in first.files] == [one.sha256 for one in again.files]


def test_a_change_of_policy_has_every_month_published_again(here: Here, request: pytest.FixtureRequest) -> None:
    settled([claim(1, 1, **OUTSIDE), claim(2, 2, **OUTSIDE | {"settled_at": "2025-04-02 10:00"})], here)
    assert mark_if_terms_changed()  # nobody has looked before
    publish_stale()
    assert not mark_if_terms_changed() and waiting() == set()
    request.getfixturevalue("other_rules")
    assert mark_if_terms_changed() and not mark_if_terms_changed()
    assert waiting() == {("claim_referrals", date(2025, 3, 1)), ("claim_referrals", date(2025, 4, 1))}


def test_a_merge_and_its_undoing(here: Here) -> None:
    """The certificate stands on an entry that is found to be the person's, and then isn't after all."""
    settled([claim(1, 1, **OUTSIDE), claim(2, 2)], here)
    person, other = who("S1"), who("S2")
    certificate(here, other, 1)
    assert rows()["S1"][0] == "none"
    entry = Resident.objects.unscoped("test").filter(pk=other)
    entry.update(merged_into_id=person)
    emit(ResidentsMerged(person, other))
    publish_stale()
    assert rows()["S1"][0] == "covered"
    entry.update(merged_into_id=None)
    emit(MergeUndone(person, other))
    publish_stale()
    assert rows()["S1"][0] == "none"


def test_issuing_and_revoking_a_certificate_has_its_persons_months_published_again() -> None:
    """Certified on 1 March for 上海瑞金医院; the person's stay there began that day, another was in the county."""
    world = referring.world()
    made = {"source_id": world.centre, "resident_id": world.resident, "setting": "inpatient"}
    away = {"institution_id": None, "institution_name": "上海瑞金医院", "inside_county": False, "tier": "outside"}
    fact("claim", **made, **away, at=date(2026, 3, 9))
    fact("claim", **made, institution_id=world.centre, at=date(2026, 2, 9))
    mark_stale("claims", [date(2026, 2, 1), date(2026, 3, 1)])
    publish_stale()
    director = world.actor("director", world.east_hospital, id=20)
    with clock.fixed(datetime(2026, 3, 1, 9, tzinfo=clock.ZONE)):
        case = referring.sent(world, receiver_id=None, receiver_name="上海瑞金医院", receiver_region="上海市")
        assert "claim_referrals" not in {name for name, _month in waiting()}
        case = take_step(case, "approve_outside", actor=director)
    again = {("claim_referrals", date(2026, 3, 1))}
    assert {one for one in waiting() if one[0] == "claim_referrals"} == again
    publish_stale()
    with clock.fixed(datetime(2026, 3, 1, 9, tzinfo=clock.ZONE) + timedelta(days=3)):
        take_step(case, "revoke", actor=director, answers={"reason": "开错"})
    assert {one for one in waiting() if one[0] == "claim_referrals"} == again
