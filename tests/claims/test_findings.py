"""A finding from screen to decision: found once, its changed facts said, decided by two persons, nothing deducted."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.claims.county import Here, back, claim, settled
from tests.claims.test_screens import YEAR, stay
from tests.support.people import person
from yigongti.domains.money.claims import api
from yigongti.domains.money.claims.models import Finding, FindingVersion, Screening
from yigongti.domains.money.claims.services.screening import screen
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Forbidden, NotVisible, Role, system_actor
from yigongti.kernel.audit.models import Line as AuditLine
from yigongti.kernel.workflow.api import StepRefused, take_due, take_step

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("tests")


@pytest.fixture
def one(here: Here) -> Finding:
    """A readmission after two days: 3,500.00 in question."""
    settled([stay(1, "03-01", "03-08"), stay(2, "03-10", "03-15")], here)
    screen(*YEAR, actor=SYSTEM)
    [row] = rows()
    return row


def rows() -> list[Finding]:
    return list(Finding.objects.unscoped("test").order_by("pk"))


def again(row: Finding) -> Finding:
    return Finding.objects.unscoped("test").get(pk=row.pk)


def officer(here: Here, id: int = 1) -> Actor:
    return person(Role.INSURANCE_OFFICER, here.bureau, id=id)


def hospital(here: Here, id: int = 9) -> Actor:
    return person(Role.INSURANCE_OFFICER, here.hospital, id=id)


PROPOSAL = {"amount_yuan": "3500", "conclusion": "属实"}


def step(row: Finding, name: str, actor: Actor, **answers: Any) -> Finding:
    return take_step(again(row), name, actor=actor, answers=answers)


def test_running_again_finds_nothing_new(here: Here, one: Finding) -> None:
    for _ in range(2):
        run = screen(*YEAR, actor=SYSTEM)
        assert run.counts["split_admission"] == {"found": 1, "new": 0, "changed": 0, "gone": 0}
    assert [row.pk for row in rows()] == [one.pk]
    assert FindingVersion.objects.count() == 1
    narrower = screen(date(2025, 3, 1), date(2025, 3, 31), actor=SYSTEM)
    assert narrower.counts["split_admission"]["found"] == 1 and len(rows()) == 1
    other = screen(date(2025, 4, 1), date(2025, 12, 31), actor=SYSTEM)
    assert other.counts["split_admission"] == {"found": 0, "new": 0, "changed": 0, "gone": 0}
    assert again(one).gone_at is None


def test_facts_that_changed_say_so_and_nobody_decides_on_the_old_ones(here: Here, one: Finding) -> None:
    step(one, "take_up", officer(here))
    step(one, "propose", officer(here), **PROPOSAL)
    settled([stay(2, "03-09", "03-15", fund_yuan="3000", self_paid_yuan="2000")], here, name="corrected.csv")
    assert screen(*YEAR, actor=SYSTEM).counts["split_admission"]["changed"] == 1
    row = again(one)
    assert (row.pk, row.amount_fen, row.facts["gap"]) == (one.pk, 300_000, 1)
    assert row.changed_at is not None and row.versions.count() == 2
    assert [v.amount_fen for v in row.versions.order_by("number")] == [350_000, 300_000]
    assert AuditLine.objects.filter(act="claims.evidence").count() == 1
    with pytest.raises(StepRefused, match="事实有变化"):
        step(one, "confirm", officer(here, 2))
    step(one, "send_back", officer(here, 2), reason="重新审核")
    step(one, "propose", officer(here), amount_yuan="3000", conclusion="属实")
    assert step(one, "confirm", officer(here, 2)).confirmed_fen == 300_000


@pytest.mark.parametrize("amount", ["1e999999", "1e15", "999999999999999", "-1e14"])
def test_an_amount_nobody_means_is_refused_in_words(here: Here, one: Finding, amount: str) -> None:
    step(one, "take_up", officer(here))
    with pytest.raises(StepRefused):
        step(one, "propose", officer(here), amount_yuan=amount, conclusion="属实")
    assert again(one).proposed_fen is None


def test_a_new_version_that_says_the_same_of_it_is_no_change(here: Here, one: Finding) -> None:
    settled([stay(2, "03-10", "03-15", department="呼吸内科")], here, name="corrected.csv")
    before = again(one).claims
    assert screen(*YEAR, actor=SYSTEM).counts["split_admission"]["changed"] == 0
    assert again(one).versions.count() == 1 and again(one).claims != before  # it names the version that stands


def test_what_was_taken_back_is_gone_and_may_come_back(here: Here, one: Finding) -> None:
    step(one, "take_up", officer(here))
    second = stay(2, "03-10", "03-15")
    settled([back(second, "S2R", settled_at="2025-06-01 09:00")], here, name="reversal.csv")
    assert screen(*YEAR, actor=SYSTEM).counts["split_admission"]["gone"] == 1
    assert again(one).gone_at is not None
    with pytest.raises(StepRefused, match="已没有这条线索"):
        step(one, "propose", officer(here), **PROPOSAL)
    nothing = {"total_yuan": "0", "fund_yuan": "0", "self_paid_yuan": "0", "settled_at": "2025-06-01 09:00"}
    settled([back(second, "S2R", **nothing)], here, name="undone.csv")
    screen(*YEAR, actor=SYSTEM)
    assert again(one).gone_at is None and len(rows()) == 1


def test_the_whole_way_and_what_it_offers_clearing(here: Here, one: Finding) -> None:
    payer, second, member = officer(here), officer(here, 2), hospital(here)
    step(one, "take_up", payer)
    with pytest.raises(NotVisible):
        api.finding(one.pk, actor=member)  # the institution has not been asked
    step(one, "ask", payer, question="请说明再次住院的原因")
    assert api.finding(one.pk, actor=member).state == "asked"
    step(one, "answer", member, answer="病情反复")
    step(one, "propose", payer, amount_yuan="1234.56", conclusion="部分属实")
    with pytest.raises(StepRefused, match="另一人"):
        step(one, "confirm", payer)
    assert api.confirmed_amounts(*YEAR) == []
    today = clock.today()
    row = step(one, "confirm", second)
    assert (row.state, row.confirmed_fen, row.confirmed_by_id) == ("confirmed", 123_456, 2)
    [offered] = api.confirmed_amounts(today, today)
    assert (offered.finding_id, offered.institution_id, offered.amount_fen) == (one.pk, here.hospital, 123_456)
    assert offered.claims == tuple((here.bureau, number) for number in ("S1", "S2"))
    assert api.confirmed_amounts(today + timedelta(days=1), today + timedelta(days=9)) == []
    assert api.Claims(SYSTEM).sums().fund_fen == 700_000  # nothing was deducted
    assert offered.stands
    settled([back(stay(2, "03-10", "03-15"), "S2R", settled_at="2025-06-01 09:00")], here, name="reversal.csv")
    screen(*YEAR, actor=SYSTEM)
    [offered] = api.confirmed_amounts(today, today)
    assert (offered.amount_fen, offered.stands) == (123_456, False)


@pytest.mark.parametrize("amount", ["0", "-1", "3500.01", "", "x", "NaN"])
def test_no_more_than_is_in_question_is_proposed(here: Here, one: Finding, amount: str) -> None:
    step(one, "take_up", officer(here))
    with pytest.raises(StepRefused):
        step(one, "propose", officer(here), amount_yuan=amount, conclusion="属实")
    assert again(one).state == "reviewing" and again(one).proposed_fen is None


def test_dismissing_needs_a_coded_reason(here: Here, one: Finding) -> None:
    step(one, "take_up", officer(here))
    with pytest.raises(StepRefused):
        step(one, "dismiss", officer(here), code="nonsense")
    assert step(one, "dismiss", officer(here), code="planned").dismissal == "planned"
    screen(*YEAR, actor=SYSTEM)
    assert [row.state for row in rows()] == ["dismissed"]  # it is not found anew


def test_an_institution_that_says_nothing_does_not_hold_the_case(here: Here, one: Finding) -> None:
    now = clock.now()
    step(one, "take_up", officer(here))
    step(one, "ask", officer(here), question="请说明")
    with clock.fixed(now + timedelta(days=9)):
        take_due()
        assert again(one).state == "asked"
    with clock.fixed(now + timedelta(days=10, minutes=1)):
        take_due()
        assert again(one).state == "unanswered"
        step(one, "propose", officer(here), **PROPOSAL)


def test_a_bill_from_outside_has_no_institution_to_ask(here: Here) -> None:
    outside = {"institution_name": "上海某医院", "inside_county": "0"}
    settled([stay(1, "03-01", "03-08", **outside), stay(2, "03-10", "03-15", **outside)], here)
    screen(*YEAR, actor=SYSTEM)
    [row] = rows()
    assert row.institution_id is None
    step(row, "take_up", officer(here))
    with pytest.raises(StepRefused):
        step(row, "ask", officer(here), question="请说明")


@pytest.mark.parametrize("role", list(Role))
def test_who_may_do_what(here: Here, one: Finding, role: Role) -> None:
    """Role × side: only payers review, only the institution answers, no step for anybody else."""
    answers: dict[str, dict[str, Any]] = {"take_up": {}, "ask": {"question": "?"}, "answer": {"answer": "!"}}
    may = {
        ("bureau", "take_up"): {Role.INSURANCE_OFFICER}, ("bureau", "ask"): {Role.INSURANCE_OFFICER},
        ("hospital", "answer"): {Role.INSURANCE_OFFICER, Role.DIRECTOR},
    }  # fmt: skip
    for name in answers:
        for side in ("bureau", "hospital", "centre", "other"):
            actor = person(role, getattr(here, side), id=7)
            allowed = role in may.get((side, name), set())
            with transaction.atomic():
                try:
                    step(one, name, actor, **answers[name])
                    taken = True
                except StepRefused:
                    taken = False
                assert taken == allowed, (side, name)
                transaction.set_rollback(True)
        step(one, name, SYSTEM if name != "answer" else hospital(here), **answers[name])
    for place in (here.bureau, here.hospital):
        if role is not Role.INSURANCE_OFFICER or place != here.bureau:
            with pytest.raises(Forbidden):
                screen(*YEAR, actor=person(role, place))


@pytest.mark.parametrize("role", list(Role))
def test_who_sees_which_findings(here: Here, one: Finding, role: Role) -> None:
    readers = {Role.INSURANCE_OFFICER, Role.FINANCE_OFFICER, Role.DIRECTOR, Role.GUIDANCE_OFFICER}
    step(one, "take_up", officer(here))
    for asked in (False, True):
        if asked:
            step(one, "ask", officer(here), question="?")
        sees = {here.bureau, here.county} | ({here.hospital, here.consortium} if asked else set())
        for place in (here.bureau, here.county, here.consortium, here.hospital, here.centre, here.other):
            actor = person(role, place)
            if role not in readers:
                with pytest.raises(Forbidden):
                    api.findings(*YEAR, actor=actor)
            else:
                assert len(api.findings(*YEAR, actor=actor)) == (place in sees), place


def test_the_database_wants_two_persons_and_keeps_the_facts(here: Here, one: Finding) -> None:
    every = Finding.objects.unscoped("test").filter(pk=one.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        every.update(proposed_by_id=1, confirmed_by_id=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        every.update(state="confirmed")
    with pytest.raises(Exception, match="version"), transaction.atomic():
        FindingVersion.objects.update(amount_fen=1)


def test_a_run_says_what_it_did_and_a_wrong_period_does_nothing(here: Here, one: Finding) -> None:
    run = Screening.objects.get()
    assert run.finished_at is not None and run.counts["split_admission"]["new"] == 1
    with pytest.raises(ValueError, match="ends before"):
        screen(YEAR[1], YEAR[0], actor=SYSTEM)
    assert Screening.objects.count() == 1


def test_the_order_files_come_in_changes_no_finding(here: Here) -> None:
    first, second = stay(1, "03-01", "03-08"), stay(2, "03-10", "03-15")
    settled([second], here, name="b.csv")
    screen(*YEAR, actor=SYSTEM)
    assert rows() == []
    settled([first, claim(3, 3)], here, name="a.csv")
    screen(*YEAR, actor=SYSTEM)
    [row] = rows()
    assert [one["record_no"] for one in row.claims] == ["S1", "S2"]


def test_a_run_that_was_broken_off_is_ended_by_the_next(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    from yigongti.domains.money.claims.services import screening

    settled([stay(n, "03-01", "03-08", n) for n in range(4)], here, name="a.csv")
    settled([stay(n + 10, "03-10", "03-15", n) for n in range(4)], here, name="b.csv")
    keep, stored = screening._keep, []

    def breaks_off(case: Finding, number: int) -> None:
        if len(stored) == 2:
            raise RuntimeError("killed")
        stored.append(case)
        keep(case, number)

    monkeypatch.setattr(screening, "_keep", breaks_off)
    with pytest.raises(RuntimeError):
        screen(*YEAR, actor=SYSTEM)
    assert len(rows()) == FindingVersion.objects.count() == 2
    assert Screening.objects.get().error == "RuntimeError"
    monkeypatch.setattr(screening, "_keep", keep)
    assert screen(*YEAR, actor=SYSTEM).counts["split_admission"] == {"found": 4, "new": 2, "changed": 0, "gone": 0}
    assert len(rows()) == FindingVersion.objects.count() == 4


def test_a_finding_of_very_many_claims_has_a_name_of_its_own(here: Here) -> None:
    same = stay(1, "03-01", "03-08")
    settled([same | {"claim_no": f"{'S' * 40}{n}"} for n in range(12)], here)
    screen(*YEAR, actor=SYSTEM, only=["claimed_twice"])
    screen(*YEAR, actor=SYSTEM, only=["claimed_twice"])
    [row] = rows()
    assert len(row.claims) == 12 and row.amount_fen == 11 * 350_000


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(8)), cut=st.integers(0, 8))
def test_whatever_order_they_come_in_the_findings_are_the_same(here: Here, order: list[int], cut: int) -> None:
    same = stay(5, "06-01", "06-08", 3)
    sent = [
        stay(1, "03-01", "03-08"), stay(2, "03-10", "03-15"),
        stay(3, "03-05", "03-12", institution_name="某市骨科医院"),
        stay(4, "04-01", "04-03", 2), same, same | {"claim_no": "S6"},
        back(stay(4, "04-01", "04-03", 2), "S4R", settled_at="2025-04-09 08:00"), stay(7, "04-05", "04-09", 2),
    ]  # fmt: skip
    shuffled = [sent[n] for n in order]
    with transaction.atomic():
        for number, part in enumerate((shuffled[:cut], shuffled[cut:])):
            if part:
                settled(part, here, name=f"part{number}.csv")
        screen(*YEAR, actor=SYSTEM)
        found = {(row.screen, tuple(sorted(c["record_no"] for c in row.claims)), row.amount_fen) for row in rows()}
        assert found == {
            ("split_admission", ("S1", "S2"), 350_000),
            ("overlapping_stay", ("S1", "S3"), 350_000 * 3 // 7),
            ("overlapping_stay", ("S2", "S3"), 350_000 * 2 // 5),
            ("claimed_twice", ("S5", "S6"), 350_000),
        }
        transaction.set_rollback(True)
