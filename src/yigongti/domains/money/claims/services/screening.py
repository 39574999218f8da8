"""Running the screens over a period, and storing what they find: each thing once, with every state of its facts."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from hashlib import blake2b
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.claims.lake import LINES, view
from yigongti.domains.money.claims.models import Finding, FindingVersion, Screening
from yigongti.domains.money.claims.permissions import REVIEW, SCREEN
from yigongti.domains.money.claims.screens import Hit, Run, Screen, screens
from yigongti.domains.money.claims.screens.rules import LOOK_BACK
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Forbidden, ScopedQuerySet
from yigongti.kernel.audit.api import record
from yigongti.kernel.lake.api import engine, snapshot
from yigongti.kernel.notices.api import in_the_places_language, notify
from yigongti.kernel.workflow.api import open_case

HOLDING = "consortium"
LONGEST_KEY = 300


def screen(since: date, until: date, *, actor: Actor, only: Collection[str] = ()) -> Screening:
    """Run the screens over the claims settled from ``since`` to ``until`` (both included) and store what they find.

    The same finding is never stored twice; one whose facts changed says so; one that is no longer found says so too.
    Safe to kill and to run again. Raises Forbidden, ValueError for a period that ends before it begins, KeyError for an
    unknown screen, PolicyGap.
    """
    require_payer(actor)
    if until < since:
        raise ValueError("the period ends before it begins")
    chosen = [screens()[name] for name in only] if only else list(screens().values())
    row = Screening.objects.create(
        place=settings.PLACE, since=since, until=until, started_at=clock.now(), started_by_id=actor.id,
        started_by_name=actor.name,
    )  # fmt: skip
    record(
        actor=actor,
        act="claims.screened",
        subject=f"screening:{row.pk}",
        detail={"since": since.isoformat(), "until": until.isoformat()},
    )
    try:
        with _alone():
            counts = _run(chosen, since, until, actor)
    except Exception as error:
        row.error = type(error).__name__[:300]
        row.finished_at = clock.now()
        row.save(update_fields=["error", "finished_at"])
        raise
    row.counts = counts
    row.finished_at = clock.now()
    row.save(update_fields=["counts", "finished_at"])
    return row


def payers() -> list[int]:
    """The place's insurance bodies."""
    return [one.id for one in organisation.organisations(settings.PLACE) if one.kind == "insurance_body"]


def may_screen(actor: Actor) -> bool:
    """Whether the actor screens for a payer: an institution's own insurance officer does not."""
    return actor.everything or any(actor.may(SCREEN, payer) for payer in payers())


def require_payer(actor: Actor) -> None:
    """Raises Forbidden for whoever does not screen for a payer."""
    if not may_screen(actor):
        raise Forbidden(SCREEN)


@contextmanager
def _alone() -> Iterator[None]:
    """One run at a time: a second one waits, and then finds what the first has stored."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('claims.screening', 0))")
        try:
            yield
        finally:
            if not connection.needs_rollback:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended('claims.screening', 0))")


def _run(chosen: list[Screen], since: date, until: date, actor: Actor) -> dict[str, Any]:
    counts: dict[str, Any] = {}
    with _opened(since, until) as run:
        for one in chosen:
            counts[one.name] = _store(one, list(one.run(run)), run, actor)
    _tell(counts, since, until)
    return counts


@contextmanager
def _opened(since: date, until: date) -> Iterator[Run]:
    """An engine with what the screens ask: see screens/rules.py."""
    first = since - LOOK_BACK if since - date.min > LOOK_BACK else date.min
    start, end = clock.month_of(first), clock.next_month(clock.month_of(until))
    with engine() as backend:
        connection = backend.con
        view(backend, "claims", snapshot("claims", start, end))
        view(backend, "every_claim", snapshot("claims"))
        view(backend, "every_line", snapshot(LINES, start, end))
        connection.register("holders", _holders())
        connection.register("deaths", _deaths())
        connection.execute(_STANDING, [settings.PLACE, first, until])
        connection.execute(_LINES, [settings.PLACE])
        try:
            yield Run(backend, since, until)
        finally:
            connection.execute("DROP TABLE lines")
            connection.execute("DROP TABLE standing")
            connection.unregister("holders")
            connection.unregister("deaths")


# What reversals took back is taken off; what was wholly taken back, the fund's part too, is left out.
_STANDING = """
    CREATE OR REPLACE TEMP TABLE standing AS
    SELECT c.* REPLACE (
        c.total_fen + coalesce(b.total_fen, 0) AS total_fen, c.fund_fen + coalesce(b.fund_fen, 0) AS fund_fen,
        c.self_paid_fen + coalesce(b.self_paid_fen, 0) AS self_paid_fen
    )
    FROM claims c LEFT JOIN (
        SELECT source_id, reverses, sum(total_fen)::BIGINT AS total_fen, sum(fund_fen)::BIGINT AS fund_fen,
               sum(self_paid_fen)::BIGINT AS self_paid_fen
        FROM every_claim WHERE reverses <> '' GROUP BY ALL
    ) b ON b.source_id = c.source_id AND b.reverses = c.record_no
    WHERE c.place = ? AND c.reverses = '' AND c.happened_on BETWEEN ? AND ?
      AND (b.reverses IS NULL OR (greatest(c.total_fen + b.total_fen, c.fund_fen + b.fund_fen) > 0
                                 AND c.fund_fen + b.fund_fen >= 0))
"""
_LINES = """
    CREATE OR REPLACE TEMP TABLE lines AS
    SELECT l.* FROM every_line l SEMI JOIN standing c ON c.source_id = l.source_id AND c.record_no = l.claim_no
    WHERE l.place = ?
"""


def _holders() -> pa.Table:
    """Institution → the consortium above it, today."""
    rows = []
    for one in organisation.organisations(settings.PLACE):
        above = [up.id for up in organisation.path(one.id) if up.kind == HOLDING] if one.is_institution else []
        if above:
            rows.append({"institution_id": one.id, "holder_id": above[-1]})
    return pa.Table.from_pylist(rows, schema=pa.schema([("institution_id", pa.int64()), ("holder_id", pa.int64())]))


def _deaths() -> pa.Table:
    rows = [{"person_id": person, "died_on": on} for person, on in health_record.deaths().items()]
    return pa.Table.from_pylist(rows, schema=pa.schema([("person_id", pa.int64()), ("died_on", pa.date32())]))


def key_of(hit: Hit) -> str:
    """What names a finding; of many claims, a digest."""
    if len(hit.key) <= LONGEST_KEY:
        return hit.key
    return f"{hit.key[:200]}|{blake2b(hit.key.encode(), digest_size=16).hexdigest()}"


def digest_of(hit: Hit) -> str:
    """What a hit says, apart from which version of a claim says it."""
    said = [[one.source_id, one.record_no] for one in hit.claims], hit.amount_fen, hit.risk, hit.facts
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _store(one: Screen, hits: list[Hit], run: Run, actor: Actor) -> dict[str, int]:
    """New, changed, unchanged and gone findings of one screen."""
    counts = {"found": len(hits), "new": 0, "changed": 0, "gone": 0}
    every: ScopedQuerySet = Finding.objects.unscoped("a run looks at all of the place")
    mine = every.filter(place=run.place, screen=one.name)
    known = {row.key: row for row in mine.filter(key__in=[key_of(hit) for hit in hits])}
    now = clock.now()
    for hit in hits:
        row = known.get(key_of(hit))
        if row is None:
            _open(one, hit, run, actor)
            counts["new"] += 1
        elif _seen_again(row, hit, actor):
            counts["changed"] += 1
    gone = mine.filter(
        gone_at=None, found_on__range=(run.since, run.until), settled_last__lte=run.until,
        first_on__gte=run.since - LOOK_BACK,
    ).exclude(key__in=[key_of(hit) for hit in hits])  # fmt: skip
    for row in gone:
        with transaction.atomic():
            every.filter(pk=row.pk).update(gone_at=now)
            _note(row, actor, {"gone": True})
        counts["gone"] += 1
    return counts


def _of(hit: Hit) -> dict[str, Any]:
    """The columns of a finding that are its facts."""
    return {
        "amount_fen": hit.amount_fen,
        "risk": hit.risk,
        "first_on": hit.first_on,
        "last_on": hit.last_on,
        "found_on": hit.found_on,
        "settled_last": hit.settled_last or hit.found_on,
        "claims": [asdict(claim) for claim in hit.claims],
        "facts": json.loads(json.dumps(hit.facts, default=str)),
        "digest": digest_of(hit),
        "institution_id": hit.institution_id,
        "institution_name": hit.institution_name[:120],
        "resident_id": hit.resident_id,
    }


def _open(one: Screen, hit: Hit, run: Run, actor: Actor) -> None:
    case = Finding(
        place=run.place, screen=one.name, key=key_of(hit), payer_id=hit.source_id, seen_at=clock.now(), **_of(hit)
    )
    with transaction.atomic():
        open_case(case, actor=actor, effect=lambda: _keep(case, 1))


def _keep(case: Finding, number: int) -> None:
    FindingVersion.objects.create(
        finding=case, number=number, seen_at=case.seen_at, digest=case.digest, amount_fen=case.amount_fen,
        risk=case.risk, claims=case.claims, facts=case.facts,
    )  # fmt: skip


@transaction.atomic
def _seen_again(row: Finding, hit: Hit, actor: Actor) -> bool:
    """Whether the facts are other than they were. They then stand in the finding, the old ones in its versions."""
    rows: ScopedQuerySet = Finding.objects.unscoped("a run looks at all of the place")
    case = rows.select_for_update().get(pk=row.pk)
    said = _of(hit)
    changed = said["digest"] != case.digest
    values = {**said, "seen_at": clock.now(), "gone_at": None}
    if changed and case.state != "open":
        values["changed_at"] = clock.now()
    rows.filter(pk=case.pk).update(**values)
    if changed:
        for name, value in values.items():
            setattr(case, name, value)
        _keep(case, case.versions.count() + 1)
        _note(case, actor, {"amount_fen": case.amount_fen})
    return changed


def _note(case: Finding, actor: Actor, detail: dict[str, Any]) -> None:
    """A change of facts is in the trail, and who has the finding in hand is told."""
    record(
        actor=actor,
        act="claims.evidence",
        subject=f"finding:{case.pk}",
        resident_id=case.resident_id,
        organisation_id=case.payer_id,
        detail=detail,
    )
    if case.state != "open":
        with in_the_places_language():
            notify(
                f"claims.changed:{case.pk}.{clock.now():%Y%m%d%H%M%S}",
                title=_("基金监管线索的事实有变化：%(what)s") % {"what": case.title},
                address=case.get_absolute_url(),
                desk=(REVIEW, case.payer_id),
            )


def _tell(counts: dict[str, Any], since: date, until: date) -> None:
    """One notice per payer and run: the new findings are in the list, not one by one in the inbox."""
    new = sum(one["new"] for one in counts.values())
    if not new:
        return
    with in_the_places_language():
        for payer in payers():
            notify(
                f"claims.screened:{payer}.{clock.now():%Y%m%d%H%M%S}",
                title=_("筛查 %(since)s 至 %(until)s 的结算，新发现 %(n)d 条线索")
                % {"since": since, "until": until, "n": new},
                address="/claims/findings/",
                desk=(REVIEW, payer),
            )
