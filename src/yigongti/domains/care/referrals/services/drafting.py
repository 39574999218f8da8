"""Starting a referral: what the origin writes, checked and kept; sent in the same breath if so wished."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.residents import api as residents
from yigongti.domains.base.terminology import api as terminology
from yigongti.domains.care.referrals import catalogue, policy, selectors, summary
from yigongti.domains.care.referrals.models import Direction, Reach, Reason, Referral, Urgency
from yigongti.domains.care.referrals.permissions import SEND
from yigongti.domains.care.referrals.services import routes
from yigongti.domains.care.referrals.services.routes import ReferralRefused
from yigongti.domains.care.referrals.urgent import urgent_criteria
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import StepRefused, open_case, take_step

ICD10 = "icd10"

__all__ = ["Content", "NoRelation", "ReferralRefused", "start"]


class NoRelation(ReferralRefused):
    """The sender has no relation to the resident: the record has to be opened first."""


@dataclass(frozen=True)
class Content:
    """What the origin writes. ``receiver_id`` None: out of the county, to ``receiver_name`` in ``receiver_region``.

    ``chosen``: keys of ``summary.candidates``. ``readings`` as in ``urgent.READINGS``; ``symptoms`` codes of its table.
    A down-referral needs care plan, medicines and next checks from the start.
    """

    resident_id: int
    origin_id: int
    direction: str
    diagnosis_code: str
    reason_code: str
    receiver_id: int | None = None
    receiver_name: str = ""
    receiver_region: str = ""
    department: str = ""
    origin_department: str = ""
    note: str = ""
    inpatient: bool = False
    urgent: bool = False
    symptoms: tuple[str, ...] = ()
    readings: Mapping[str, Decimal] = field(default_factory=dict)
    chosen: tuple[str, ...] = ()
    allergies: str = ""
    above_reason: str = ""
    duplicate_reason: str = ""
    care_plan: str = ""
    medicines: str = ""
    next_checks: str = ""
    next_check_on: date | None = None


class Duplicates(ReferralRefused):
    """There are referrals for the same; a reason is asked to go on."""

    def __init__(self, found: list[Referral]) -> None:
        super().__init__(_("该患者已有同一病种或同一原因的转诊正在办理。确需再转，请填写理由。"))
        self.found = found


@transaction.atomic
def start(content: Content, *, actor: Actor, send: bool = False) -> Referral:
    """A referral as a draft, or sent at once (for approval, where the place asks for it).

    Raises Forbidden, NotVisible, ReferralRefused (NoRelation, Duplicates); then nothing is stored.
    """
    actor.require(SEND, content.origin_id)
    standing = residents.whole(content.resident_id)
    card = residents.card(standing) if standing is not None else None
    if standing is None or card is None:
        raise ReferralRefused(_("没有这位居民。"))
    if health_record.relation(actor, standing) is None:
        raise NoRelation(_("您与这位居民没有诊疗或管理关系，请先在健康档案页面说明理由后打开。"))
    if card.deceased_on is not None:
        raise ReferralRefused(_("这位居民已登记死亡，不能转诊。"))
    today = clock.today()
    route = routes.route(content.origin_id, content.receiver_id, content.direction, today)
    if route.receiver is None and not content.receiver_name.strip():
        raise ReferralRefused(_("请写明县域外的转入机构。"))
    if route.reach == Reach.OUTSIDE and content.direction == Direction.DOWN:
        raise ReferralRefused(_("转往县域外只能是上转或平转。"))
    code = content.diagnosis_code.strip()
    coded = terminology.find(ICD10, code, today)
    if coded is None:
        raise ReferralRefused(_("没有这个诊断编码：%(code)s") % {"code": code})
    belongs = catalogue.where_it_belongs(code, today, place=route.origin.place)
    _check_above(content, belongs, route.origin.tier, route.origin.place, today)
    criteria = _criteria(content, today, route.origin.place)
    doubled = selectors.duplicates(standing, code, content.reason_code)
    if doubled and not content.duplicate_reason.strip():
        raise Duplicates(doubled)
    case = Referral(
        place=route.origin.place,
        resident_id=standing,
        direction=content.direction,
        reach=route.reach,
        urgency=Urgency.URGENT if content.urgent or criteria else Urgency.ORDINARY,
        origin_id=content.origin_id,
        origin_department=content.origin_department.strip()[:60],
        receiver_id=content.receiver_id,
        receiver_name=(route.receiver.label if route.receiver else content.receiver_name.strip())[:120],
        receiver_region=content.receiver_region.strip()[:60],
        department=content.department.strip()[:60],
        follow_up_id=routes.follower(
            route.origin, content.receiver_id, content.direction, card.managing_institution_id
        ),
        approver_id=routes.approver(route.origin, route.reach, today),
        diagnosis_code=coded.code,
        diagnosis=coded.display[:200],
        reason_code=Reason(content.reason_code),
        note=content.note.strip(),
        inpatient=content.inpatient,
        criteria=criteria,
        readings={name: f"{Decimal(value).normalize():f}" for name, value in content.readings.items()},
        summary=summary.snapshot(content.chosen, resident_id=standing, actor=actor, allergies=content.allergies),
        belongs=belongs.kept if belongs else {},
        above_reason=content.above_reason.strip()[:500],
        duplicate_reason=content.duplicate_reason.strip()[:500],
        care_plan=content.care_plan.strip(),
        medicines=content.medicines.strip(),
        next_checks=content.next_checks.strip(),
        next_check_on=content.next_check_on,
        sent_by_name=actor.name[:100],
    )
    open_case(case, actor=actor)
    if not send:
        return case
    try:
        return take_step(case, first_step(case), actor=actor)
    except StepRefused as refused:
        raise ReferralRefused(str(refused)) from refused


def first_step(case: Referral) -> str:
    """What sending is called for this referral: to the receiver, to whoever approves, or straight to a certificate."""
    if case.approver_id is not None:
        return "submit"
    return "certify" if case.outside else "send"


def _criteria(content: Content, today: date, place: str) -> list[dict[str, Any]]:
    whole = {"systolic", "diastolic", "pulse"}
    readings: dict[str, Any] = {
        name: int(value) if name in whole else value for name, value in content.readings.items()
    }
    found = urgent_criteria(**readings, symptoms=content.symptoms, as_of=today, place=place)
    return [{"code": one.code, "label": one.label, "clause": one.clause} for one in found]


def _check_above(content: Content, belongs: catalogue.Belongs | None, tier: str, place: str, today: date) -> None:
    """Up although the origin's tier treats it: where the plan asks for control, with a reason (Xuchang 三（八）)."""
    if content.direction != Direction.UP or content.urgent or belongs is None or not belongs.treated_at(tier):
        return
    if policy.ABOVE_THE_CATALOGUE.at(place, today).value == "reason" and not content.above_reason.strip():
        raise ReferralRefused(_("按病种收治目录，本机构可以收治这一病种；仍要上转请写明理由。"))
