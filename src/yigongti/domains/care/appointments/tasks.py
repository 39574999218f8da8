"""By the clock: clinics are published ahead, and nobody booked into a stopped clinic is left untold."""

from procrastinate.contrib.django import app

from yigongti.domains.care.appointments.models import Appointment
from yigongti.domains.care.appointments.services.publishing import publish_ahead
from yigongti.domains.care.appointments.services.sessions import tell_those_booked
from yigongti.domains.care.appointments.words import tell_all_booked
from yigongti.domains.care.appointments.workflow import LIVE
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.jobs.api import task


@app.periodic(cron="15 0 * * *")
@task("appointments.publish_ahead", lock="appointments.publish_ahead")
def publish(timestamp: int) -> None:
    """Each night: as many days ahead as the policy says."""
    publish_ahead(system_actor("publish"))


@app.periodic(cron="* * * * *")
@task("appointments.tell_booked", lock="appointments.tell_booked")
def tell_booked(timestamp: int) -> None:
    """Each minute: whoever has a new place hears of it."""
    tell_all_booked()


@task("appointments.tell_stopped")
def tell_stopped(session_id: int) -> None:
    """Queued with the stopping of a clinic: does what a process that died could not do any more."""
    tell_those_booked(session_id)


@app.periodic(cron="*/10 * * * *")
@task("appointments.tell_all_stopped", lock="appointments.tell_all_stopped")
def tell_all_stopped(timestamp: int) -> None:
    """Whoever is still booked into a stopped clinic, for whatever reason."""
    rows = Appointment.objects.unscoped("nobody is left in a stopped clinic").filter(
        state__in=LIVE, slot__session__state="stopped"
    )
    for session_id in list(rows.values_list("slot__session_id", flat=True).distinct()):
        tell_those_booked(session_id)
