"""The desk: a barcode is scanned, and who has a booking here today is checked in. Else it says what there is."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.appointments import arrivals
from yigongti.domains.care.appointments.models import Appointment
from yigongti.domains.care.appointments.permissions import RECEIVE
from yigongti.domains.care.appointments.selectors import of_day
from yigongti.domains.care.appointments.services.effects import is_today
from yigongti.domains.care.appointments.texts import plain
from yigongti.domains.care.appointments.views import WITH_SLOT, AppointmentView, appointment_views, day_words
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import StepRefused, take_step

DONE, ALREADY, NOT_TODAY, ELSEWHERE, MISSED, NOTHING = (
    "checked_in",
    "already",
    "not_today",
    "elsewhere",
    "missed",
    "nothing",
)
REFERRED = "referred"

LATE = timedelta(hours=12)


@dataclass(frozen=True)
class Scanned:
    """What a scan came to, in words. ``kind``: checked_in, referred (arrived without a booking), already, not_today,
    elsewhere, missed or nothing.

    ``appointment`` is that which was checked in, or the one the words are about.
    """

    kind: str
    words: str
    resident_id: int
    appointment: AppointmentView | None = None

    @property
    def good(self) -> bool:
        return self.kind in (DONE, REFERRED, ALREADY)


def scan(token: str, *, institution_id: int, actor: Actor, department: str = "") -> Scanned:
    """Check in whoever the barcode stands for. Raises Forbidden, residents.api.BarcodeRefused.

    Of several bookings here today the next one that has not passed is meant.
    """
    actor.require(RECEIVE, institution_id)
    resident_id = residents.read_barcode(token, actor)
    return check_in_resident(resident_id, institution_id=institution_id, actor=actor, department=department)


def check_in_resident(resident_id: int, *, institution_id: int, actor: Actor, department: str = "") -> Scanned:
    """The same for a person whom the desk has found by other means. Raises Forbidden."""
    actor.require(RECEIVE, institution_id)
    entries = residents.cluster(resident_id)
    today = [case for case in _of_person(entries) if case.institution_id == institution_id and _of_late(case)]
    if department:
        today = [case for case in today if case.department == department] or today
    now = clock.now()
    waiting = sorted((c for c in today if c.state == "booked"), key=lambda c: (c.ends_at <= now, c.starts_at, c.pk))
    for case in waiting:
        try:
            take_step(case, "check_in", actor=actor)
        except StepRefused:
            continue
        view = appointment_views([_read(case.pk)])[0]
        return Scanned(DONE, _("已签到：%(when)s %(who)s。") % _about(view), resident_id, view)
    if (said := arrivals.note(tuple(entries), institution_id, actor)) is not None:
        return Scanned(REFERRED, said, resident_id)
    for state, kind, text in (
        ("checked_in", ALREADY, _("已经签到过了：%(when)s %(who)s。")),
        ("done", ALREADY, _("这个预约已经就诊完成：%(when)s %(who)s。")),
        ("stopped", NOTHING, _("所约的门诊已停诊：%(when)s %(who)s。可以在预约页面改约。")),
        ("booked", MISSED, _("来晚了：%(when)s %(who)s 的预约已过时间。请重新挂号。")),
        ("no_show", MISSED, _("来晚了：%(when)s %(who)s 的预约已记为爽约。请重新挂号。")),
        ("cancelled", NOTHING, _("今天的预约已取消：%(when)s %(who)s。")),
    ):
        found = [case for case in today if case.state == state]
        if found:
            view = appointment_views(found[-1:])[0]
            return Scanned(kind, text % _about(view), resident_id, view)
    return _elsewhere(entries, institution_id, resident_id)


def _of_late(case: Appointment) -> bool:
    """Whether a booking is today's, or was last night's: who comes too late hears that, not that there is nothing."""
    now = clock.now()
    return is_today(case) or case.starts_at <= now < case.ends_at + LATE


def _elsewhere(entries: tuple[int, ...], institution_id: int, resident_id: int) -> Scanned:
    """No booking here today: the nearest one on another day or at another institution, said in words."""
    coming = [case for case in _of_person(entries) if case.state == "booked" and case.ends_at > clock.now()]
    here = [case for case in coming if case.institution_id == institution_id]
    if here:
        view = appointment_views(here[:1])[0]
        return Scanned(
            NOT_TODAY, _("今天没有预约。在本机构的预约是 %(when)s %(who)s。") % _about(view), resident_id, view
        )
    if any(is_today(case) for case in coming):
        case = next(case for case in coming if is_today(case))
        view = appointment_views([case])[0]
        words = _("在本机构没有预约。今天约的是 %(institution)s，%(when)s。") % _about(view)
        return Scanned(ELSEWHERE, words, resident_id)
    if coming:
        view = appointment_views(coming[:1])[0]
        words = _("在本机构没有预约。最近的预约在 %(institution)s，%(day)s。") % _about(view)
        return Scanned(ELSEWHERE, words, resident_id)
    return Scanned(NOTHING, _("没有查到预约。"), resident_id)


def _about(view: AppointmentView) -> dict[str, str]:
    slot = view.slot
    return {
        "when": slot.when,
        "who": slot.who,
        "institution": slot.institution,
        "day": day_words(slot.starts_at.astimezone(clock.ZONE).date()),
    }


def _of_person(entries: tuple[int, ...]) -> list[Appointment]:
    rows = Appointment.objects.unscoped("the desk has the person before it").filter(resident_id__in=entries)
    return list(rows.select_related(*WITH_SLOT).order_by("starts_at", "pk"))


def _read(pk: int) -> Appointment:
    found: Appointment = (
        Appointment.objects.unscoped("it was checked in just now").select_related(*WITH_SLOT).get(pk=pk)
    )
    return found


def waiting_list(institution_id: int, *, actor: Actor, department: str = "") -> list[AppointmentView]:
    """Everybody booked here today, in the order of the desk: who is here before who is expected, and among them
    referred ones, then those booked by a family doctor, then by time. Raises Forbidden."""
    actor.require(RECEIVE, institution_id)
    rows = of_day([institution_id], clock.today()).filter(state__in=("booked", "checked_in"))
    if department := plain(department):
        rows = rows.filter(department=department)
    found = sorted(
        rows, key=lambda c: (c.state != "checked_in", c.priority, c.starts_at, c.checked_in_at or c.opened_at, c.pk)
    )
    return appointment_views(found)
