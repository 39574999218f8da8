"""Who comes without a booking, whose booking falls away, and who did not come after all."""

import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.urls import reverse

from yigongti.domains.care.appointments import api as appointments
from yigongti.domains.care.appointments.models import Appointment
from yigongti.domains.care.appointments.services import booking as bookings
from yigongti.domains.care.appointments.tests import factories as clinics
from yigongti.domains.care.referrals import api
from yigongti.domains.care.referrals.services import ending
from yigongti.domains.care.referrals.tests import factories
from yigongti.domains.care.referrals.tests.test_time import account, again
from yigongti.kernel import clock
from yigongti.kernel.notices.models import Notice
from yigongti.kernel.workflow.api import StepRefused, take_due, take_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    with clock.fixed(clinics.NOW):
        yield factories.world()


@pytest.fixture
def slots(world):
    return clinics.clinic(SimpleNamespace(hospital=world.made["east_hospital"]), quota=1)


@pytest.fixture
def held(world, slots):
    return take_step(factories.sent(world), "accept", actor=world.receiver,
                     answers={"way": "slot", "slot": str(slots[0].pk)})  # fmt: skip


def booking(case):
    return Appointment.objects.unscoped("test").get(pk=case.appointment_id)


def scan(world, **more):
    desk = world.actor("coordinator", world.east_hospital, id=33)
    return appointments.check_in_resident(world.resident, institution_id=world.east_hospital, actor=desk, **more)


@pytest.mark.parametrize("how", ["at_once", "bed"])
def test_who_was_accepted_without_a_booking_is_known_at_the_desk(world, how):
    answers = {"way": "at_once"} if how == "at_once" else factories.bed(0)
    case = take_step(factories.sent(world, urgent=True), "accept", actor=world.receiver, answers=answers)
    said = scan(world)
    assert said.good and "请优先接诊" in said.words and again(case).state == "arrived"
    page = factories.signed_in("coordinator", world.east_hospital).get(reverse("appointments:desk"))
    assert "今天已到诊，请优先接诊" in page.content.decode()
    assert not scan(world).good  # once


def test_a_bed_for_another_day_is_not_an_arrival(world):
    case = take_step(factories.sent(world), "accept", actor=world.receiver, answers=factories.bed(3))
    assert scan(world).kind == "nothing" and again(case).state == "accepted"


@pytest.mark.parametrize("how", ["stopped", "cancelled"])
def test_a_place_that_falls_away_is_made_good_by_the_receiver(world, slots, held, how):
    desk, origin = account("coordinator", world.east_hospital), account("coordinator", world.centre)
    me = clinics.as_resident(world.resident)
    if how == "stopped":
        appointments.stop_session(slots[0].session_id, reason="医生生病", actor=clinics.MACHINE)
    else:
        appointments.cancel(held.appointment_id, actor=me)
    case = again(held)
    assert (case.state, case.appointment_id, case.slot, case.expected_at) == ("accepted", None, "", None)
    told = Notice.objects.filter(key__startswith="referrals.slot_gone").values_list("account_id", flat=True)
    assert set(told) == {desk, origin}
    assert "重新安排时间" in api.get(case.pk, actor=me).plain_state
    due = case.due_at
    assert due is not None and due < clock.now() + timedelta(days=5)
    with clock.fixed(clinics.NOW + timedelta(days=20)):
        take_due()
        assert again(case).state == "accepted"
        case = take_step(again(case), "reschedule", actor=world.receiver, answers=factories.bed(1))
        assert case.due_at > clock.now()


def test_from_a_stopped_clinic_the_patient_takes_the_referral_along(world, slots, held):
    later = clinics.clinic(SimpleNamespace(hospital=world.made["east_hospital"]), day=5, quota=1, doctor="李主任")
    appointments.stop_session(slots[0].session_id, reason="医生生病", actor=clinics.MACHINE)
    changed = appointments.change(held.appointment_id, later[0].pk, actor=clinics.as_resident(world.resident))
    case = again(held)
    assert (case.appointment_id, case.expected_at) == (changed.id, later[0].starts_at)


def test_a_wrong_scan_undone_is_no_arrival(world, slots, held):
    with clock.fixed(slots[0].starts_at - timedelta(minutes=20)):
        scan(world)
        assert again(held).state == "arrived"
        take_step(booking(held), "undo_check_in", actor=clinics.MACHINE, answers={"reason": "扫错人"})
        case = again(held)
        assert (case.state, case.arrived_at) == ("accepted", None)
        scan(world)
        case = take_step(again(held), "undo_arrival", actor=world.receiver, answers={"reason": "点错"})
    assert (case.state, case.arrived_at) == ("accepted", None)


@pytest.mark.parametrize("step", ["withdraw", "reschedule"])
def test_ones_own_act_pages_nobody_to_make_it_good(world, held, step):
    account("coordinator", world.east_hospital)
    if step == "withdraw":
        take_step(held, "withdraw", actor=world.origin, answers={"reason": "好转"})
    else:
        take_step(held, "reschedule", actor=world.receiver, answers=factories.bed(1))
    assert not Notice.objects.filter(key__startswith="referrals.slot_gone").exists()


@pytest.mark.django_db(transaction=True)
def test_withdrawing_while_the_patient_changes_the_booking_breaks_neither(monkeypatch):
    """Each holds what the other needs: the one that is broken off begins anew."""
    with clock.fixed(clinics.NOW):
        world = factories.world()
        slots = clinics.clinic(SimpleNamespace(hospital=world.made["east_hospital"]), quota=1)
        case = take_step(factories.sent(world), "accept", actor=world.receiver,
                         answers={"way": "slot", "slot": str(slots[0].pk)})  # fmt: skip
    holds_referral, holds_booking, errors = threading.Event(), threading.Event(), []
    release, give_up = ending.release, bookings._give_up

    def release_late(*args):
        holds_referral.set()
        holds_booking.wait(10)
        release(*args)

    def give_up_late(*args):
        holds_booking.set()
        holds_referral.wait(10)
        give_up(*args)

    monkeypatch.setattr(ending, "release", release_late)
    monkeypatch.setattr(bookings, "_give_up", give_up_late)

    def run(act) -> None:
        try:
            with clock.fixed(clinics.NOW):
                act()
        except (StepRefused, appointments.BookingRefused):
            pass  # the other one was first, and it is said
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    acts = (
        lambda: take_step(case, "withdraw", actor=world.origin, answers={"reason": "好转"}),
        lambda: appointments.change(case.appointment_id, slots[1].pk, actor=clinics.as_resident(world.resident)),
    )
    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert not errors and again(case).state == "withdrawn"
    for slot in slots[:2]:
        slot.refresh_from_db()
    assert [slot.booked for slot in slots[:2]] == [0, 0]
