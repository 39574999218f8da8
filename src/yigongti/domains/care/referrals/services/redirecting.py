"""Sending a referral that nobody took on to another institution: a new referral with everything the sender wrote."""

from django.utils.translation import gettext as _

from yigongti.domains.care.referrals import telling
from yigongti.domains.care.referrals.models import Referral
from yigongti.domains.care.referrals.services import routes
from yigongti.domains.care.referrals.services.routes import ReferralRefused
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, system_actor
from yigongti.kernel.workflow.api import StepRefused, open_case, take_step
from yigongti.kernel.workflow.table import Answers

CARRIED_OVER = (
    "place", "resident_id", "direction", "urgency", "origin_id", "origin_department", "diagnosis_code", "diagnosis",
    "reason_code", "note", "inpatient", "criteria", "readings", "summary", "belongs", "above_reason",
    "duplicate_reason", "sent_by_id", "sent_by_name",
)  # fmt: skip
LONGEST_DEPARTMENT = 60
PLAN = ("care_plan", "medicines", "next_checks", "next_check_on")


def redirect(case: Referral, actor: Actor, answers: Answers) -> None:
    """The next receiver gets its own referral, so what one institution answered stays with it. Raises StepRefused."""
    receiver_id = int(answers["receiver"])  # one of those on offer: the table has checked it
    department = answers.get("department") or case.department
    if len(department) > LONGEST_DEPARTMENT:
        raise StepRefused(_("转入科室最多 %(n)d 个字。") % {"n": LONGEST_DEPARTMENT})
    today = clock.today()
    try:
        found = routes.route(case.origin_id, receiver_id, case.direction, today)
        approver_id = routes.approver(found.origin, found.reach, today)
    except ReferralRefused as refused:
        raise StepRefused(str(refused)) from refused
    assert found.receiver is not None
    carried = CARRIED_OVER + (PLAN if case.straight_down else ())
    follow_up_id = receiver_id if case.straight_down else case.follow_up_id
    further = Referral(
        **{name: getattr(case, name) for name in carried},
        reach=found.reach,
        receiver_id=receiver_id,
        receiver_name=found.receiver.label,
        department=department,
        follow_up_id=follow_up_id,
        approver_id=approver_id,
        redirected_from_id=case.pk,
    )
    further.duplicate_reason = case.duplicate_reason or _("改转自另一机构")
    open_case(further, actor=actor)
    # whoever may redirect has decided it is sent; the sender's own step needs no second pair of hands
    take_step(further, "submit" if approver_id else "send", actor=system_actor("redirect", case.origin_id))
    Referral.objects.unscoped("the redirected one keeps its sender").filter(pk=further.pk).update(
        sent_by_id=case.sent_by_id, sent_by_name=case.sent_by_name
    )
    case.redirected_to_id = further.pk
    case.ended_at = clock.now()
    telling.ended(case, "redirected")
