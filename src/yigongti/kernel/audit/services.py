"""Writing the trail and checking it."""

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from yigongti.kernel import clock
from yigongti.kernel.audit import anchors, chain
from yigongti.kernel.audit.models import Head, Line
from yigongti.kernel.privacy.keys import key

EMPTY = bytes(32)


class Acting(Protocol):
    """What the trail needs to know of an actor."""

    @property
    def id(self) -> int | None: ...
    @property
    def name(self) -> str: ...
    @property
    def home_organisation_id(self) -> int | None: ...
    @property
    def residents(self) -> Collection[int]: ...


def record(
    *,
    actor: Acting,
    act: str,
    subject: str,
    resident_id: int | None = None,
    resident_ids: Iterable[int] = (),
    organisation_id: int | None = None,
    detail: dict[str, Any] | None = None,
    outcome: str = Line.Outcome.DONE,
) -> None:
    """Add a line inside the caller's transaction: it stands exactly if the act stands.

    ``act`` is ``domain.verb``, ``subject`` is ``kind:id``; ``resident_ids`` are those whom a list showed. ``detail``
    is JSON without identity numbers, phones or passwords. A refusal is recorded after the refused act has been rolled
    back.
    """
    shard = chain.shard_of(actor.id, resident_id or min(actor.residents, default=None))
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        number, last = _lock(cursor, shard)
        line = Line(
            shard=shard,
            number=number + 1,
            at=clock.now(),
            actor_id=actor.id,
            actor_name=actor.name,
            organisation_id=organisation_id if organisation_id is not None else actor.home_organisation_id,
            act=act,
            subject=subject,
            resident_id=resident_id,
            resident_ids=sorted(set(resident_ids)),
            outcome=str(outcome),
            detail=detail or {},
        )
        line.seal = chain.seal(key("audit"), last, shard, line.number, line.at, line.content())
        moved = _head(shard, line.number, line.seal)
        values = {field.attname: getattr(line, field.attname) for field in Line._meta.concrete_fields}
        cursor.execute(_ADD, values | {"detail": json.dumps(line.detail), "head_seal": moved.seal})


def _lock(cursor: CursorWrapper, shard: int) -> tuple[int, bytes]:
    """The end of a chain, locked until the transaction ends: its last number and seal."""
    cursor.execute(_LOCK, [shard])
    found = cursor.fetchone()
    if found is None:  # the first line of all: every chain begins, so that none can vanish whole
        Head.objects.bulk_create([_head(s, 0, EMPTY) for s in range(chain.SHARDS)], ignore_conflicts=True)
        cursor.execute(_LOCK, [shard])
        found = cursor.fetchone()
    return found[0], bytes(found[1])


# By hand: two statements where the models would send five, on every page that shows a resident.
_LOCK = "SELECT number, last FROM audit_head WHERE shard = %s FOR UPDATE"
_ADD = """
    WITH line AS (
        INSERT INTO audit_line (
            shard, number, at, actor_id, actor_name, organisation_id, act, subject, resident_id, resident_ids, outcome,
            detail, seal
        ) VALUES (
            %(shard)s, %(number)s, %(at)s, %(actor_id)s, %(actor_name)s, %(organisation_id)s, %(act)s, %(subject)s,
            %(resident_id)s, %(resident_ids)s::bigint[], %(outcome)s, %(detail)s, %(seal)s
        )
    )
    UPDATE audit_head SET number = %(number)s, last = %(seal)s, seal = %(head_seal)s WHERE shard = %(shard)s
"""


def _head(shard: int, number: int, last: bytes) -> Head:
    return Head(shard=shard, number=number, last=last, seal=chain.seal_of_head(key("audit"), shard, number, last))


@dataclass(frozen=True)
class Fault:
    """A place where the trail is not as it was written."""

    shard: int
    number: int
    kind: str  # "altered", "missing", "head", "rolled_back", "anchor"


@dataclass(frozen=True)
class Verification:
    """How many lines were walked, what is wrong, and when the anchor was taken that they were compared with."""

    lines: int
    faults: tuple[Fault, ...]
    anchored_at: datetime | None

    @property
    def sound(self) -> bool:
        return not self.faults


def verify() -> Verification:
    """Walk every chain, and anchor where it ends if all is well.

    Reports edited, removed, reordered and cut-off lines, and an end before the newest anchor (the database was put
    back to an older state). Reads in constant memory.
    """
    faults: list[Fault] = []
    anchor = None
    try:
        anchor = anchors.newest()
    except anchors.AnchorAltered:
        faults.append(Fault(0, 0, "anchor"))
    with _one_moment():
        count, ends = _walk(faults, anchor.ends if anchor else {})
        _compare_heads(ends, faults)
    if not faults:
        anchors.add(ends)
    return Verification(count, tuple(faults), anchor.at if anchor else None)


def _walk(faults: list[Fault], anchored: anchors.Ends) -> tuple[int, dict[int, tuple[int, bytes]]]:
    """Check every line; gives how many there are and where each chain ends."""
    secret = key("audit")
    missed = dict(anchored)
    ends: dict[int, tuple[int, bytes]] = {}
    count = 0
    for line in _in_order():
        count += 1
        number, previous = ends.get(line.shard, (0, EMPTY))
        if line.number != number + 1:
            faults.append(Fault(line.shard, number + 1, "missing"))
        elif chain.seal(secret, previous, line.shard, line.number, line.at, line.content()) != bytes(line.seal):
            faults.append(Fault(line.shard, line.number, "altered"))
        ends[line.shard] = (line.number, bytes(line.seal))
        if missed.get(line.shard) == ends[line.shard]:
            del missed[line.shard]
    faults += [Fault(shard, number, "rolled_back") for shard, (number, _) in sorted(missed.items())]
    return count, ends


def _compare_heads(ends: dict[int, tuple[int, bytes]], faults: list[Fault]) -> None:
    heads = {head.shard: head for head in Head.objects.all()}
    for shard in range(chain.SHARDS) if heads or ends else ():
        number, last = ends.get(shard, (0, EMPTY))
        head = heads.get(shard)
        if head is None or (head.number, bytes(head.last)) != (number, last):
            faults.append(Fault(shard, number + 1, "head"))
        elif bytes(head.seal) != chain.seal_of_head(key("audit"), shard, number, last):
            faults.append(Fault(shard, number, "head"))


@dataclass(frozen=True)
class _Operator:
    """Whoever sits at the machine: no account of the platform."""

    id: int | None = None
    name: str = "operator"
    home_organisation_id: int | None = None
    residents: frozenset[int] = frozenset()


def go_on_from_here(reason: str) -> None:
    """After a restore from a backup that was meant: put it on the trail, and anchor the chains as they stand now."""
    record(actor=_Operator(), act="audit.restored", subject="trail", detail={"why": reason})
    with _one_moment():
        anchors.add(_walk([], {})[1])


@contextmanager
def _one_moment() -> Iterator[None]:
    """See heads and lines as they stood together, while others go on writing."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _in_order() -> Iterator[Line]:
    yield from Line.objects.order_by("shard", "number").iterator(chunk_size=5_000)
