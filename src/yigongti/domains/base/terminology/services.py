"""Writing terminology: describing a code system, importing an edition of it, loading what is shipped.

An import is all or nothing. The same file again changes nothing. A different file for a version that is already there
makes that version what the file says: concepts are added, changed, or withdrawn (kept, since records point at them).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from yigongti.domains.base.terminology.checks import Checker, Entry, Problem
from yigongti.domains.base.terminology.formulas import fold, grams_of, initials_of
from yigongti.domains.base.terminology.models import CodeSystem, Concept, Edition
from yigongti.domains.base.terminology.permissions import IMPORT
from yigongti.domains.base.terminology.tables import read_rows
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record

MANY = 5_000


@dataclass(frozen=True)
class Imported:
    """What an import did, in concepts. ``dates_changed``: the edition now holds on other days than before."""

    system: str
    version: str
    added: int
    changed: int
    withdrawn: int
    unchanged: int
    dates_changed: bool = False

    @property
    def changed_anything(self) -> bool:
        return bool(self.added or self.changed or self.withdrawn or self.dates_changed)


class ImportRefused(Exception):
    """Nothing was imported. ``problems`` are the first faults found, ``total`` how many there are."""

    def __init__(self, problems: list[Problem], total: int | None = None) -> None:
        self.problems = problems
        self.total = total or len(problems)
        super().__init__("; ".join((f"{p.row}: " if p.row else "") + p.reason for p in problems[:5]))


@transaction.atomic
def describe_system(key: str, *, kind: str, name: str, actor: Actor, **described: str) -> CodeSystem:
    """Make a code system known, or correct what is said about it (name_en, publisher, oid, uri). Raises Forbidden."""
    actor.require(IMPORT)
    wanted = {"kind": CodeSystem.Kind(kind), "name": name, **described}
    system, new = CodeSystem.objects.get_or_create(key=key, defaults=wanted)
    changed = {field: value for field, value in wanted.items() if getattr(system, field) != value}
    for field, value in changed.items():
        setattr(system, field, value)
    if changed:
        system.save(update_fields=[*changed])
    if new or changed:
        record(actor=actor, act="terminology.describe", subject=f"code_system:{key}", detail=wanted)
    return system


def import_edition(
    path: Path,
    *,
    system: str,
    version: str,
    starts_on: date | None,
    ends_on: date | None = None,
    actor: Actor,
    complete: bool = True,
    source: str = "",
    evidence: str = "",
) -> Imported:
    """Read a CSV or XLSX of codes as one edition of a code system, holding from ``starts_on`` to before ``ends_on``.

    A complete edition that was open-ended ends where this one starts; one that starts later ends this one.
    Raises Forbidden; FileRefused for a file that is no table of codes; ImportRefused, with reasons, when anything in
    it is wrong, when the system is unknown, or when another complete edition holds on the same days.
    """
    actor.require(IMPORT)
    try:
        with transaction.atomic():
            return _import(path, system, version, starts_on, ends_on, actor, complete, source or path.name, evidence)
    except ImportRefused as refused:
        record(
            actor=actor,
            act="terminology.import",
            subject=f"code_system:{system}",
            detail={"version": version, "file": path.name, "problems": refused.total},
            outcome="refused",
        )
        raise


def _import(
    path: Path,
    key: str,
    version: str,
    starts_on: date | None,
    ends_on: date | None,
    actor: Actor,
    complete: bool,
    source: str,
    evidence: str,
) -> Imported:
    system = CodeSystem.objects.select_for_update().filter(key=key).first()
    if system is None:
        known = ", ".join(CodeSystem.objects.values_list("key", flat=True))
        raise ImportRefused([Problem(0, _("没有编码体系 %(key)s；现有：%(known)s。") % {"key": key, "known": known})])
    edition, dates_changed = _edition(system, version, starts_on, ends_on, complete, source, evidence, actor)
    sha256 = _sha256(path)
    if edition.sha256 == sha256 and not dates_changed:
        return Imported(system.key, version, 0, 0, 0, unchanged=edition.concept_count)
    checker = Checker()
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy(_COPY) as copy:
            copy.set_types(["text", "text", "text", "text", "text", "date", "date", "text", "text", "text[]"])
            for entry in checker.fit(read_rows(path)):
                copy.write_row(_staged(entry))
        checker.finish()
        if checker.problems:
            raise ImportRefused(checker.problems, checker.refused)
        counts = _settle(cursor, edition)
    done = Imported(system.key, version, **counts, dates_changed=dates_changed)
    if edition.sha256 != sha256:
        edition.sha256 = sha256
        edition.save(update_fields=["sha256"])
    if done.changed_anything:
        edition.concept_count = edition.concepts.filter(status=Concept.Status.ACTIVE).count()
        edition.source, edition.evidence = source, evidence
        edition.imported_at, edition.imported_by = clock.now(), actor.name
        edition.save()
        record(
            actor=actor,
            act="terminology.import",
            subject=f"code_system:{key}",
            detail={"file": path.name, **asdict(done)},
        )
    return done


def _edition(
    system: CodeSystem,
    version: str,
    starts_on: date | None,
    ends_on: date | None,
    complete: bool,
    source: str,
    evidence: str,
    actor: Actor,
) -> tuple[Edition, bool]:
    """The edition to import into, its days settled with its neighbours', and whether any days changed."""
    if starts_on and ends_on and ends_on <= starts_on:
        raise ImportRefused([Problem(0, _("停用日期不晚于启用日期。"))])
    closed: Edition | None = None
    if complete:
        closed, ends_on = _make_room(system, version, starts_on, ends_on)
    if closed is not None:
        closed.ends_on = starts_on
        closed.save(update_fields=["ends_on"])
    edition = Edition.objects.filter(system=system, version=version).first()
    if edition is None:
        edition = Edition.objects.create(
            system=system,
            version=version,
            complete=complete,
            starts_on=starts_on,
            ends_on=ends_on,
            source=source,
            evidence=evidence,
            imported_at=clock.now(),
            imported_by=actor.name,
        )
        return edition, True
    before = (edition.starts_on, edition.ends_on, edition.complete)
    if before != (starts_on, ends_on, complete):
        edition.starts_on, edition.ends_on, edition.complete = starts_on, ends_on, complete
        edition.save(update_fields=["starts_on", "ends_on", "complete"])
    return edition, before != (starts_on, ends_on, complete) or closed is not None


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _make_room(
    system: CodeSystem, version: str, starts_on: date | None, ends_on: date | None
) -> tuple[Edition | None, date | None]:
    """The edition that ends where a new one starts, if any, and the day the new one ends.

    An edition without an end of its own (open, or running on until the next) is cut; any other overlap is refused.
    """
    others = list(
        Edition.objects.filter(system=system, complete=True)
        .exclude(version=version)
        .order_by(F("starts_on").asc(nulls_first=True))
    )
    starts = {other.starts_on for other in others}
    first_day = starts_on or date.min
    cut: Edition | None = None
    for other in others:
        overlaps = other.ends_on is None or other.ends_on > first_day
        if other.starts_on == starts_on:
            raise ImportRefused([Problem(0, _("版本 %(other)s 在同一天启用。") % {"other": other.version})])
        if other.starts_on is not None and other.starts_on > first_day:
            overlaps, ends_on = ends_on is not None and ends_on > other.starts_on, ends_on or other.starts_on
        elif overlaps and (other.ends_on is None or other.ends_on in starts):
            cut, overlaps = other, False
        if overlaps:
            raise ImportRefused([Problem(0, _("版本 %(other)s 在这段时间内有效。") % {"other": other.version})])
    return cut, ends_on


def _staged(entry: Entry) -> tuple[Any, ...]:
    folded, initials = fold(f"{entry.display} {entry.display_en}"), initials_of(entry.display)
    return (
        entry.code,
        entry.display,
        entry.display_en,
        entry.parent,
        entry.unit,
        entry.starts_on,
        entry.ends_on,
        folded,
        f" {' '.join(initials)} " if initials else "",
        grams_of(folded, initials),
    )


_COLUMNS = "code, display, display_en, parent_code, unit, starts_on, ends_on, folded, initials, grams"
_STAGE = """
    CREATE TEMPORARY TABLE terminology_stage (
        code text, display text, display_en text, parent_code text, unit text, starts_on date, ends_on date,
        folded text, initials text, grams text[]
    ) ON COMMIT DROP
"""
_COPY = f"COPY terminology_stage ({_COLUMNS}) FROM STDIN"
_CHANGE = """
    UPDATE terminology_concept c
    SET display = s.display, display_en = s.display_en, parent_code = s.parent_code, unit = s.unit,
        starts_on = s.starts_on, ends_on = s.ends_on, status = 'active',
        folded = s.folded, initials = s.initials, grams = s.grams
    FROM terminology_stage s
    WHERE c.edition_id = %s AND c.code = s.code
      AND (c.display, c.display_en, c.parent_code, c.unit, c.starts_on, c.ends_on, c.status)
          IS DISTINCT FROM (s.display, s.display_en, s.parent_code, s.unit, s.starts_on, s.ends_on, 'active')
"""
_WITHDRAW = """
    UPDATE terminology_concept c SET status = 'withdrawn'
    WHERE c.edition_id = %s AND c.status = 'active'
      AND NOT EXISTS (SELECT FROM terminology_stage s WHERE s.code = c.code)
"""
_ADD = f"""
    INSERT INTO terminology_concept (edition_id, status, {_COLUMNS})
    SELECT %s, 'active', {_COLUMNS} FROM terminology_stage s
    WHERE NOT EXISTS (SELECT FROM terminology_concept c WHERE c.edition_id = %s AND c.code = s.code)
"""  # noqa: S608 - made of constants


def _settle(cursor: Any, edition: Edition) -> dict[str, int]:
    """Bring the edition's concepts to what was staged."""
    cursor.execute("ANALYZE terminology_stage")
    counts = {}
    for name, statement, values in (
        ("changed", _CHANGE, [edition.pk]),
        ("withdrawn", _WITHDRAW, [edition.pk]),
        ("added", _ADD, [edition.pk, edition.pk]),
    ):
        cursor.execute(statement, values)
        counts[name] = cursor.rowcount
    cursor.execute("SELECT count(*) FROM terminology_stage")
    counts["unchanged"] = cursor.fetchone()[0] - counts["changed"] - counts["added"]
    cursor.execute("DROP TABLE terminology_stage")
    if sum(counts.values()) - counts["unchanged"] >= MANY:
        cursor.execute("ANALYZE terminology_concept")
    return counts


def shipped_folder() -> Path:
    """Where the code systems of the project itself lie."""
    return Path(settings.ROOT) / "terminologies"


def shipped() -> Iterator[dict[str, Any]]:
    """The code systems of the project itself, as described in ``terminologies/systems.yaml``."""
    with (shipped_folder() / "systems.yaml").open(encoding="utf-8") as stream:
        yield from yaml.safe_load(stream)


def load_shipped(actor: Actor) -> list[Imported]:
    """Bring in the code systems the project ships; what is there already stays. Raises Forbidden.

    A shipped edition that the place has since replaced (a complete one of the same days) is left as it is.
    """
    done = []
    for about in shipped():
        describe_system(
            about["key"],
            kind=about["kind"],
            name=about["name"],
            name_en=about["name_en"],
            publisher=about["publisher"],
            oid=about.get("oid", ""),
            uri=about.get("uri", ""),
            actor=actor,
        )
        complete = about.get("complete", True)
        own = {"system__key": about["key"]}
        if complete and Edition.objects.filter(**own, complete=True).exclude(version=about["version"]).exists():
            continue
        done.append(
            import_edition(
                shipped_folder() / f"{about['key']}.csv",
                system=about["key"],
                version=about["version"],
                starts_on=None,
                complete=complete,
                source=about["source"],
                evidence=about["evidence"],
                actor=actor,
            )
        )
    return done
