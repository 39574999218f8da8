"""Whatever people do in whatever order: a slot's counter is the number of places held, and never above its quota."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from yigongti.domains.care.appointments import api
from yigongti.domains.care.appointments.models import Appointment
from yigongti.domains.care.appointments.services import sessions
from yigongti.domains.care.appointments.tests.factories import NOW, County, at, clinic, holds_true, residents
from yigongti.kernel import clock
from yigongti.kernel.workflow.api import StepRefused, take_due, take_step

ACTS = st.one_of(
    st.tuples(st.just("book"), st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.just("cancel"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("change"), st.integers(0, 9), st.integers(0, 3)),
    st.tuples(st.sampled_from(["check_in", "finish", "undo_check_in"]), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("places"), st.integers(0, 3), st.sampled_from([-1, 1])),
    st.tuples(st.just("stop"), st.integers(0, 1), st.just(0)),
    st.tuples(st.just("later"), st.just(0), st.just(0)),
)


class Invariant(TestCase):
    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(ACTS, min_size=5, max_size=14))
    def test_counters_are_what_they_count(self, acts):
        with clock.fixed(NOW):
            county = County()
            slots = (
                clinic(county, day=0, quota=1)[:2] + clinic(county, day=0, doctor="赵", department="眼科", quota=2)[:2]
            )
            people = residents(4)
        now = NOW
        for act, n, m in acts:
            now = at(0, 9, 30) if act == "later" else now
            with clock.fixed(now):
                try:
                    self.do(county, slots, people, act, n, m)
                except (api.BookingRefused, api.ClinicRefused, StepRefused):
                    pass
            holds_true()

    def do(self, county, slots, people, act, n, m):
        cases = list(Appointment.objects.unscoped("test").order_by("pk"))
        case = cases[n % len(cases)] if cases else None
        match act:
            case "book":
                api.book(slots[n % len(slots)].pk, resident_id=people[m], actor=county.family_doctor, referral_id=1)
            case "places":
                sessions.add_places(slots[n % len(slots)].pk, m, actor=county.director)
            case "stop":
                api.stop_session(slots[n * 2].session_id, reason="x", actor=county.director)
            case "later":
                take_due()
            case "cancel" if case:
                api.cancel(case.pk, actor=county.family_doctor)
            case "change" if case:
                api.change(case.pk, slots[m % len(slots)].pk, actor=county.family_doctor)
            case _ if case:
                take_step(case, act, actor=county.coordinator, answers={"reason": "x"})
