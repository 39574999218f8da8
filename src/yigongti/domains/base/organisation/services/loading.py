"""Loading a place's organisations from ``policies/<place>/organisations.yaml`` (whose head gives its schema).

Loading twice changes nothing. What people have since edited, and where cases have since moved an institution,
stays: each organisation keeps the entry it was loaded from, and only what differs between that and the file
now is applied; a changed parent becomes a new dated membership.
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from yigongti.domains.base.organisation.models import (
    INSTITUTION_KINDS,
    Alliance,
    AllianceMember,
    Kind,
    LoadedEntry,
    Organisation,
    Tier,
)
from yigongti.domains.base.organisation.permissions import EDIT
from yigongti.domains.base.organisation.selectors import holds_on
from yigongti.domains.base.organisation.services import tree
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Forbidden
from yigongti.kernel.audit.api import record

FILE = "organisations.yaml"


class OrganisationFileError(ValueError):
    """The file does not follow its schema; the message names the file and the entry."""


@dataclass
class LoadReport:
    """What loading did, by key. ``missing``: loaded from an earlier file, and no longer in this one."""

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

    ``on`` is the day changes take effect for which the file gives no day (today). Raises Forbidden unless the
    actor may do everything (set-up), OrganisationFileError, OrganisationRefused.
    """
    if not actor.everything:
        raise Forbidden(EDIT)
    on = on or clock.today()
    plan = read_file(Path(settings.POLICIES) / place / FILE)
    report = LoadReport(place)
    with tree.writing(actor, "organisation.load"):
        tree.lock_tree()
        loaded = {(row.kind, row.key): row for row in LoadedEntry.objects.filter(place=place)}
        ids = dict(Organisation.objects.filter(place=place).values_list("key", "pk"))
        for entry in plan["organisations"]:
            key = entry["key"]
            before = loaded.pop(("organisation", key), None)
            if key not in ids:
                ids[key] = _create(place, entry, ids)
                report.created.append(key)
            elif before is None or before.entry != _plain(entry):
                _update(ids[key], before.entry if before else {}, entry, ids, on)
                report.changed.append(key)
            else:
                report.unchanged.append(key)
                continue
            _remember(place, "organisation", entry)
        for entry in plan["organisations"]:  # leaders stand below what they lead, so they exist only now
            if "led_by" in entry and entry["key"] in {*report.created, *report.changed}:
                first = entry["key"] in report.created
                leads = [_known(ids, hospital, entry) for hospital in entry["led_by"]]
                tree.set_leads(ids[entry["key"]], leads, on=tree.BEFORE_RECORDS if first else on)
        for entry in plan["alliances"]:
            key = entry["key"]
            before = loaded.pop(("alliance", key), None)
            if before is not None and before.entry == _plain(entry):
                report.unchanged.append(key)
                continue
            created = _alliance(place, entry, ids, on)
            (report.created if created else report.changed).append(key)
            _remember(place, "alliance", entry)
        report.missing = sorted(key for _kind, key in loaded)
        if not report.nothing_changed:
            record(
                actor=actor,
                act="organisation.load",
                subject=f"place:{place}",
                detail={"created": len(report.created), "changed": report.changed, "missing": report.missing},
            )
    return report


def read_file(path: Path) -> dict[str, Any]:
    """The file's content with ``kind`` and ``institution_kind`` made one and defaults filled in.

    Raises OrganisationFileError.
    """
    try:
        plan = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise OrganisationFileError(f"{path}: there is no such file") from None
    except yaml.YAMLError as error:
        raise OrganisationFileError(f"{path}: not YAML: {error}") from error
    if not isinstance(plan, dict) or not isinstance(plan.get("organisations"), list):
        raise OrganisationFileError(f"{path}: a list named `organisations` is expected")
    seen: set[str] = set()
    entries = []
    for raw in plan["organisations"]:
        entry = dict(raw)
        where = f"{path}: organisation {entry.get('key')!r}"
        for needed in ("key", "name", "kind"):
            if not isinstance(entry.get(needed), str) or not entry[needed]:
                raise OrganisationFileError(f"{where}: `{needed}` is missing")
        if entry["kind"] == "institution":
            entry["kind"] = entry.pop("institution_kind", None)
            if entry["kind"] not in INSTITUTION_KINDS:
                raise OrganisationFileError(f"{where}: unknown institution_kind {entry['kind']!r}")
        elif entry["kind"] not in Kind:
            raise OrganisationFileError(f"{where}: unknown kind {entry['kind']!r}")
        if entry.get("tier") and entry["tier"] not in Tier:
            raise OrganisationFileError(f"{where}: unknown tier {entry['tier']!r}")
        if entry["key"] in seen:
            raise OrganisationFileError(f"{where}: the key is used twice")
        if entry.get("parent") is not None and entry["parent"] not in seen:
            raise OrganisationFileError(f"{where}: parent {entry['parent']!r} must come before it")
        seen.add(entry["key"])
        entry.setdefault("document", plan.get("document", ""))
        entries.append(entry)
    alliances = []
    for raw in plan.get("alliances") or []:
        entry = {"document": plan.get("document", ""), **raw}
        for key in (*entry.get("members", ()), *filter(None, (entry.get("lead"), entry.get("covers")))):
            if key not in seen:
                raise OrganisationFileError(f"{path}: alliance {entry.get('key')!r}: unknown organisation {key!r}")
        alliances.append(entry)
    return {"organisations": entries, "alliances": alliances}


def _particulars(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry as fields of an organisation."""
    return {
        "name": entry["name"],
        "short_name": entry.get("short_name", ""),
        "kind": entry["kind"],
        "legal_person": bool(entry.get("legal_person", False)),
        "uscc": entry.get("uscc", ""),
        "division_code": entry.get("division", ""),
        "towns": list(entry.get("towns", ())),
        "document": entry["document"],
        "clause": entry.get("clause", ""),
    }


def _create(place: str, entry: dict[str, Any], ids: dict[str, int]) -> int:
    organisation = tree.create(
        place=place,
        key=entry["key"],
        since=tree.BEFORE_RECORDS,
        tier=entry.get("tier", ""),
        tier_evidence=entry.get("tier_evidence", ""),
        aliases=entry.get("aliases", ()),
        **_particulars(entry),
    )
    if entry.get("parent"):
        parent_id = _known(ids, entry["parent"], entry)
        joins_on = _day(entry.get("member_from"))
        if joins_on:  # until it joins, it stands directly under its county or city
            tree.put_under(organisation.pk, _region(parent_id), on=tree.BEFORE_RECORDS)
        tree.put_under(organisation.pk, parent_id, on=joins_on or tree.BEFORE_RECORDS, reason=entry.get("clause", ""))
    return organisation.pk


def _update(organisation_id: int, before: dict[str, Any], entry: dict[str, Any], ids: dict[str, int], on: date) -> None:
    """Apply what differs between the entry as it was last loaded and as it is now."""
    now = _plain(entry)
    was = _particulars(before) if before else {}
    changes = {name: value for name, value in _particulars(entry).items() if was.get(name) != value}
    if before.get("aliases") != now.get("aliases"):
        changes["aliases"] = entry.get("aliases", ())
    if before.get("tier") != now.get("tier"):
        changes |= {"tier": entry.get("tier", ""), "tier_evidence": entry.get("tier_evidence", "")}
    tree.change(organisation_id, on=on, **changes)
    placed = ("parent", "member_from")
    if entry.get("parent") and [before.get(k) for k in placed] != [now.get(k) for k in placed]:
        parent_id = _known(ids, entry["parent"], entry)
        joined_on, joins_on = _day(before.get("member_from")), _day(entry.get("member_from"))
        if before.get("parent") == entry["parent"] and joined_on and joins_on and joins_on > joined_on:
            tree.put_under(organisation_id, _region(parent_id), on=joined_on)
        tree.put_under(organisation_id, parent_id, on=joins_on or on, reason=entry.get("clause", ""))


def _alliance(place: str, entry: dict[str, Any], ids: dict[str, int], on: date) -> bool:
    alliance, created = Alliance.objects.update_or_create(
        place=place,
        key=entry["key"],
        defaults={
            "name": entry["name"],
            "kind": entry["kind"],
            "covers_id": ids[entry["covers"]] if entry.get("covers") else None,
            "document": entry["document"],
            "clause": entry.get("clause", ""),
        },
    )
    starts_on = _day(entry.get("member_from")) or (tree.BEFORE_RECORDS if created else on)
    wanted = {ids[key]: key == entry.get("lead") for key in entry.get("members", ())}
    for row in AllianceMember.objects.filter(holds_on(on), alliance=alliance):
        if wanted.get(row.organisation_id) == row.lead:
            wanted.pop(row.organisation_id)
        elif row.starts_on == on:
            row.delete()
        else:
            row.ends_on = on
            row.save(update_fields=["ends_on"])
    for organisation_id, lead in wanted.items():
        AllianceMember.objects.create(
            alliance=alliance, organisation_id=organisation_id, lead=lead, starts_on=starts_on
        )
    return created


def _region(organisation_id: int) -> int:
    """The county or city an organisation of the tree stands in: the first region up its latest parents."""
    row = Organisation.objects.get(pk=organisation_id)
    while row.kind not in (Kind.COUNTY, Kind.CITY):
        row = row.memberships.select_related("parent").latest("starts_on").parent
    return row.pk


def _known(ids: dict[str, int], key: str, entry: dict[str, Any]) -> int:
    if key not in ids:
        raise OrganisationFileError(f"organisation {entry['key']!r}: unknown organisation {key!r}")
    return ids[key]


def _remember(place: str, kind: str, entry: dict[str, Any]) -> None:
    LoadedEntry.objects.update_or_create(place=place, kind=kind, key=entry["key"], defaults={"entry": _plain(entry)})


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry as JSON would give it back."""
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in entry.items()}


def _day(value: Any) -> date | None:
    return value if isinstance(value, date) or value is None else date.fromisoformat(value)
