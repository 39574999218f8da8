"""Who may refer to whom on a day: both members of a consortium of the place that day, the tiers as the direction."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.organisation.api import OrganisationView
from yigongti.domains.care.referrals import policy
from yigongti.domains.care.referrals.formulas import TIER_RANK, direction
from yigongti.domains.care.referrals.models import Direction, Reach
from yigongti.domains.care.referrals.permissions import OVERSEE
from yigongti.kernel import clock
from yigongti.kernel.access.api import holders
from yigongti.kernel.workflow.table import Choices

TREATING = frozenset(
    {"lead_hospital", "hospital", "township_health_centre", "community_centre", "community_station", "village_clinic"}
)

BODIES = ("guidance_centre", "government_body")
"""Whom an institution that does not answer is reported to where no lead hospital is over it."""


class ReferralRefused(ValueError):
    """The referral can't be made so; ``str()`` says why, in words for whoever tried. Nothing has changed."""


@dataclass(frozen=True)
class Route:
    """Where a referral goes, as of a day."""

    origin: OrganisationView
    receiver: OrganisationView | None
    reach: str


def treats(view: OrganisationView) -> bool:
    return view.kind in TREATING and view.tier in TIER_RANK


def consortium(organisation_id: int, on: date) -> OrganisationView | None:
    """The consortium an institution is a member of on a day."""
    return next((view for view in organisation.path(organisation_id, on) if view.kind == "consortium"), None)


def route(origin_id: int, receiver_id: int | None, towards: str, on: date | None = None) -> Route:
    """The route from one to the other on a day (today). Raises ReferralRefused with the reason.

    A membership counts on the day itself: one that ended yesterday is none (both sides).
    """
    on = on or clock.today()
    ids = {origin_id} | ({receiver_id} if receiver_id is not None else set())
    known = organisation.get_many(ids, on)
    origin = known.get(origin_id)
    if origin is None or not origin.exists_on(on) or not treats(origin):
        raise ReferralRefused(_("转出机构今天不是可以转诊的医疗机构。"))
    home = consortium(origin_id, on)
    if home is None:
        raise ReferralRefused(_("%(name)s今天已不是医共体成员单位，不能转诊。") % {"name": origin.label})
    if receiver_id is None:
        return Route(origin, None, Reach.OUTSIDE)
    receiver = known.get(receiver_id)
    if receiver is None or receiver.place != origin.place:
        raise ReferralRefused(_("请选择本地区的转入机构。"))
    if receiver_id == origin_id:
        raise ReferralRefused(_("转入机构不能是转出机构自己。"))
    if not receiver.exists_on(on) or not treats(receiver):
        raise ReferralRefused(_("%(name)s今天不能接收转诊，请另选机构。") % {"name": receiver.label})
    there = consortium(receiver_id, on)
    if there is None:
        raise ReferralRefused(
            _("%(name)s今天已不是医共体成员单位（已退出或被撤销），不能转入，请另选机构。") % {"name": receiver.label}
        )
    if direction(origin.tier, receiver.tier) != towards:
        raise ReferralRefused(
            _("%(name)s（%(tier)s）与所选的转诊方向“%(direction)s”不符。")
            % {"name": receiver.label, "tier": receiver.tier_label, "direction": Direction(towards).label}
        )
    return Route(origin, receiver, Reach.INSIDE if there.id == home.id else Reach.BETWEEN)


def receivers(origin_id: int, towards: str, on: date | None = None) -> list[tuple[OrganisationView, str]]:
    """Whom an institution may refer to in a direction on a day, with the reach; its own consortium first."""
    on = on or clock.today()
    origin = organisation.get_many([origin_id], on).get(origin_id)
    if origin is None or not treats(origin):
        return []
    home = consortium(origin_id, on)
    if home is None:
        return []
    own = organisation.under(home.id, on)
    found = []
    for view in organisation.institutions(origin.place, on):
        if view.id == origin_id or not treats(view) or direction(origin.tier, view.tier) != towards:
            continue
        if view.id in own:
            found.append((view, str(Reach.INSIDE)))
        elif consortium(view.id, on) is not None:
            found.append((view, str(Reach.BETWEEN)))
    near = organisation.path(origin_id, on)
    area = {one.id for group in near if group.kind == "management_area" for one in _members(group.id, on)}
    leads = {lead for group in near for lead in group.led_by}
    found.sort(key=lambda pair: (pair[1] != Reach.INSIDE, pair[0].id not in leads, pair[0].id not in area))
    return found


def _members(group_id: int, on: date) -> list[OrganisationView]:
    return list(organisation.get_many(organisation.under(group_id, on), on).values())


def choices(origin_id: int, towards: str, but: int | None = None) -> Choices:
    """Receivers as the choices of a field, without one of them."""
    return tuple((str(view.id), view.label) for view, _reach in receivers(origin_id, towards) if view.id != but)


def overseer(organisation_id: int, on: date | None = None) -> int | None:
    """The lead hospital over an institution: of its area, else of its consortium."""
    for group in reversed(organisation.path(organisation_id, on or clock.today())):
        if group.led_by:
            return group.led_by[0]
    return None


def escalated_to(silent_id: int, origin_id: int, on: date | None = None) -> int | None:
    """Who is called in where an institution has not answered: somebody else who has people to oversee it, the nearest
    first; where there is nobody, the head and the coordinator of the silent one itself.

    In this order: the lead hospital of its area, of its consortium, over the origin; the other lead hospitals of the
    consortium; the guidance centre; the local authority.
    """
    on = on or clock.today()
    found: list[int] = [lead for group in reversed(organisation.path(silent_id, on)) for lead in group.led_by]
    found += [lead for group in reversed(organisation.path(origin_id, on)) for lead in group.led_by]
    if (home := consortium(silent_id, on)) is not None:
        areas = organisation.get_many(organisation.under(home.id, on), on)
        found += [lead for pk in sorted(areas) for lead in areas[pk].led_by]
    known = organisation.get_many([silent_id], on).get(silent_id)
    if known is not None:
        bodies = organisation.organisations(known.place, on)
        found += [one.id for kind in BODIES for one in bodies if one.kind == kind]
    for one_id in dict.fromkeys(found):
        if one_id != silent_id and holders(OVERSEE, one_id):
            return one_id
    return silent_id


def approver(origin: OrganisationView, reach: str, on: date) -> int | None:
    """Whose approval a referral of this reach needs by the place's policy; None when it needs none.

    Raises ReferralRefused where policy names a body that the place has not entered.
    """
    if reach not in policy.NEEDS_APPROVAL.at(origin.place, on).value:
        return None
    body = policy.APPROVED_BY.at(origin.place, on)
    if body.value == "lead_hospital":
        found = overseer(origin.id, on)
    else:
        kind = {"guidance_centre": "guidance_centre", "insurance_body": "insurance_body"}[body.value]
        found = next((one.id for one in organisation.institutions(origin.place, on) if one.kind == kind), None)
    if found is None:
        raise ReferralRefused(_("转诊须经%(body)s审批，但机构目录中没有登记。") % {"body": body})
    return found


def follower(origin: OrganisationView, receiver_id: int | None, towards: str, managing_id: int | None) -> int:
    """Who follows the patient up: the receiver of a down-referral; else the origin, if it is grass-roots; else the
    grass-roots institution that looks after the resident; else the origin."""
    if towards == Direction.DOWN and receiver_id is not None:
        return receiver_id
    if origin.is_grass_roots or managing_id is None:
        return origin.id
    managing = organisation.get_many([managing_id]).get(managing_id)
    return managing.id if managing is not None and managing.is_grass_roots and treats(managing) else origin.id
