"""The list of claims: its sums are those of its rows, whatever the filters; who sees which; fast ways through it."""

from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.claims.county import Here, back, claim, settled
from tests.support.people import person
from yigongti.domains.base.organisation.tests.factories import organisation
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.claims import api
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden, NotVisible, Role, system_actor
from yigongti.kernel.audit.models import Line as AuditLine
from yigongti.kernel.lake.api import mark_stale, publish_stale

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("tests")
OUTSIDE = {"institution_name": "上海某医院", "inside_county": "0"}


def text(response: Any) -> str:
    return unescape(response.content.decode())


def numbers(found: api.Claims) -> list[str]:
    return [line.claim.record_no for line in found]


def year() -> list[dict[str, str]]:
    """Eight settlements of four persons: two institutions, outside, a pharmacy, a reversal, two kinds of insurance."""
    first = claim(1, 1)
    return [
        first,
        claim(2, 1, institution_name="某镇卫生院", setting="outpatient", settled_at="2025-04-01 09:00",
              total_yuan="100", fund_yuan="60", self_paid_yuan="40"),
        claim(3, 2, **OUTSIDE, settled_at="2025-04-02 09:00",
              total_yuan="9000", fund_yuan="4000", self_paid_yuan="5000"),
        claim(4, 3, insurance_kind="01", settled_at="2025-12-31 23:59"),
        claim(5, 3, settled_at="2024-02-29 12:00", started_at="2024-02-20", ended_at="2024-02-29"),
        claim(6, 4, institution_name="仁心药店", setting="pharmacy",
              total_yuan="50.01", fund_yuan="0", self_paid_yuan="50.01"),
        back(first, "S1R", settled_at="2025-05-05 10:00"),
        claim(7, 2, institution_name="某市骨科医院"),
    ]  # fmt: skip


CASES: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"S1", "S2", "S3", "S4", "S5", "S6", "S1R", "S7"}),
    ({"since": date(2025, 4, 1), "until": date(2025, 4, 2)}, {"S2", "S3"}),
    ({"until": date(2024, 2, 29)}, {"S5"}),
    ({"since": date(2025, 12, 31)}, {"S4"}),
    ({"served_since": date(2024, 2, 1), "served_until": date(2024, 12, 31)}, {"S5"}),
    ({"inside": False}, {"S3"}),
    ({"setting": "pharmacy"}, {"S6"}),
    ({"insurance_kind": "01"}, {"S4"}),
    ({"mark": "reversal"}, {"S1R"}),
    ({"mark": "reversed"}, {"S1"}),
    ({"institution_named": "骨科"}, {"S7"}),
    ({"record_no": "S2"}, {"S2"}),
    ({"record_no": "' OR 1=1 --"}, set()),
    ({"match": "none"}, {"S3"}),
    ({"match": "covered"}, set()),
    ({"ids": ()}, set()),
]


@pytest.mark.parametrize(("which", "wanted"), CASES)
def test_a_filter_gives_its_rows_and_their_sums(here: Here, which: dict[str, Any], wanted: set[str]) -> None:
    rows = year()
    settled(rows, here)
    found = api.Claims(SYSTEM).narrowed(**which)
    assert set(numbers(found)) == wanted
    plain = [row for row in rows if row["claim_no"] in wanted]
    fen = {
        name: sum(round(float(row[f"{name}_yuan"]) * 100) for row in plain) for name in ("total", "fund", "self_paid")
    }
    sums = found.sums()
    assert (sums.claims, sums.total_fen, sums.fund_fen, sums.self_paid_fen) == (len(plain), *fen.values())
    assert sums.persons == len({row["患者编号"] for row in plain})


def test_institutions_are_meant_with_what_is_under_them(here: Here) -> None:
    settled(year(), here)
    under = frozenset({here.consortium, here.hospital, here.centre})
    assert set(numbers(api.Claims(SYSTEM).narrowed(institutions=under))) == {"S1", "S2", "S4", "S5", "S1R"}
    client = signed_in(Role.INSURANCE_OFFICER, here.bureau)
    page = text(client.get(api.claim_list_address(institution=here.consortium, setting="outpatient")))
    assert ">S2</a>" in page and ">S7</a>" not in page and "共 1 条" in page


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(8)), cut=st.integers(0, 8))
def test_the_order_of_rows_and_files_changes_no_sum(here: Here, order: list[int], cut: int) -> None:
    rows = year()
    shuffled = [rows[n] for n in order]
    with transaction.atomic():
        for number, part in enumerate((shuffled[:cut], shuffled[cut:])):
            if part:
                settled(part, here, name=f"part{number}.csv")
        sums = api.Claims(SYSTEM).sums()
        wanted = [sum(round(float(row[name]) * 100) for row in rows) for name in ("total_yuan", "fund_yuan")]
        assert [sums.total_fen, sums.fund_fen] == wanted
        found = [line.claim for line in api.Claims(SYSTEM)]
        assert [sum(c.total_fen for c in found), sum(c.fund_fen for c in found)] == wanted
        assert {line.claim.record_no for line in api.Claims(SYSTEM) if line.reversed} == {"S1"}
        transaction.set_rollback(True)


def test_pages_follow_one_another_without_gap_or_repeat(here: Here) -> None:
    settled([claim(n, n % 5, ended_at="", settled_at=f"2025-03-{n % 28 + 1:02} 10:00") for n in range(60)], here)
    found = api.Claims(SYSTEM)
    pages = [one.claim.record_no for start in range(0, 60, 25) for one in found[start : min(start + 25, 60)]]
    assert len(pages) == len(set(pages)) == 60 == len(found)
    days = [one.claim.settled_on for one in found]
    assert days == sorted(days, reverse=True)
    by_total = [one.claim.total_fen for one in found.ordered("total")]
    assert by_total == sorted(by_total, reverse=True)


def test_what_comes_long_after_its_month_is_late_and_a_load_of_old_months_is_not(here: Here) -> None:
    """March is loaded as a whole in November: not late. One that follows eleven days after that is."""
    loaded = clock.now()
    settled([claim(1), claim(2)], here)
    with clock.fixed(loaded + timedelta(days=10)):
        settled([claim(3)], here, name="third.csv")
    with clock.fixed(loaded + timedelta(days=11)):
        settled([claim(4)], here, name="fourth.csv")
        settled([claim(1, fund_yuan="3400")], here, name="corrected.csv")
    assert set(numbers(api.Claims(SYSTEM).narrowed(mark="late"))) == {"S1", "S4"}
    flags = {line.claim.record_no: (line.late, line.claim.version) for line in api.Claims(SYSTEM)}
    assert flags == {"S1": (True, 2), "S2": (False, 1), "S3": (False, 1), "S4": (True, 1)}


ROLES = list(Role)
READERS = {Role.INSURANCE_OFFICER, Role.FINANCE_OFFICER, Role.DIRECTOR, Role.GUIDANCE_OFFICER}


@pytest.mark.parametrize("role", ROLES)
def test_who_sees_which_claims(here: Here, role: Role) -> None:
    """Role × organisation: the treating institution, the payer, who looks after the person, a stranger."""
    from yigongti.domains.base.residents.models import Resident

    settled([claim(1, 1), claim(2, 2, **OUTSIDE), claim(3, 3, institution_name="某市骨科医院")], here, publish=False)
    Resident.objects.unscoped("test").filter(name=claim(2, 2)["姓名"]).update(managing_institution_id=here.centre)
    from yigongti.kernel.lake.api import publish_stale

    publish_stale()
    wanted = {
        here.bureau: {"S1", "S2", "S3"}, here.county: {"S1", "S2", "S3"}, here.consortium: {"S1", "S2"},
        here.hospital: {"S1"}, here.centre: {"S2"}, here.other: {"S3"},
    }  # fmt: skip
    pks = {line.claim.record_no: line.claim.id for line in api.Claims(SYSTEM)}
    for place, numbers_ in wanted.items():
        actor = person(role, place)
        if role not in READERS:
            with pytest.raises(Forbidden):
                api.Claims(actor)
            with pytest.raises(Forbidden):
                api.get(pks["S1"], actor=actor)
            continue
        assert set(numbers(api.Claims(actor))) == numbers_
        assert {one.record_no for one in api.claims_by_id(pks.values(), actor=actor)} == numbers_
        for number, pk in pks.items():
            if number in numbers_:
                assert api.get(pk, actor=actor).record_no == number
            else:
                with pytest.raises(NotVisible):
                    api.get(pk, actor=actor)


@pytest.mark.parametrize("role", ROLES)
def test_pages_answer_by_role(here: Here, role: Role) -> None:
    settled([claim(1)], here)
    [line] = api.Claims(SYSTEM)
    client = signed_in(role, here.hospital)
    for address in (reverse("claims:list"), line.claim.address):
        assert client.get(address).status_code == (200 if role in READERS else 403)
    stranger = signed_in(role, organisation("hospital", "far", None, name="远方医院").pk)
    if role in READERS:
        assert stranger.get(line.claim.address).status_code == 404
        assert ">S1</a>" not in text(stranger.get(reverse("claims:list")))


@pytest.fixture
def officer(here: Here) -> Client:
    return signed_in(Role.INSURANCE_OFFICER, here.bureau)


def test_looking_is_in_the_trail(here: Here, officer: Client) -> None:
    settled([claim(1, 1), claim(2, 2)], here)
    first, _ = api.Claims(SYSTEM)
    officer.get(reverse("claims:list"))
    officer.get(first.claim.address)
    officer.get(reverse("claims:list"), {"export": "csv"}).getvalue()
    listed, exported = AuditLine.objects.filter(act="claims.list").order_by("pk")
    assert len(listed.resident_ids) == 2 and len(exported.resident_ids) == 2
    assert (listed.detail["exported"], exported.detail["exported"]) == (False, True)
    read = AuditLine.objects.get(act="claims.read")
    assert read.resident_id == first.claim.resident_id


def test_odd_input_is_no_error(here: Here, officer: Client) -> None:
    settled([claim(1)], here)
    for asked in (
        {"institution": "999999999"}, {"institution": "x"}, {"settled_from": "2025-13-01"},
        {"settled_to": "9999-12-31"},
        {"settled_from": "0001-01-01"}, {"ids": "1,x,,99999999999999999999"}, {"no": "a\x00b"}, {"order": "drop"},
        {"page": "-1"}, {"page": "99999999999"}, {"match": "?"}, {"named": "%_'\""},
    ):  # fmt: skip
        assert officer.get(reverse("claims:list"), asked).status_code == 200, asked
    assert officer.get("/claims/9223372036854775807/").status_code == 404
    assert officer.get("/claims/99999999999999999999999/").status_code == 404


def test_an_export_has_the_rows_of_the_list(here: Here, officer: Client) -> None:
    settled(year(), here)
    body = officer.get(reverse("claims:list"), {"export": "csv", "setting": "inpatient"}).getvalue().decode("utf-8-sig")
    for number in ("S1", "S3", "S4", "S5", "S7", "S1R"):
        assert f"{number}," in body
    assert "S2," not in body and "S6," not in body and "-5000.00" in body


def test_the_page_asks_as_many_questions_for_many_rows_as_for_few(here: Here, officer: Client) -> None:
    settled([claim(n, n) for n in range(3)], here)
    officer.get(reverse("claims:list"))
    with CaptureQueriesContext(connection) as few:
        officer.get(reverse("claims:list"))
    settled([claim(n, n) for n in range(3, 40)], here, name="more.csv")
    with CaptureQueriesContext(connection) as many:
        officer.get(reverse("claims:list"))
    assert len(many) == len(few)


def test_who_hands_a_person_on_keeps_the_claims_settled_until_then(here: Here) -> None:
    """Handed on today: the page and the list show last year's claim to who looked after the person then."""
    from yigongti.domains.base.residents.models import Resident

    settled([claim(1, 1, institution_name="某市骨科医院")], here, publish=False)
    who = Resident.objects.unscoped("test")
    who.update(managing_institution_id=here.centre)
    who.update(managing_institution_id=here.hospital)
    mark_stale("claims", [date(2025, 3, 1)])
    publish_stale()
    before, now = (person(Role.INSURANCE_OFFICER, where, id=n) for n, where in ((1, here.centre), (2, here.hospital)))
    assert numbers(api.Claims(before)) == ["S1"] and numbers(api.Claims(now)) == []
    [line] = api.Claims(before)
    assert line.claim.managing_id == here.centre
    assert api.get(line.claim.id, actor=before).record_no == "S1"
    with pytest.raises(NotVisible):
        api.get(line.claim.id, actor=now)


def test_one_persons_claims_are_reached_from_any_of_them(here: Here) -> None:
    """Person 1 of the year: a stay, a visit, and the reversal of the stay; 5,000 − 5,000 + 100 yuan."""
    settled(year(), here)
    client = signed_in(Role.INSURANCE_OFFICER, here.bureau)
    [stay] = [one.claim for one in api.Claims(SYSTEM, api.Which(record_no="S2"))]
    link = reverse("claims:list") + f"?person={stay.resident_id}"
    assert link in text(client.get(stay.address))
    page = text(client.get(link))
    assert all(f">{number}</a>" in page for number in ("S1", "S2", "S1R")) and ">S3</a>" not in page
    assert "只看一位参保人的结算" in page and "100.00" in page
    for odd in ("x", "-1", "9" * 30, "0"):
        assert client.get(reverse("claims:list") + f"?person={odd}").status_code == 200
    other = signed_in(Role.DIRECTOR, here.other)  # it treated somebody else
    assert ">S2</a>" not in text(other.get(link))
