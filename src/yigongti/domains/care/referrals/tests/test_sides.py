"""What crosses between institutions: members and former members, slots, two people at once, arrivals, duplicates."""

import threading
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection

from yigongti.domains.base.organisation.tests.factories import moved
from yigongti.domains.care.appointments import api as appointments
from yigongti.domains.care.appointments.tests import factories as clinics
from yigongti.domains.care.referrals import api, selectors
from yigongti.domains.care.referrals.models import Referral
from yigongti.domains.care.referrals.services.drafting import Duplicates, start
from yigongti.domains.care.referrals.tests import factories
from yigongti.kernel import clock
from yigongti.kernel.access.api import NotVisible, resident_actor
from yigongti.kernel.notices.models import Notice
from yigongti.kernel.workflow.api import StepRefused, history, take_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return factories.world()


def again(case: Referral) -> Referral:
    return Referral.objects.unscoped("test").get(pk=case.pk)


def leave(world, key: str, on: date) -> None:
    """The institution stands directly under the county from a day."""
    moved(world.made[key], world.made["county"], on)


class TestMembership:
    def test_one_that_ended_yesterday_is_none(self, world):
        today = clock.today()
        leave(world, "west_hospital", today)
        assert world.west_hospital not in dict(factories_choices(world))
        with pytest.raises(api.ReferralRefused, match="west_hospital今天已不是医共体成员单位"):
            factories.sent(world, receiver_id=world.west_hospital)
        assert Referral.objects.unscoped("test").count() == 0
        with clock.fixed(clock.now() - timedelta(days=1)):
            factories.sent(world, receiver_id=world.west_hospital)

    def test_one_that_ended_between_draft_and_sending(self, world):
        draft = start(factories.content(world, receiver_id=world.west_hospital), actor=world.origin)
        leave(world, "west_hospital", clock.today())
        with pytest.raises(StepRefused, match="已不是医共体成员单位"):
            take_step(draft, "send", actor=world.origin)
        assert again(draft).state == "draft" and again(draft).sent_at is None

    def test_the_origins_own(self, world):
        leave(world, "east_centre", clock.today())
        with pytest.raises(api.ReferralRefused, match="不能转诊"):
            factories.sent(world)

    def test_an_outsider_takes_none(self, world):
        with pytest.raises(api.ReferralRefused):
            factories.sent(world, receiver_id=world.outsider)

    def test_the_direction_must_fit(self, world):
        with pytest.raises(api.ReferralRefused, match="不符"):
            factories.sent(world, receiver_id=world.west_centre)
        assert factories.sent(world, receiver_id=world.west_centre, direction="sideways").direction == "sideways"


def factories_choices(world):
    from yigongti.domains.care.referrals.services import routes

    return [(view.id, reach) for view, reach in routes.receivers(world.centre, "up")]


def booked(slot) -> int:
    slot.refresh_from_db()
    return slot.booked


class TestSlots:
    @pytest.fixture(autouse=True)
    def _monday(self):
        with clock.fixed(clinics.NOW):
            yield

    @pytest.fixture
    def slots(self, world):
        county = SimpleNamespace(hospital=world.made["east_hospital"])
        return clinics.clinic(county, quota=1)

    def test_accepting_reserves_withdrawing_frees(self, world, slots):
        case = factories.sent(world)
        answers = {"way": "slot", "slot": str(slots[0].pk)}
        case = take_step(case, "accept", actor=world.receiver, answers=answers)
        assert case.appointment_id and case.expected_at == slots[0].starts_at and "王主任" in case.slot
        assert booked(slots[0]) == 1
        case = take_step(case, "reschedule", actor=world.receiver, answers={"way": "slot", "slot": str(slots[1].pk)})
        assert [booked(slot) for slot in slots[:2]] == [0, 1]
        case = take_step(case, "withdraw", actor=world.origin, answers={"reason": "患者好转"})
        assert [booked(slot) for slot in slots[:2]] == [0, 0]
        assert (case.state, case.appointment_id) == ("withdrawn", None)

    def test_a_slot_taken_a_moment_ago_is_refused_and_nothing_changes(self, world, slots):
        case = factories.sent(world)
        other = factories.records.resident(name="张三丰", managing_institution_id=world.centre)
        appointments.book(slots[0].pk, resident_id=other, actor=clinics.MACHINE, booked_by_id=world.east_hospital)
        lines = len(history(case))
        with pytest.raises(StepRefused) as refusal:
            take_step(case, "accept", actor=world.receiver, answers={"way": "slot", "slot": str(slots[0].pk)})
        assert "约" in str(refusal.value)
        case = again(case)
        assert (case.state, case.accepted_at, case.appointment_id, len(history(case))) == ("sent", None, None, lines)

    def test_another_institutions_slot_is_refused(self, world):
        county = SimpleNamespace(hospital=world.made["west_hospital"])
        elsewhere = clinics.clinic(county)
        case = factories.sent(world)
        with pytest.raises(StepRefused):
            take_step(case, "accept", actor=world.receiver, answers={"way": "slot", "slot": str(elsewhere[0].pk)})
        assert booked(elsewhere[0]) == 0

    def test_the_patient_changes_the_booking_and_the_referral_follows(self, world, slots):
        case = factories.sent(world)
        case = take_step(case, "accept", actor=world.receiver, answers={"way": "slot", "slot": str(slots[0].pk)})
        first, due = case.appointment_id, case.due_at
        county = SimpleNamespace(hospital=world.made["east_hospital"])
        later = clinics.clinic(county, day=5, quota=1, doctor="李主任")
        for side in (world.centre, world.east_hospital):
            factories.signed_in("coordinator", side)
        me = clinics.as_resident(world.resident)
        changed = appointments.change(first, later[0].pk, actor=me)
        case = again(case)
        assert (case.state, case.appointment_id, case.expected_at) == ("accepted", changed.id, later[0].starts_at)
        assert case.slot.startswith(f"{later[0].starts_at.astimezone(clock.ZONE):%Y-%m-%d %H:%M}")
        assert case.due_at > due and history(case)[-1].answers[0][1] == case.slot
        told = set(Notice.objects.values_list("key", flat=True))
        assert f"referrals.moved.{changed.id}:{case.pk}" in told and not [key for key in told if "slot_gone" in key]
        with clock.fixed(later[0].starts_at - timedelta(minutes=20)):
            desk = world.actor("coordinator", world.east_hospital, id=33)
            appointments.check_in_resident(world.resident, institution_id=world.east_hospital, actor=desk)
            assert again(case).state == "arrived"

    def test_withdrawing_frees_the_changed_booking(self, world, slots):
        case = factories.sent(world)
        case = take_step(case, "accept", actor=world.receiver, answers={"way": "slot", "slot": str(slots[0].pk)})
        appointments.change(case.appointment_id, slots[1].pk, actor=clinics.as_resident(world.resident))
        assert [booked(slot) for slot in slots[:2]] == [0, 1]
        take_step(again(case), "withdraw", actor=world.origin, answers={"reason": "患者好转"})
        assert [booked(slot) for slot in slots[:2]] == [0, 0]

    def test_a_booking_changed_to_another_hospital_is_refused_and_neither_changes(self, world, slots):
        case = factories.sent(world)
        case = take_step(case, "accept", actor=world.receiver, answers={"way": "slot", "slot": str(slots[0].pk)})
        elsewhere = clinics.clinic(SimpleNamespace(hospital=world.made["west_hospital"]), quota=1)
        with pytest.raises(appointments.BookingRefused):
            appointments.change(case.appointment_id, elsewhere[0].pk, actor=clinics.as_resident(world.resident))
        assert again(case).appointment_id == case.appointment_id and booked(slots[0]) == 1

    def test_checking_in_marks_the_arrival(self, world, slots):
        case = factories.sent(world)
        take_step(case, "accept", actor=world.receiver, answers={"way": "slot", "slot": str(slots[0].pk)})
        with clock.fixed(slots[0].starts_at - timedelta(minutes=20)):
            desk = world.actor("coordinator", world.east_hospital, id=33)
            appointments.check_in_resident(world.resident, institution_id=world.east_hospital, actor=desk)
            case = again(case)
        assert case.state == "arrived" and case.arrived_at == slots[0].starts_at - timedelta(minutes=20)


@pytest.mark.django_db(transaction=True)
def test_two_people_accept_at_once_one_wins_the_other_is_told():
    world = factories.world()
    case = factories.sent(world)
    start_together, outcomes = threading.Barrier(2), []

    def go(n: int) -> None:
        try:
            start_together.wait()
            actor = world.actor("doctor", world.east_hospital, id=40 + n)
            taken = take_step(case, "accept", actor=actor, answers={**factories.bed(), "ward": f"{n} 病区"})
            outcomes.append((taken.state, taken.ward))
        except StepRefused as refused:
            outcomes.append(("refused", str(refused)))
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(n,)) for n in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    won = [ward for state, ward in outcomes if state == "accepted"]
    told = [words for state, words in outcomes if state == "refused"]
    assert len(won) == len(told) == 1 and "可能别人刚刚办理过" in told[0]
    assert again(case).ward == won[0]


@pytest.mark.django_db(transaction=True)
def test_two_doctors_refer_the_same_person_at_once_one_is_warned():
    world = factories.world()
    factories.records.fact("encounter", resident_id=world.resident, source_id=world.west_centre, at=clock.today())
    drafts = [
        start(factories.content(world), actor=world.origin),
        start(factories.content(world, origin_id=world.west_centre, receiver_id=world.west_hospital),
              actor=world.actor("doctor", world.west_centre, id=50)),
    ]  # fmt: skip
    together, outcomes = threading.Barrier(2), []

    def go(case: Referral) -> None:
        try:
            together.wait()
            take_step(case, "send", actor=world.actor("doctor", case.origin_id, id=60))
            outcomes.append("sent")
        except StepRefused as refused:
            outcomes.append(str(refused))
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(case,)) for case in drafts]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes)[0] == "sent" and "已有同一病种" in sorted(outcomes)[1]


class TestDuplicates:
    @pytest.mark.parametrize(
        ("code", "reason", "doubled"),
        [
            ("I10.x00x002", "diagnosis", True),  # same three characters
            ("E11.900", "uncontrolled", True),  # same reason
            ("E11.900", "diagnosis", False),
            ("E11.900", "other", False),
        ],
    )
    def test_the_same_thing_twice(self, world, code, reason, doubled):
        factories.sent(world)
        said = factories.content(world, diagnosis_code=code, reason_code=reason)
        if doubled:
            with pytest.raises(Duplicates):
                start(said, actor=world.origin, send=True)
        else:
            assert start(said, actor=world.origin, send=True).state == "sent"

    def test_entries_of_one_person_count_together_and_ended_ones_do_not(self, world, monkeypatch):
        case = factories.sent(world)
        monkeypatch.setattr(selectors.residents, "cluster", lambda _id: (999, world.resident))
        assert selectors.duplicates(999, "I10", "other") == [case]
        take_step(case, "withdraw", actor=world.origin, answers={"reason": "误发"})
        assert selectors.duplicates(999, "I10", "other") == []

    def test_who_may_not_see_it_is_told_the_kind_of_place_only(self, world):
        case = factories.sent(world)
        mine, theirs = (
            selectors.warnings([case], world.actor("doctor", where))[0] for where in (world.centre, world.west_centre)
        )
        assert mine.address == case.get_absolute_url() and mine.where == "east_centre"
        assert theirs.address == "" and theirs.where == "社区卫生服务中心" and "高血压" not in theirs.title


class TestReading:
    def test_the_resident_sees_his_own_in_plain_words_and_nobody_elses(self, world):
        case = factories.sent(world)
        me = resident_actor("王秀英", [world.resident])
        [mine] = api.of_resident(world.resident, actor=me)
        assert mine.id == case.pk and "最晚" in mine.plain_state and api.get(case.pk, actor=me).id == case.pk
        other = resident_actor("李四", [factories.records.resident(name="李四")])
        for ask in (lambda: api.get(case.pk, actor=other), lambda: api.of_resident(world.resident, actor=other)):
            with pytest.raises(NotVisible):
                ask()
        start(factories.content(world, diagnosis_code="I63.900", reason_code="diagnosis"), actor=world.origin)
        assert len(api.of_resident(world.resident, actor=me)) == 1  # a draft is not his yet
        assert [one.id for one in api.open_of(world.resident)] == [case.pk]

    def test_figures_of_others_are_not_seen(self, world):
        factories.sent(world)
        today = clock.today()
        for where, sent in ((world.centre, 1), (world.east_hospital, 1), (world.west_hospital, 0)):
            [total, *_rest] = api.figures(actor=world.actor("director", where), since=today, until=today)
            assert total.sent == sent
