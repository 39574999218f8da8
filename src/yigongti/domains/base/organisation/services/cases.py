"""Opening joining and leaving cases, and what their steps do to the tree.

The effects run inside the step's transaction and raise StepRefused, which undoes everything.
"""

from datetime import date
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation.models import (
    HEALTH_KINDS,
    Joining,
    Kind,
    Leaving,
    MembershipCase,
    Organisation,
)
from yigongti.domains.base.organisation.permissions import APPLY
from yigongti.domains.base.organisation.selectors import (
    areas_of,
    consortium_of,
    exists_on,
    group_of,
    lead_hospitals,
    local_authorities,
    region_of,
    under,
)
from yigongti.domains.base.organisation.services import tree
from yigongti.domains.base.organisation.services.tree import OrganisationRefused
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import StepRefused, open_case
from yigongti.kernel.workflow.table import Answers

C = TypeVar("C", bound=MembershipCase)


def start_joining(
    *,
    actor: Actor,
    applicant_id: int,
    group_id: int,
    lead_hospital_id: int,
    reason: str,
    local_authority_id: int | None = None,
) -> Joining:
    """An institution states its intention to join a management area (or a consortium without areas).

    ``local_authority_id``: the town's or district's party and government body, the county when left out.
    Raises Forbidden, OrganisationRefused.
    """
    actor.require(APPLY, applicant_id)
    today = clock.today()
    applicant = _institution(applicant_id)
    group = Organisation.objects.get(pk=group_id)
    if group.kind not in (Kind.AREA, Kind.CONSORTIUM) or group.place != applicant.place:
        raise OrganisationRefused(_("请选择本地区的医共体或管理片区。"))
    if group.kind == Kind.CONSORTIUM and areas_of(group.pk, today).exists():
        raise OrganisationRefused(_("该医共体设有管理片区，请选择要加入的片区。"))
    if applicant_id in under(group_id, today):
        raise OrganisationRefused(_("本机构已是成员单位。"))
    current = consortium_of(applicant_id, today)
    if current is not None and current != consortium_of(group_id, today):
        raise OrganisationRefused(_("本机构已加入另一个医共体，请先办理退出。"))
    if lead_hospital_id not in lead_hospitals(group_id, today):
        raise OrganisationRefused(_("请选择该片区或医共体的牵头医院。"))
    if lead_hospital_id == applicant_id:
        raise OrganisationRefused(_("牵头医院不能向自己申请。"))
    case = Joining(
        applicant=applicant,
        group=group,
        lead_hospital_id=lead_hospital_id,
        reason=_said(reason),
        applied_by_id=actor.id,
        **_authorities(applicant, group_id, local_authority_id),
    )
    return _open(case, actor)


def start_leaving(*, actor: Actor, applicant_id: int, reason: str, local_authority_id: int | None = None) -> Leaving:
    """A member states its wish to leave its management area or consortium.

    Raises Forbidden, OrganisationRefused.
    """
    actor.require(APPLY, applicant_id)
    today = clock.today()
    applicant = _institution(applicant_id)
    group_id = group_of(applicant_id, today)
    if group_id is None:
        raise OrganisationRefused(_("本机构不是成员单位，不需要办理退出。"))
    leads = lead_hospitals(group_id, today)
    if applicant_id in leads:
        raise OrganisationRefused(_("牵头医院要先变更牵头单位，才能退出。"))
    if not leads:
        raise OrganisationRefused(_("该片区或医共体还没有登记牵头医院。"))
    case = Leaving(
        applicant=applicant,
        group_id=group_id,
        lead_hospital_id=leads[0],
        reason=_said(reason),
        applied_by_id=actor.id,
        **_authorities(applicant, group_id, local_authority_id),
    )
    return _open(case, actor)


def _open(case: C, actor: Actor) -> C:
    try:
        with transaction.atomic():
            return open_case(case, actor=actor)
    except IntegrityError as error:
        if "organisation_one_open" in str(error):
            raise OrganisationRefused(_("本机构已有一件同类申请正在办理。")) from error
        raise


# -- effects of steps ---------------------------------------------------------------------------------------


def check_two_sides(case: MembershipCase, actor: Actor) -> None:
    """Nobody answers his own application: one person may not act for both sides (民法典 168). Raises StepRefused."""
    if actor.id is not None and actor.id in (case.applied_by_id, case.signed_by_id):
        raise StepRefused(_("您已代表申请单位办理过，不能再代表牵头医院办理。"))


def note_agreement(case: MembershipCase, actor: Actor, answers: Answers) -> None:
    """What the applicant signed: the agreement's number and the day it takes effect. Raises StepRefused."""
    effective_on = date.fromisoformat(answers["effective_on"])
    if effective_on < case.opened_at.astimezone(clock.ZONE).date():
        raise StepRefused(_("生效日期不能早于提出申请的日期。"))
    case.agreement_number = answers["agreement_number"]
    case.effective_on = effective_on
    case.signed_by_id = actor.id


def begin_membership(case: MembershipCase, actor: Actor) -> None:
    """The applicant stands under the group from the agreement's date. Raises StepRefused."""
    check_two_sides(case, actor)
    _move(case, actor, case.group_id)


def end_membership(case: MembershipCase, actor: Actor) -> None:
    """From the agreement's date the applicant stands directly under its county or city. Raises StepRefused."""
    check_two_sides(case, actor)
    if case.effective_on is None or group_of(case.applicant_id, case.effective_on) != case.group_id:
        raise StepRefused(_("到生效日期时，本机构已不在该片区或医共体内。"))
    region_id = region_of(case.group_id, case.effective_on)
    if region_id is None:
        raise StepRefused(_("机构树上没有登记所属的县（市、区）。"))
    _move(case, actor, region_id)


def _move(case: MembershipCase, actor: Actor, parent_id: int) -> None:
    if case.effective_on is None:
        raise StepRefused(_("协议还没有写明生效日期。"))
    try:
        with tree.writing(actor, f"{case.workflow.name}.countersign"):
            reason = _("协议%(number)s") % {"number": case.agreement_number}
            moved = tree.put_under(case.applicant_id, parent_id, on=case.effective_on, reason=reason)
    except OrganisationRefused as refused:
        raise StepRefused(str(refused)) from refused
    if not moved:
        raise StepRefused(_("到生效日期时，本机构已经在那里了。"))


# -- who the sides are --------------------------------------------------------------------------------------


def _authorities(applicant: Organisation, group_id: int, local_authority_id: int | None) -> dict[str, int]:
    """The local authority, guidance centre and working group; the county stands in for what is not entered.

    A working group or management committee is the government body that is no legal person.
    """
    today = clock.today()
    region_id = region_of(group_id, today)
    if region_id is None:
        raise OrganisationRefused(_("机构树上没有登记所属的县（市、区）。"))
    if local_authority_id is not None and not local_authorities(applicant.place, today).filter(pk=local_authority_id):
        raise OrganisationRefused(_("请选择属地党委政府。"))
    near = Organisation.objects.filter(exists_on(today), pk__in=under(region_id, today)).order_by("pk")
    centre = near.filter(kind=Kind.GUIDANCE_CENTRE).first()
    working_group = near.filter(kind=Kind.GOVERNMENT, legal_person=False).first()
    return {
        "local_authority_id": local_authority_id or region_id,
        "guidance_centre_id": centre.pk if centre else region_id,
        "working_group_id": working_group.pk if working_group else region_id,
    }


def _institution(organisation_id: int) -> Organisation:
    row = Organisation.objects.get(pk=organisation_id)
    if row.kind not in HEALTH_KINDS:
        raise OrganisationRefused(_("只有医疗卫生机构可以申请加入或退出。"))
    return row


def _said(reason: str) -> str:
    if not reason.strip():
        raise OrganisationRefused(_("请写明理由。"))
    return reason.strip()
