"""Whether a certificate covers care out of the county, against the rule written out again; and what it is worth."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.claims.county import Here, claim, ids, settled
from yigongti.domains.base.residents.api import ResidentsMerged, cluster
from yigongti.domains.base.residents.models import Resident
from yigongti.domains.care.referrals.models import Certificate, Referral
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.claims import api
from yigongti.domains.money.claims.lake import mark_certificates_changed
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role, system_actor
from yigongti.kernel.events import emit
from yigongti.kernel.lake.api import publish_stale
from yigongti.kernel.workflow.services import _marked

SYSTEM = system_actor("tests")
START = date(2025, 3, 1)
OUTSIDE = {"institution_name": "上海市第一人民医院", "inside_county": "0", "main_diagnosis_code": "C34.900"}


def certificate(
    here: Here, resident_id: int, serial: int, *, destination: str = "上海市第一人民医院", since: date = START,
    until: date = START + timedelta(days=30), revoked: date | None = None,
) -> Certificate:  # fmt: skip
    """A certificate as its domain stores it, on a referral out of the county."""
    now = clock.now()
    case = Referral(
        place="kunshan", resident_id=resident_id, direction="up", reach="outside", urgency="ordinary",
        state="certified",
        origin_id=here.hospital, follow_up_id=here.hospital, receiver_name=destination, diagnosis_code="C34.900",
        diagnosis="肺癌", reason_code="beyond", opened_at=now, entered_at=now,
    )  # fmt: skip
    with _marked(case):
        case.save(force_insert=True)
    made = Certificate.objects.create(
        place="kunshan", year=2025, serial=serial, number=f"ZZ2025{serial:04}", referral=case, resident_id=resident_id,
        name_masked="王*", origin_id=here.hospital, origin_name="某市第一医院", issuer_id=here.hospital,
        issuer_name="某市第一医院", issued_by_name="测试", issued_at=now, destination_name=destination, inpatient=True,
        emergency=False, diagnosis_code="C34.900", diagnosis="肺癌", valid_from=since, valid_until=until,
        revoked_at=datetime.combine(revoked, datetime.min.time(), clock.ZONE) if revoked else None,
    )  # fmt: skip
    mark_certificates_changed([resident_id, *cluster(resident_id)])
    publish_stale()
    return made


def who(number: str) -> int:
    return api.get(ids()[number], actor=SYSTEM).resident_id


def day(offset: int) -> date:
    return START + timedelta(days=offset)


CASES = [
    ("covered", {}),
    ("covered", {"since": day(0), "until": day(0)}),
    ("expired", {"since": day(-30), "until": day(-1)}),
    ("not_yet", {"since": day(1), "until": day(30)}),
    ("revoked", {"revoked": day(0)}),
    ("revoked", {"revoked": day(-1)}),
    ("covered", {"revoked": day(1)}),
    ("another_destination", {"destination": "苏州大学附属第一医院"}),
    ("covered", {"destination": "上海市第一人民医院（松江院区）"}),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("wanted", "made"), CASES)
def test_a_claim_out_of_the_county_and_one_certificate(here: Here, wanted: str, made: dict[str, object]) -> None:
    settled(
        [claim(1, 1, **OUTSIDE), claim(2, 2, **OUTSIDE), claim(3, 1), claim(4, 1, **OUTSIDE, setting="outpatient")],
        here,
    )
    certificate(here, who("S1"), 1, **made)  # type: ignore[arg-type]
    matches = {one.claim_id: one for one in api.certificate_matches(date(2025, 1, 1), date(2025, 12, 31))}
    known = ids()
    assert matches.keys() == {known["S1"], known["S2"], known["S4"]}  # those out of the county
    first, second, visit = (matches[known[number]] for number in ("S1", "S2", "S4"))
    assert (first.match, first.number) == (wanted, "ZZ20250001")
    assert (second.match, second.number) == ("none", "")
    assert visit.match == "not_needed"
    assert "ZZ20250001" in first.reason
    single = api.match_of(api.get(ids()["S1"], actor=SYSTEM))
    assert (single.match, single.number) == (wanted, "ZZ20250001")
    assert {line.claim.record_no for line in api.Claims(SYSTEM).narrowed(match=wanted)} == {"S1"}
    assert {line.claim.record_no for line in api.Claims(SYSTEM).narrowed(match="none")} == {"S2"}


@pytest.mark.django_db
def test_of_several_certificates_the_best_counts(here: Here) -> None:
    settled([claim(1, 1, **OUTSIDE, certificate_no="ZZ-unknown")], here)
    person = who("S1")
    certificate(here, person, 1, until=day(-1), since=day(-9))
    assert api.match_of(api.get(ids()["S1"], actor=SYSTEM)).match == "expired"
    certificate(here, person, 2, destination="别处医院")
    assert api.match_of(api.get(ids()["S1"], actor=SYSTEM)).match == "another_destination"
    certificate(here, person, 3)
    found = api.match_of(api.get(ids()["S1"], actor=SYSTEM))
    assert (found.match, found.number) == ("covered", "ZZ20250003")
    assert "ZZ-unknown" in found.reason


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at", "destination", "match"),
    [
        ("无锡第一人民医院", "第一人民医院", "another_destination"),
        ("第一人民医院", "无锡第一人民医院", "another_destination"),
        ("上海市第一人民医院（北院）", "上海市第一人民医院", "covered"),
        ("上海市第一人民医院", "上海市第一人民医院 北院", "covered"),
        ("上海市第一人民医院", "（）", "another_destination"),
    ],
)
def test_a_name_may_have_a_branch_behind_it_and_no_other_town_before_it(
    here: Here, at: str, destination: str, match: str
) -> None:
    settled([claim(1, 1, **OUTSIDE | {"institution_name": at})], here)
    certificate(here, who("S1"), 1, destination=destination)
    assert api.match_of(api.get(ids()["S1"], actor=SYSTEM)).match == match
    assert [one.match for one in api.certificate_matches(date(2025, 1, 1), date(2025, 12, 31))] == [match]


@pytest.mark.django_db
def test_a_certificate_of_an_entry_merged_away_is_the_persons(here: Here) -> None:
    from yigongti.domains.base.health_record.tests.factories import resident

    settled([claim(1, 1, **OUTSIDE)], here)
    other = resident(name="另一条")
    certificate(here, other, 1)
    Resident.objects.unscoped("test").filter(pk=other).update(merged_into_id=who("S1"))
    emit(ResidentsMerged(who("S1"), other))
    publish_stale()
    [found] = api.certificate_matches(date(2025, 1, 1), date(2025, 12, 31))
    assert found.match == "covered"
    assert api.match_of(api.get(ids()["S1"], actor=SYSTEM)).match == "covered"


@pytest.mark.django_db
def test_the_page_says_what_the_fund_would_have_paid_either_way(here: Here) -> None:
    """15 points of 5,000.00 less 300.00 outside the list: 705.00."""
    settled([claim(1, 1, **OUTSIDE, self_expense_yuan="300")], here)
    client = signed_in(Role.INSURANCE_OFFICER, here.bureau)
    address = api.get(ids()["S1"], actor=SYSTEM).address
    page = unescape(client.get(address).content.decode())
    assert "没有转诊证明" in page and "4,205.00" in page and "705.00" in page
    certificate(here, who("S1"), 1)
    page = unescape(client.get(address).content.decode())
    assert "有转诊证明" in page and "2,795.00" in page and "705.00" in page


@pytest.mark.parametrize(
    ("rule", "referred", "fund", "base", "with_", "without"),
    [
        ("points", True, 350_000, 500_000, 350_000, 275_000),
        ("points", False, 350_000, 500_000, 425_000, 350_000),
        ("points", True, 50_000, 500_000, 50_000, 0),  # never below nothing
        ("points", False, 480_000, 500_000, 500_000, 480_000),  # never above the bill
        ("factor", True, 350_000, 500_000, 350_000, 297_500),
        ("factor", False, 297_500, 500_000, 350_000, 297_500),
        ("same", True, 350_000, 500_000, 350_000, 350_000),
        ("points", True, 1, 3, 1, 1),  # 0.45 of a fen is none
        ("points", True, 10, 10, 10, 8),  # 1.5 fen is two
        ("points", True, -350_000, -500_000, -350_000, -275_000),
    ],
)
def test_either_way_by_hand(rule: str, referred: bool, fund: int, base: int, with_: int, without: int) -> None:
    found = api.either_way(fund, base, rule=rule, percent=Decimal(15), referred=referred)
    assert (found.with_referral_fen, found.without_referral_fen) == (with_, without)


@given(
    base=st.integers(0, 10**9), share=st.integers(0, 100), percent=st.integers(0, 100), referred=st.booleans(),
    rule=st.sampled_from(["points", "factor", "same"]),
)  # fmt: skip
def test_a_referral_never_costs_the_patient_money(
    base: int, share: int, percent: int, referred: bool, rule: str
) -> None:
    fund = base * share // 100
    found = api.either_way(fund, base, rule=rule, percent=Decimal(percent), referred=referred)
    assert 0 <= found.without_referral_fen <= found.with_referral_fen <= base
    assert fund in (found.with_referral_fen, found.without_referral_fen)
