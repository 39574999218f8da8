"""Who may take which step of a booking in which state, written out by hand; what is not written is refused."""

import pytest
from tests.support.people import person

from yigongti.domains.care.appointments import api
from yigongti.domains.care.appointments.models import Appointment
from yigongti.domains.care.appointments.tests.factories import at, clinic, residents
from yigongti.domains.care.appointments.workflow import BOOKING
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role, resident_actor
from yigongti.kernel.workflow.api import StepRefused, open_steps, take_step

pytestmark = pytest.mark.django_db

CLINIC = {"booked": {"check_in", "cancel"}, "checked_in": {"finish", "undo_check_in"}}
BOOKER = {"booked": {"cancel_as_booker"}}
NOTHING: dict[str, set[str]] = {}

TABLE = {
    "doctor@hospital": CLINIC,
    "village_doctor@hospital": CLINIC,
    "coordinator@hospital": CLINIC,
    "coordinator@city": CLINIC | {"booked": {"check_in", "cancel", "cancel_as_booker"}},  # what is under it
    "director@hospital": NOTHING,
    "data_officer@hospital": NOTHING,
    "insurance_officer@hospital": NOTHING,
    "finance_officer@hospital": NOTHING,
    "system_admin@hospital": NOTHING,
    "security_admin@hospital": NOTHING,
    "auditor@hospital": NOTHING,
    "doctor@centre": BOOKER,
    "coordinator@centre": BOOKER,
    "village_doctor@centre": BOOKER,
    "director@centre": NOTHING,
    "doctor@second": NOTHING,
    "coordinator@second": NOTHING,
    "doctor@village": NOTHING,
    "guidance_officer@city": NOTHING,
    "resident@himself": {"booked": {"cancel"}},
    "resident@somebody": NOTHING,
}
STATES = ("booked", "checked_in", "done", "cancelled", "stopped", "no_show")


def test_every_role_is_in_the_table():
    assert {who.split("@")[0] for who in TABLE} - {"resident"} == {role.value for role in Role}


@pytest.mark.parametrize("state", STATES)
def test_who_takes_which_step(county, state):
    slot = clinic(county, day=0)[0]
    himself, somebody = residents(2)
    view = api.book(slot.pk, resident_id=himself, actor=county.family_doctor)
    case = Appointment.objects.unscoped("test").get(pk=view.id)
    if state == "stopped":
        api.stop_session(slot.session_id, reason="出差", actor=county.director)
    elif state == "cancelled":
        api.cancel(view.id, actor=county.coordinator)
    elif state != "booked":
        for step in {"checked_in": ["check_in"], "done": ["check_in", "finish"], "no_show": []}[state]:
            take_step(case, step, actor=county.doctor)
    when = at(0, 9) if state == "no_show" else clock.now()
    with clock.fixed(when):
        if state == "no_show":
            from yigongti.kernel.workflow.api import take_due

            take_due()
        case.refresh_from_db()
        assert case.state == state
        for who, expected in TABLE.items():
            role, key = who.split("@")
            if role == "resident":
                actor = resident_actor("居民", {himself if key == "himself" else somebody})
            else:
                actor = person(role, getattr(county, key).pk, id=90)
            assert {step.name for step in open_steps(case, actor)} == expected.get(state, set()), who
            for step in BOOKING.steps:
                if step.name not in expected.get(state, set()):
                    with pytest.raises(StepRefused):
                        take_step(case, step.name, actor=actor, answers={"reason": "x"})
        case.refresh_from_db()
        assert case.state == state
