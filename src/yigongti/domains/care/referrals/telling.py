"""Who is told what: events for other domains, notices for people, months for the lake; in the step's transaction."""

from typing import Any

from django.utils.translation import gettext as _

from yigongti.domains.care.referrals import events, lake
from yigongti.domains.care.referrals.models import Referral
from yigongti.domains.care.referrals.permissions import ANSWER, APPROVE, ARRANGE, OVERSEE
from yigongti.kernel.access.api import Permission
from yigongti.kernel.events import emit
from yigongti.kernel.notices.api import in_the_places_language, notify, settle
from yigongti.kernel.workflow.api import history


def tell(kind: type[events.OfReferral], case: Referral, **more: Any) -> None:
    """Emit an event of a referral and have what is measured of it published again.

    What the step wrote is stored first (the state follows at its end): who hears within the transaction reads it.
    """
    case.save()
    emit(
        kind(
            referral_id=case.pk,
            resident_id=case.resident_id,
            direction=case.direction,
            urgent=case.urgent,
            origin_id=case.origin_id,
            receiver_id=case.receiver_id,
            follow_up_id=case.follow_up_id,
            **more,
        )
    )
    lake.mark_changed(case)


def page(
    case: Referral,
    what: str,
    title: str,
    permission: Permission,
    organisation_id: int | None,
    *,
    again: bool = False,
    **more: Any,
) -> None:
    """A notice to a desk; urgent where the referral is. ``again``: what may come to pass more than once in a referral
    is told each time."""
    if organisation_id is None:
        return
    more.setdefault("urgent", case.urgent)
    notify(
        f"referrals.{what}:{case.pk}" + (f".{len(history(case))}" if again else ""),
        title=title,
        address=case.get_absolute_url(),
        desk=(permission, organisation_id),
        **more,
    )


def resident(case: Referral, what: str, title: str, body: str = "") -> None:
    """A notice to the patient, without the diagnosis: a text may be read by others."""
    notify(f"referrals.{what}:{case.pk}", title=title, body=body, resident_id=case.resident_id)


@in_the_places_language()
def sent(case: Referral) -> None:
    page(case, "sent", _("请答复：%(what)s") % {"what": case.title}, ANSWER, case.receiver_id)
    tell(events.ReferralSent, case)


@in_the_places_language()
def asked_approval(case: Referral) -> None:
    page(case, "approval", _("请审批：%(what)s") % {"what": case.title}, APPROVE, case.approver_id)


@in_the_places_language()
def accepted(case: Referral, attempt: int) -> None:
    page(
        case, f"accepted.{attempt}", _("已接收：%(what)s") % {"what": case.title}, ARRANGE, case.origin_id,
        body=case.instructions, urgent=False,
    )  # fmt: skip
    when = {"where": case.receiver_name, "what": case.slot or case.ward}
    said = _("您的转诊已由%(where)s接收：%(what)s") if when["what"] else _("您的转诊已由%(where)s接收，请尽快前往")
    resident(case, f"accepted.{attempt}", said % when, case.instructions)
    answered(case)
    tell(events.ReferralAccepted, case)


@in_the_places_language()
def asked_again(case: Referral) -> None:
    title = _("患者愿意再来，请重新安排：%(what)s") % {"what": case.title}
    page(case, "again", title, ANSWER, case.receiver_id, again=True)
    lake.mark_changed(case)


@in_the_places_language()
def declined(case: Referral) -> None:
    page(
        case, "declined", _("未接收，请处理：%(what)s") % {"what": case.title}, ARRANGE, case.origin_id,
        again=True, body=f"{case.get_decline_code_display()}\n{case.advice}",
    )  # fmt: skip
    answered(case)
    tell(events.ReferralDeclined, case)


@in_the_places_language()
def expired(case: Referral) -> None:
    """Overdue: the overseeing hospital and the receiving desk are paged, urgent or not; the origin is told."""
    title = _("超时未答复：%(what)s") % {"what": case.title}
    page(case, "expired", title, OVERSEE, case.overseer_id, again=True, urgent=True)
    page(case, "expired", title, ANSWER, case.receiver_id, again=True, urgent=True)
    page(case, "expired", title, ARRANGE, case.origin_id, again=True)
    tell(events.ReferralExpired, case)


@in_the_places_language()
def approval_late(case: Referral) -> None:
    """Nobody has approved or refused in time: who oversees, who approves and the origin are told."""
    title = _("超时未审批：%(what)s") % {"what": case.title}
    page(case, "approval_late", title, OVERSEE, case.overseer_id, urgent=True)
    page(case, "approval_late", title, APPROVE, case.approver_id, urgent=True)
    page(case, "approval_late", title, ARRANGE, case.origin_id)


@in_the_places_language()
def missed(case: Referral, attempt: int) -> None:
    title = _("患者未到诊，请联系：%(what)s") % {"what": case.title}
    page(case, f"missed.{attempt}", title, ARRANGE, case.origin_id)
    tell(events.ReferralNotArrived, case)


@in_the_places_language()
def withdrawn(case: Referral) -> None:
    page(case, "withdrawn", _("已撤回：%(what)s") % {"what": case.title}, ANSWER, case.receiver_id, urgent=False)


@in_the_places_language()
def slot_gone(case: Referral, appointment_id: int) -> None:
    title = _("预约已取消，请改约：%(what)s") % {"what": case.title}
    page(case, f"slot_gone.{appointment_id}", title, ANSWER, case.receiver_id)
    told = _("预约已取消，转入机构正在改约：%(what)s") % {"what": case.title}
    page(case, f"slot_gone.{appointment_id}", told, ARRANGE, case.origin_id)
    lake.mark_changed(case)


def answered(case: Referral) -> None:
    """Nobody needs to be paged for an answer any more."""
    once = (f"referrals.{what}:{case.pk}" for what in ("sent", "approval", "approval_late"))
    settle(*once, prefixes=[f"referrals.{what}:{case.pk}." for what in ("expired", "again")])


def ended(case: Referral, state: str) -> None:
    answered(case)
    settle(prefixes=[f"referrals.declined:{case.pk}."])
    tell(events.ReferralClosed, case, state=state)
