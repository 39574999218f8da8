"""Reading referrals: as far as the actor stands on a side; what is open for a person; duplicates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.referrals.models import Reason, Referral
from yigongti.domains.care.referrals.permissions import VIEW
from yigongti.domains.care.referrals.workflow import IN_APPROVAL, UNDER_WAY
from yigongti.kernel.access.api import Actor, NotVisible, ScopedQuerySet
from yigongti.kernel.ui import words


@dataclass(frozen=True)
class ReferralView:
    """A referral for other domains and the resident's pages. ``plain_state``: where it is now, in plain words."""

    id: int
    resident_id: int
    direction: str
    direction_label: str
    reach: str
    urgency: str
    urgent: bool
    origin_id: int
    origin: str
    receiver_id: int | None
    receiver: str
    department: str
    diagnosis_code: str
    diagnosis: str
    state: str
    state_label: str
    plain_state: str
    open: bool
    sent_at: datetime | None
    answer_by: datetime | None
    accepted_at: datetime | None
    expected_at: datetime | None
    arrived_at: datetime | None
    returned_at: datetime | None
    appointment_id: int | None
    slot: str
    ward: str
    instructions: str
    follow_up_id: int
    follow_up_by: date | None
    followed_up_on: date | None
    care_plan: str
    medicines: str
    next_checks: str
    next_check_on: date | None
    access_open: bool
    access_until: datetime | None
    address: str


def views(rows: Iterable[Referral]) -> list[ReferralView]:
    """Rows as views, in the order given; one query for the names."""
    rows = list(rows)
    names = organisation.names({i for row in rows for i in (row.origin_id, row.receiver_id) if i})
    return [_view(row, names) for row in rows]


def _view(row: Referral, names: dict[int, str]) -> ReferralView:
    from yigongti.domains.care.referrals.workflow import WITH_THE_RECEIVER

    return ReferralView(
        id=row.pk,
        resident_id=row.resident_id,
        direction=row.direction,
        direction_label=row.get_direction_display(),
        reach=row.reach,
        urgency=row.urgency,
        urgent=row.urgent,
        origin_id=row.origin_id,
        origin=names.get(row.origin_id, ""),
        receiver_id=row.receiver_id,
        receiver=names.get(row.receiver_id or 0, row.receiver_name),
        department=row.department,
        diagnosis_code=row.diagnosis_code,
        diagnosis=row.diagnosis,
        state=row.state,
        state_label=row.state_label,
        plain_state=plain_state(row),
        open=row.is_open,
        sent_at=row.sent_at,
        answer_by=row.answer_by,
        accepted_at=row.accepted_at,
        expected_at=row.expected_at,
        arrived_at=row.arrived_at,
        returned_at=row.returned_at,
        appointment_id=row.appointment_id,
        slot=row.slot,
        ward=row.ward,
        instructions=row.instructions,
        follow_up_id=row.follow_up_id,
        follow_up_by=row.follow_up_by,
        followed_up_on=row.followed_up_on,
        care_plan=row.care_plan,
        medicines=row.medicines,
        next_checks=row.next_checks,
        next_check_on=row.next_check_on,
        access_open=row.state in WITH_THE_RECEIVER and row.receiver_id is not None,
        access_until=row.access_until,
        address=row.get_absolute_url(),
    )


def plain_state(row: Referral) -> str:
    """Where a referral is now, for the patient: no codes, no office words."""
    there = {"where": row.receiver_name, "what": row.slot or row.ward, "by": words.moment(row.answer_by)}
    match row.state:
        case "draft":
            return _("医生正在准备转诊")
        case "approval" | "approval_late":
            return _("正在等审批")
        case "sent":
            return _("已发给%(where)s，最晚%(by)s前答复") % there
        case "expired":
            return _("%(where)s还没有答复，已请上级医院督办") % there
        case "accepted" if row.place_lost:
            return _("%(where)s已接收。原来的预约已取消，正在为您重新安排时间") % there
        case "accepted":
            return _("%(where)s已接收：%(what)s") % there if there["what"] else _("%(where)s已接收，请尽快前往") % there
        case "not_arrived":
            return _("您没有按约定时间到%(where)s，转出机构会与您联系") % there
        case "arrived":
            return _("您已到%(where)s") % there
        case "treated":
            return _("%(where)s已为您诊治") % there
        case "returned":
            return _("%(where)s已把后续治疗交给您的社区或乡镇医生，医生会随访您") % there
        case "certified":
            return _("县域外转诊证明已开具，可到%(where)s就医") % there
        case "followed_up":
            return _("已随访")
        case "declined":
            return _("%(where)s暂不能接收，您的医生正在另行安排") % there
        case "redirected":
            return _("已改转其他机构")
        case "withdrawn":
            return _("已撤回")
        case _:
            return _("已结束")


WAS_SENT = Q(sent_at__isnull=False)
"""It went to the receiver, or was certified. Until then it is the origin's, and the approver's once submitted."""


def visible(actor: Actor) -> ScopedQuerySet:
    """The referrals in which the actor stands on a side, as far as they have reached that side by now."""
    rows = Referral.objects.visible_to(actor, VIEW)
    if actor.everything:
        return rows
    own = sorted(actor.organisations(VIEW))
    submitted = Q(approver_id__in=own) & ~Q(state="draft") & (Q(state__in=IN_APPROVAL) | Q(sent_by_id__isnull=False))
    called_in = Q(overseer_id__in=own) & ~Q(state="draft")
    return rows.filter(WAS_SENT | Q(origin_id__in=own) | submitted | called_in)


def one(actor: Actor, referral_id: int) -> Referral:
    """One referral. Raises NotVisible (404) for whoever stands on no side."""
    found: Referral | None = visible(actor).filter(pk=referral_id).first()
    if found is None:
        raise NotVisible
    return found


def get(referral_id: int, *, actor: Actor) -> ReferralView:
    """One referral, for a side or for the resident himself. Raises NotVisible."""
    if actor.is_resident:
        rows: ScopedQuerySet = Referral.objects.unscoped("the resident's own")
        found = rows.filter(WAS_SENT, pk=referral_id, resident_id__in=_entries(actor.residents)).first()
        if found is None:
            raise NotVisible
        return views([found])[0]
    return views([one(actor, referral_id)])[0]


def of_resident(resident_id: int, *, actor: Actor) -> list[ReferralView]:
    """A person's referrals, newest first: all that were sent, to the resident; to staff, those of their sides."""
    entries = residents.cluster(resident_id)
    if actor.is_resident:
        if not set(entries) & set(_entries(actor.residents)):
            raise NotVisible
        rows: ScopedQuerySet = Referral.objects.unscoped("the resident's own").filter(WAS_SENT)
    else:
        rows = visible(actor)
    return views(rows.filter(resident_id__in=entries).order_by("-opened_at", "-pk"))


def open_of(resident_id: int) -> list[ReferralView]:
    """A person's referrals that are under way, wherever: for the platform itself and for who has been let through."""
    rows: ScopedQuerySet = Referral.objects.unscoped("names no reader: the platform asks")
    found = rows.filter(resident_id__in=residents.cluster(resident_id), state__in=(*UNDER_WAY, "declined"))
    return views(found.order_by("-opened_at"))


def _entries(resident_ids: Iterable[int]) -> list[int]:
    return sorted({entry for one in resident_ids for entry in residents.cluster(one)})


def duplicates(resident_id: int, code: str, reason: str, *, but: int | None = None) -> list[Referral]:
    """Referrals of the same person under way for the same three-character diagnosis or the same stated reason."""
    same = Q(category=code.strip().upper()[:3])
    if reason != Reason.OTHER:
        same |= Q(reason_code=reason)
    rows: ScopedQuerySet = Referral.objects.unscoped("a warning; who may not see one is told its kind of place only")
    found = rows.filter(same, resident_id__in=residents.cluster(resident_id), state__in=UNDER_WAY)
    return list(found.exclude(pk=but).order_by("-opened_at"))


@dataclass(frozen=True)
class Duplicate:
    """A referral for the same thing: with its page for whoever may see it, else the kind of place alone."""

    title: str
    state: str
    where: str
    address: str


def warnings(found: Iterable[Referral], actor: Actor) -> list[Duplicate]:
    """What the sender is told of duplicates."""
    rows = list(found)
    seen = set(visible(actor).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    places = organisation.get_many({i for row in rows for i in (row.origin_id, row.receiver_id) if i})
    told = []
    for row in rows:
        if row.pk in seen:
            told.append(Duplicate(row.title, row.state_label, places[row.origin_id].label, row.get_absolute_url()))
        else:
            kind = places[row.origin_id].kind_label if row.origin_id in places else ""
            told.append(Duplicate(_("另一家机构发出的转诊"), row.state_label, kind, ""))
    return told
