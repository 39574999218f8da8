"""What residents and staff are told when something happens to a booking. In Chinese, whoever caused it."""

from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from yigongti.domains.care.appointments.models import Appointment
from yigongti.domains.care.appointments.views import WITH_SLOT, slot_views
from yigongti.kernel import clock
from yigongti.kernel.notices.api import notify


def _where(case: Appointment) -> dict[str, str]:
    slot = slot_views([case.slot])[0]
    return {"when": slot.when, "institution": slot.institution, "who": slot.who, "number": case.number}


def tell_all_booked(limit: int = 2_000) -> int:
    """Tell whoever has a new place, each in its own transaction; returns how many. Safe to kill and to run twice."""
    rows = Appointment.objects.unscoped("everybody is told of a booking").filter(told_at=None)
    told = 0
    for pk in list(rows.order_by("pk").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            case = (
                rows.select_related(*WITH_SLOT).select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
            )
            if case is None:
                continue
            if case.is_open:
                _tell_booked(case)
                told += 1
            Appointment.objects.unscoped("the one at hand").filter(pk=pk).update(told_at=clock.now())
    return told


def _tell_booked(case: Appointment) -> None:
    with translation.override("zh-hans"):
        where = _where(case)
        notify(
            f"appointments.booked:{case.pk}",
            title=_("预约成功：%(when)s") % where,
            body=_("%(institution)s %(who)s，预约号 %(number)s。请带身份证或个人条码，提前到导诊台签到。") % where,
            address=case.get_absolute_url(),
            resident_id=case.resident_id,
        )


def tell_cancelled(case: Appointment, *, by_resident: bool, reason: str) -> None:
    """A place was given back by somebody else than the resident: the resident hears, and so does who had booked."""
    with translation.override("zh-hans"):
        where = _where(case) | {"reason": reason or _("未说明")}
        notify(
            f"appointments.cancelled:{case.pk}",
            title=_("预约已取消：%(when)s") % where,
            body=_("%(institution)s %(who)s，预约号 %(number)s。原因：%(reason)s。") % where,
            address=case.get_absolute_url(),
            accounts=[case.opened_by_id] if by_resident and case.opened_by_id is not None else [],
            resident_id=None if by_resident else case.resident_id,
        )


def tell_stopped(case: Appointment, reason: str) -> None:
    """The clinic does not take place: equal places are one click away, for the resident and for who booked."""
    with translation.override("zh-hans"):
        where = _where(case) | {"reason": reason or _("未说明")}
        notify(
            f"appointments.stopped:{case.pk}",
            title=_("停诊通知：%(when)s") % where,
            body=_("%(institution)s %(who)s 停诊（%(reason)s）。您的预约 %(number)s 可以改到其他时间，不算爽约。")
            % where,
            address=reverse("appointments:offers", args=[case.pk]),
            urgent=True,
            accounts=[case.opened_by_id] if case.opened_by_id is not None else [],
            resident_id=case.resident_id,
        )


def tell_substitute(case: Appointment) -> None:
    """Another doctor will be there."""
    with translation.override("zh-hans"):
        where = _where(case)
        notify(
            f"appointments.substitute:{case.pk}:{clock.now().isoformat()}",
            title=_("替诊通知：%(when)s") % where,
            body=_("您预约的 %(institution)s 门诊改由 %(who)s 出诊。预约号 %(number)s 仍有效；不合适可以改约或取消。")
            % where,
            address=case.get_absolute_url(),
            accounts=[case.opened_by_id] if case.opened_by_id is not None else [],
            resident_id=case.resident_id,
        )
