"""Writes of alliances: founding one, and who takes part from when until when."""

from datetime import date

from django.db import IntegrityError
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation.formulas import fold, initials
from yigongti.domains.base.organisation.models import HEALTH_KINDS, Alliance, AllianceMember, Organisation
from yigongti.domains.base.organisation.permissions import EDIT
from yigongti.domains.base.organisation.selectors import holds_on, root
from yigongti.domains.base.organisation.services.tree import OrganisationRefused, writing
from yigongti.kernel.access.api import Actor, Forbidden
from yigongti.kernel.audit.api import record


def found(*, actor: Actor, place: str, kind: str, name: str) -> Alliance:
    """A new alliance of a place, without members yet. Raises Forbidden, OrganisationRefused."""
    require_edit(actor, place)
    if not fold(name):
        raise OrganisationRefused(_("请填写名称。"))
    taken = set(Alliance.objects.filter(place=place).values_list("key", flat=True))
    base = initials(name)[:40] or "alliance"
    key = next(k for n in range(1, len(taken) + 2) if (k := base if n == 1 else f"{base}-{n}") not in taken)
    with writing(actor, "organisation.found_alliance"):
        alliance = Alliance.objects.create(place=place, key=key, kind=kind, name=name.strip())
        _record(actor, "organisation.found_alliance", alliance, {"name": alliance.name})
    return alliance


def take_part(alliance_id: int, organisation_id: int, *, actor: Actor, on: date, lead: bool = False) -> AllianceMember:
    """An institution takes part from a day. Raises Forbidden, OrganisationRefused."""
    alliance = Alliance.objects.get(pk=alliance_id)
    require_edit(actor, alliance.place)
    if not Organisation.objects.filter(pk=organisation_id, kind__in=HEALTH_KINDS).exists():
        raise OrganisationRefused(_("只有医疗卫生机构可以参加联盟。"))
    try:
        with writing(actor, "organisation.join_alliance"):
            member = AllianceMember.objects.create(
                alliance=alliance, organisation_id=organisation_id, lead=lead, starts_on=on
            )
            detail = {"organisation": organisation_id, "on": on.isoformat(), "lead": lead}
            _record(actor, "organisation.join_alliance", alliance, detail)
    except IntegrityError as error:
        if "organisation_alliance_member_once" in str(error):
            raise OrganisationRefused(_("这家机构已经参加了。")) from error
        raise
    return member


def drop_out(member_id: int, *, actor: Actor, on: date) -> None:
    """A member no longer takes part from a day. Raises Forbidden, OrganisationRefused."""
    member = AllianceMember.objects.select_related("alliance").get(pk=member_id)
    require_edit(actor, member.alliance.place)
    if not AllianceMember.objects.filter(holds_on(on), pk=member_id).exists():
        raise OrganisationRefused(_("这一天它不在联盟内。"))
    with writing(actor, "organisation.leave_alliance"):
        if member.starts_on == on:
            member.delete()
        else:
            member.ends_on = on
            member.save(update_fields=["ends_on"])
        detail = {"organisation": member.organisation_id, "on": on.isoformat()}
        _record(actor, "organisation.leave_alliance", member.alliance, detail)


def require_edit(actor: Actor, place: str) -> None:
    """Alliances go across the tree: who edits them may edit at its root. Raises Forbidden."""
    top = root(place)
    if top is None:
        raise Forbidden(EDIT)
    actor.require(EDIT, top.id)


def _record(actor: Actor, act: str, alliance: Alliance, detail: dict[str, object]) -> None:
    record(actor=actor, act=act, subject=f"alliance:{alliance.pk}", detail=detail)
