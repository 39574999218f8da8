"""Loading the organisations a place's plan names (``policies/<place>/organisations.yaml``, read by kernel.policy).

Loading twice changes nothing. What people have since edited, and where cases have since moved an institution,
stays: each organisation keeps the entry it was loaded from, and only what differs between that and the plan
now is applied; a changed parent becomes a new dated membership.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from yigongti.domains.base.organisation.models import Alliance, AllianceMember, Kind, LoadedEntry, Organisation
from yigongti.domains.base.organisation.permissions import EDIT
from yigongti.domains.base.organisation.selectors import holds_on
from yigongti.domains.base.organisation.services import tree
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Forbidden
from yigongti.kernel.audit.api import record
from yigongti.kernel.policy import api as policy


class NoPlan(LookupError):
    """The place has no ``organisations.yaml``."""


@dataclass
class LoadReport:
    """What loading did, by key. ``missing``: loaded from an earlier plan, and no longer in this one."""

    place: str
    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def nothing_changed(self) -> bool:
        return not self.created and not self.changed


def load_place(place: str, actor: Actor, *, on: date | None = None) -> LoadReport:
    """Load or update a place's organisations, leaders and alliances, all or nothing.

    ``on`` is the day changes take effect for which the plan gives no day (today). Raises NoPlan, Forbidden
    unless the actor may do everything (set-up), policy.PolicyErrors, OrganisationRefused.
    """
    plan = policy.organisations(place)
    if plan is None:
        raise NoPlan(f"{place} has no organisations.yaml")
    return apply_plan(place, plan, actor=actor, on=on or clock.today())


def apply_plan(place: str, plan: policy.Organisations, *, actor: Actor, on: date) -> LoadReport:
    """Make the tree say what the plan says, where the plan has changed since it was last applied."""
    if not actor.everything:
        raise Forbidden(EDIT)
    with tree.writing(actor, "organisation.load"):
        tree.lock_tree()
        loading = _Loading(place, plan, on)
        for entry in plan.organisations:
            loading.organisation(entry)
        for entry in plan.organisations:  # leaders stand below what they lead, so they exist only now
            loading.leaders(entry)
        for alliance in plan.alliances:
            loading.alliance(alliance)
        report = loading.report
        report.missing = sorted(key for _kind, key in loading.earlier)
        if not report.nothing_changed:
            record(
                actor=actor,
                act="organisation.load",
                subject=f"place:{place}",
                detail={
                    "created": len(report.created),
                    "changed": report.changed,
                    "missing": report.missing,
                },
            )
    return report


class _Loading:
    """One run: what was loaded before (what is left of it at the end is missing), and ids by key."""

    def __init__(self, place: str, plan: policy.Organisations, on: date) -> None:
        self.place, self.document, self.on = place, plan.document.key, on
        self.report = LoadReport(place)
        self.earlier = {(row.kind, row.key): row.entry for row in LoadedEntry.objects.filter(place=place)}
        self.ids = dict(Organisation.objects.filter(place=place).values_list("key", "pk"))

    def organisation(self, entry: policy.Organisation) -> None:
        now, before = _plain(entry), self.earlier.pop(("organisation", entry.key), None)
        if entry.key not in self.ids:
            self._create(entry)
            self.report.created.append(entry.key)
        elif before != now:
            self._update(entry, before or {}, now)
            self.report.changed.append(entry.key)
        else:
            self.report.unchanged.append(entry.key)
            return
        self._remember("organisation", entry.key, now)

    def _create(self, entry: policy.Organisation) -> None:
        organisation = tree.create(
            place=self.place,
            key=entry.key,
            since=tree.BEFORE_RECORDS,
            tier=entry.tier,
            tier_evidence=str(entry.tier_evidence or ""),
            aliases=entry.aliases,
            **self._particulars(entry),
        )
        self.ids[entry.key] = organisation.pk
        if entry.parent:
            parent_id = self.ids[entry.parent]
            if entry.member_from:  # until it joins, it stands directly under its county or city
                tree.put_under(organisation.pk, _region(parent_id), on=tree.BEFORE_RECORDS)
            since = entry.member_from or tree.BEFORE_RECORDS
            tree.put_under(organisation.pk, parent_id, on=since, reason=self._cited(entry.clause))

    def _update(self, entry: policy.Organisation, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        organisation_id = self.ids[entry.key]
        changes = {
            name: value
            for name, value in self._particulars(entry).items()
            if any(before.get(source) != now.get(source) for source in _SOURCES.get(name, (name,)))
        }
        if before.get("aliases") != now["aliases"]:
            changes["aliases"] = entry.aliases
        if before.get("tier") != now["tier"]:
            changes |= {"tier": entry.tier, "tier_evidence": str(entry.tier_evidence or "")}
        tree.change(organisation_id, on=self.on, **changes)
        if entry.parent and [before.get(k) for k in _PLACED] != [now[k] for k in _PLACED]:
            parent_id = self.ids[entry.parent]
            joined, joins = _day(before.get("member_from")), entry.member_from
            if before.get("parent") == entry.parent and joined and joins and joins > joined:
                tree.put_under(organisation_id, _region(parent_id), on=joined)
            tree.put_under(organisation_id, parent_id, on=joins or self.on, reason=self._cited(entry.clause))

    def _particulars(self, entry: policy.Organisation) -> dict[str, Any]:
        return {
            "name": entry.name,
            "kind": entry.institution_kind or entry.kind,
            "legal_person": entry.legal_person,
            "division_code": entry.division,
            "towns": list(entry.towns),
            "document": self.document,
            "clause": entry.clause,
        }

    def leaders(self, entry: policy.Organisation) -> None:
        if entry.key in self.report.created:
            tree.set_leads(self.ids[entry.key], self._known(entry.led_by), on=tree.BEFORE_RECORDS)
        elif entry.key in self.report.changed:
            tree.set_leads(self.ids[entry.key], self._known(entry.led_by), on=self.on)

    def alliance(self, entry: policy.Alliance) -> None:
        now, before = _plain(entry), self.earlier.pop(("alliance", entry.key), None)
        if before == now:
            self.report.unchanged.append(entry.key)
            return
        alliance, created = Alliance.objects.update_or_create(
            place=self.place,
            key=entry.key,
            defaults={
                "name": entry.name,
                "kind": entry.kind,
                "covers_id": self.ids[entry.covers] if entry.covers else None,
                "document": self.document,
                "clause": entry.clause,
            },
        )
        wanted = {self.ids[key]: key == entry.lead for key in dict.fromkeys((*entry.members, entry.lead)) if key}
        for row in AllianceMember.objects.filter(holds_on(self.on), alliance=alliance):
            if wanted.get(row.organisation_id) == row.lead:
                wanted.pop(row.organisation_id)
            elif row.starts_on == self.on:
                row.delete()
            else:
                row.ends_on = self.on
                row.save(update_fields=["ends_on"])
        for organisation_id, lead in wanted.items():
            AllianceMember.objects.create(
                alliance=alliance,
                organisation_id=organisation_id,
                lead=lead,
                starts_on=tree.BEFORE_RECORDS if created else self.on,
            )
        (self.report.created if created else self.report.changed).append(entry.key)
        self._remember("alliance", entry.key, now)

    def _known(self, keys: tuple[str, ...]) -> list[int]:
        return [self.ids[key] for key in keys]

    def _cited(self, clause: str) -> str:
        return f"{self.document} {clause}".strip()

    def _remember(self, kind: str, key: str, entry: dict[str, Any]) -> None:
        LoadedEntry.objects.update_or_create(place=self.place, kind=kind, key=key, defaults={"entry": entry})


_PLACED = ("parent", "member_from")
_SOURCES = {  # which words of an entry a particular comes from, where they are not called the same
    "kind": ("kind", "institution_kind"),
    "division_code": ("division",),
    "document": ("clause",),
}


def _region(organisation_id: int) -> int:
    """The county or city an organisation of the tree stands in: the first region up its latest parents."""
    row = Organisation.objects.get(pk=organisation_id)
    while row.kind not in (Kind.COUNTY, Kind.CITY):
        row = row.memberships.select_related("parent").latest("starts_on").parent
    return row.pk


def _plain(entry: policy.Organisation | policy.Alliance) -> dict[str, Any]:
    """The entry as JSON would give it back."""
    return dict(json.loads(json.dumps(asdict(entry), default=str)))


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
