"""Writes of the dated tree: entering an organisation, moving it, its names, its tier.

``enter``, ``edit`` and ``move`` check the right to edit; what a case or the loader does goes through the
functions below them, which leave that to their caller. Row history keeps who changed what.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pghistory
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation.events import OrganisationChanged, OrganisationMoved
from yigongti.domains.base.organisation.formulas import fold, initials, is_uscc
from yigongti.domains.base.organisation.models import (
    ALLOWED_PARENTS,
    HEALTH_KINDS,
    INSTITUTION_KINDS,
    Kind,
    Leadership,
    Membership,
    Name,
    Organisation,
    TierPeriod,
)
from yigongti.domains.base.organisation.permissions import EDIT
from yigongti.domains.base.organisation.selectors import group_of, holds_on, under
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.events import emit

BEFORE_RECORDS = date(1949, 10, 1)  # "since always": what a plan lists without saying since when

EDITABLE = (
    "name",
    "short_name",
    "kind",
    "legal_person",
    "uscc",
    "division_code",
    "towns",
    "document",
    "clause",
    "opened_on",
    "closed_on",
)


class OrganisationRefused(ValueError):
    """A change the rules of the tree do not allow. ``str()`` is a sentence for people."""


@contextmanager
def writing(actor: Actor, act: str) -> Iterator[None]:
    """One transaction whose row history says who did what; what the database refuses becomes a sentence."""
    try:
        with transaction.atomic(), pghistory.context(actor_id=actor.id, actor=actor.name, act=act):
            yield
    except IntegrityError as error:
        sentence = _explained(error)
        if sentence is None:
            raise
        raise OrganisationRefused(sentence) from error


def _explained(error: IntegrityError) -> str | None:
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    return {
        "organisation_allowed_parent": _("这类机构不能设在所选的上级之下。"),
        "organisation_no_cycle": _("机构不能成为自己的下级。"),
        "organisation_one_parent_at_a_time": _("同一时间只能有一个上级机构。"),
        "organisation_key": _("本地区已有同一标识的机构。"),
        "organisation_uscc": _("本地区已有机构使用这个统一社会信用代码。"),
        "organisation_identifier_once": _("这个编码已属于另一家机构。"),
    }.get(constraint or "")


def lock_tree() -> None:
    """Let nobody else change the tree until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('organisation.tree', 0))")


# -- with the right to edit ----------------------------------------------------------------------------------


def enter(
    *,
    actor: Actor,
    place: str,
    key: str,
    kind: str,
    name: str,
    parent_id: int,
    starts_on: date,
    **fields: Any,
) -> Organisation:
    """Enter a new organisation under a parent from a day.

    ``fields``: any of EDITABLE, ``tier`` and ``aliases``. Raises Forbidden, OrganisationRefused.
    """
    actor.require(EDIT, parent_id)
    parent = Organisation.objects.get(pk=parent_id)
    if kind in HEALTH_KINDS and parent.kind in (Kind.AREA, Kind.CONSORTIUM):
        raise OrganisationRefused(_("新机构先登记在县（市、区）之下，再走加入流程。"))
    with writing(actor, "organisation.enter"):
        organisation = create(place=place, key=key, kind=kind, name=name, since=starts_on, **fields)
        put_under(organisation.pk, parent_id, on=starts_on)
        _record(actor, "organisation.enter", organisation.pk, {"name": name, "parent": parent_id})
    return organisation


def edit(organisation_id: int, *, actor: Actor, on: date | None = None, **fields: Any) -> list[str]:
    """Change an organisation's own particulars; returns the names of what changed.

    ``fields``: any of EDITABLE, ``tier`` (from ``on``, today when left out), ``aliases`` (replaces the list).
    A new name keeps the old one as a former name. Raises Forbidden, OrganisationRefused.
    """
    actor.require(EDIT, organisation_id)
    with writing(actor, "organisation.edit"):
        changed = change(organisation_id, on=on or clock.today(), **fields)
        if changed:
            _record(actor, "organisation.edit", organisation_id, {"changed": changed})
    return changed


def move(organisation_id: int, parent_id: int, *, on: date, actor: Actor, reason: str = "") -> None:
    """Put an organisation under another parent from a day. Institutions join and leave areas by a case.

    Raises Forbidden, OrganisationRefused.
    """
    actor.require(EDIT, organisation_id)
    actor.require(EDIT, parent_id)
    row = Organisation.objects.get(pk=organisation_id)
    if row.kind in HEALTH_KINDS and group_of(organisation_id, on) != group_of(parent_id, on):
        raise OrganisationRefused(_("机构加入、退出或更换医共体片区，要走加入或退出流程。"))
    with writing(actor, "organisation.move"):
        if put_under(organisation_id, parent_id, on=on, reason=reason):
            _record(actor, "organisation.move", organisation_id, {"parent": parent_id, "on": on.isoformat()})


def _record(actor: Actor, act: str, organisation_id: int, detail: dict[str, Any]) -> None:
    record(
        actor=actor,
        act=act,
        subject=f"organisation:{organisation_id}",
        organisation_id=organisation_id,
        detail=detail,
    )


# -- for the loader and the cases: inside the caller's transaction, rights checked by the caller -------------


def create(
    *,
    place: str,
    key: str,
    kind: str,
    name: str,
    since: date,
    tier: str = "",
    tier_evidence: str = "",
    aliases: Iterable[str] = (),
    **fields: Any,
) -> Organisation:
    """A new organisation with its names and tier, standing nowhere yet. Raises OrganisationRefused."""
    _check(kind=kind, name=name, **fields)
    organisation = Organisation.objects.create(place=place, key=key, kind=kind, name=name, **fields)
    set_names(organisation, aliases)
    if tier:
        set_tier(organisation.pk, tier, on=since, evidence=tier_evidence)
    emit(OrganisationChanged(organisation.pk))
    return organisation


def change(
    organisation_id: int,
    *,
    on: date,
    tier: str | None = None,
    tier_evidence: str = "",
    aliases: Iterable[str] | None = None,
    **fields: Any,
) -> list[str]:
    """Change particulars; returns the names of what changed. Raises OrganisationRefused."""
    unknown = fields.keys() - set(EDITABLE)
    if unknown:
        raise TypeError(f"not particulars of an organisation: {sorted(unknown)}")
    organisation = Organisation.objects.select_for_update().get(pk=organisation_id)
    if "kind" in fields:
        _check_kind_change(organisation, fields["kind"])
    changed = [name for name, value in fields.items() if getattr(organisation, name) != value]
    former, closed_on = organisation.name, organisation.closed_on
    if changed:
        for name in changed:
            setattr(organisation, name, fields[name])
        _check(**{name: getattr(organisation, name) for name in EDITABLE})
        organisation.save(update_fields=changed)
    if "closed_on" in changed:
        _close(organisation, closed_on)
    if aliases is not None or "name" in changed or "short_name" in changed:
        if aliases is None:
            aliases = organisation.names.filter(use=Name.Use.ALIAS).values_list("name", flat=True)
        if set_names(organisation, aliases, former=former):
            changed += ["aliases"] * (not {"name", "short_name"} & set(changed))
    if tier is not None and set_tier(organisation_id, tier, on=on, evidence=tier_evidence):
        changed.append("tier")
    if changed:
        emit(OrganisationChanged(organisation_id))
    return changed


def _close(organisation: Organisation, before: date | None) -> None:
    """A closed organisation stands nowhere from that day; opened again, it stands where it last stood."""
    lock_tree()
    if before is not None:
        Membership.objects.filter(organisation=organisation, ends_on=before).update(ends_on=None)
    if organisation.closed_on is not None:
        if len(under(organisation.pk, organisation.closed_on)) > 1:
            raise OrganisationRefused(_("到撤销日期时还有下级机构，请先为它们变更上级或办理撤销。"))
        take_out(organisation.pk, on=organisation.closed_on)


def put_under(organisation_id: int, parent_id: int, *, on: date, reason: str = "") -> bool:
    """From ``on`` until the next change already planned, the organisation stands under the parent.

    Returns False when it stands there already. Raises OrganisationRefused through ``writing``.
    """
    lock_tree()
    memberships = list(Membership.objects.filter(organisation_id=organisation_id).order_by("starts_on"))
    current = next((m for m in memberships if m.starts_on <= on and (m.ends_on is None or on < m.ends_on)), None)
    following = next((m for m in memberships if m.starts_on > on), None)
    if current and current.parent_id == parent_id:
        return False
    ends_on = current.ends_on if current else following.starts_on if following else None
    if current:
        _end(current, on)
    Membership.objects.create(
        organisation_id=organisation_id, parent_id=parent_id, starts_on=on, ends_on=ends_on, reason=reason
    )
    emit(OrganisationMoved(organisation_id, current.parent_id if current else None, parent_id, on))
    return True


def take_out(organisation_id: int, *, on: date) -> bool:
    """From ``on`` the organisation stands nowhere. Returns False when it stood nowhere on that day."""
    lock_tree()
    current = Membership.objects.filter(holds_on(on), organisation_id=organisation_id).first()
    if current is None:
        return False
    _end(current, on)
    emit(OrganisationMoved(organisation_id, current.parent_id, None, on))
    return True


def _end(membership: Membership, on: date) -> None:
    """End a membership on a day; one that would then never have held is taken back (row history keeps it)."""
    if membership.starts_on == on:
        membership.delete()
    else:
        membership.ends_on = on
        membership.save(update_fields=["ends_on"])


def set_tier(organisation_id: int, tier: str, *, on: date, evidence: str = "") -> bool:
    """From ``on`` the institution is of this tier ("" for none). Returns False when it already is."""
    current = TierPeriod.objects.filter(holds_on(on), organisation_id=organisation_id).first()
    if (current.tier if current else "") == tier:
        return False
    ends_on = current.ends_on if current else None
    if current and current.starts_on == on:
        current.delete()
    elif current:
        current.ends_on = on
        current.save(update_fields=["ends_on"])
    if tier:
        TierPeriod.objects.create(
            organisation_id=organisation_id, tier=tier, starts_on=on, ends_on=ends_on, evidence=evidence
        )
    return True


def set_leads(group_id: int, hospital_ids: Iterable[int], *, on: date) -> bool:
    """From ``on`` exactly these hospitals lead the group. Returns False when they already do."""
    wanted = set(hospital_ids)
    leading = list(Leadership.objects.filter(holds_on(on), group_id=group_id))
    for row in leading:
        if row.hospital_id not in wanted:
            row.ends_on = on
            row.delete() if row.starts_on == on else row.save(update_fields=["ends_on"])
    new = wanted - {row.hospital_id for row in leading}
    for hospital_id in sorted(new):
        Leadership.objects.create(group_id=group_id, hospital_id=hospital_id, starts_on=on)
    return bool(new) or any(row.hospital_id not in wanted for row in leading)


def set_names(organisation: Organisation, aliases: Iterable[str], former: str = "") -> bool:
    """Rewrite the names an organisation is found by; returns whether any changed. Former names stay."""
    before = {(row.folded, row.use, row.name) for row in organisation.names.all()}
    wanted: dict[str, tuple[str, str]] = {}
    found: list[tuple[Name.Use, str]] = [
        (Name.Use.OFFICIAL, organisation.name),
        (Name.Use.SHORT, organisation.short_name),
        *((Name.Use.ALIAS, alias) for alias in aliases),
        *((Name.Use.FORMER, row) for row in (former, *(n for _f, u, n in before if u == Name.Use.FORMER))),
    ]
    for kind, text in found:
        if fold(text):
            wanted.setdefault(fold(text), (kind.value, text.strip()))
    after = {(folded, use, name) for folded, (use, name) in wanted.items()}
    if after == before:
        return False
    organisation.names.exclude(folded__in=wanted).delete()
    for folded, (use, name) in wanted.items():
        if (folded, use, name) not in before:
            Name.objects.update_or_create(
                organisation=organisation,
                folded=folded,
                defaults={"use": use, "name": name, "initials": initials(name)},
            )
    return True


def _check(*, kind: str, name: str, uscc: str = "", legal_person: bool = False, **_rest: Any) -> None:
    if not fold(name):
        raise OrganisationRefused(_("请填写机构名称。"))
    if uscc and not is_uscc(uscc):
        raise OrganisationRefused(_("统一社会信用代码不正确：请核对18位代码及其校验码（GB 32100-2015）。"))
    if kind == Kind.DEPARTMENT and (uscc or legal_person):
        raise OrganisationRefused(_("科室不是独立法人，没有统一社会信用代码。"))


def _check_kind_change(organisation: Organisation, kind: str) -> None:
    """An institution may become another kind of institution; nothing else changes what it is."""
    if kind == organisation.kind:
        return
    if organisation.kind not in INSTITUTION_KINDS or kind not in INSTITUTION_KINDS:
        raise OrganisationRefused(_("只有医疗卫生机构可以变更类别，且只能变更为另一类机构。"))
    lock_tree()
    above = set(organisation.memberships.values_list("parent__kind", flat=True))
    below = set(organisation.members.values_list("organisation__kind", flat=True))
    if not above <= set(ALLOWED_PARENTS[Kind(kind)]) or any(kind not in ALLOWED_PARENTS[Kind(b)] for b in below):
        raise OrganisationRefused(_("变更后的类别与现有的上级或下级不符。"))
