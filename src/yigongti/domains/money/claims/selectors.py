"""Reading claims: one, its versions, its reversals, many by id; as far as the reader may see; looks into the trail.

A claim is visible where the reader holds ``claims.view`` over the institution that treated, the institution that looks
after the person (whose budget it burdens), or the payer who reported it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.money.claims.claim_view import ClaimView, views
from yigongti.domains.money.claims.models import ChargeLine
from yigongti.domains.money.claims.permissions import VIEW
from yigongti.kernel.access.api import Actor, NotVisible, ScopedQuerySet
from yigongti.kernel.audit.api import record

MOST_AT_ONCE = 1_000


def may_see(claim: ClaimView, actor: Actor) -> bool:
    """Whether a claim lies within the reader's institutions."""
    if actor.everything:
        return True
    scope = actor.organisations(VIEW)
    return bool({claim.institution_id, claim.managing_id, claim.source_id} & scope)


def get(claim_id: int, *, actor: Actor) -> ClaimView:
    """One claim, whatever its version. Raises Forbidden, NotVisible. The look is in the trail."""
    actor.require(VIEW)
    found = claims_read([claim_id])
    if not found or not may_see(found[0], actor):
        raise NotVisible
    note_read(found[0], actor)
    return found[0]


def claims_by_id(
    ids: Iterable[int], *, actor: Actor, days: tuple[date, date] | None = None, note: bool = True
) -> list[ClaimView]:
    """Claims by id, at most 1,000, in the order asked, as far as the reader may see them; one line in the trail says
    whose were seen. ``days``: the first and last day they were settled on, where known. Raises Forbidden, ValueError.
    """
    actor.require(VIEW)
    wanted = list(ids)
    if len(wanted) > MOST_AT_ONCE:
        raise ValueError(f"at most {MOST_AT_ONCE} claims at once")
    found = [one for one in claims_read(wanted, days=days) if may_see(one, actor)]
    if found and note:
        note_listed(found, actor)
    return found


def versions(claim_id: int, *, actor: Actor) -> list[ClaimView]:
    """All versions of the claim this id is one of, the newest first. Raises as ``get``."""
    return versions_of(get(claim_id, actor=actor))


def versions_of(claim: ClaimView) -> list[ClaimView]:
    """All versions of a claim the reader has in hand, the newest first."""
    facts = health_record.claim_versions(claim.source_id, claim.record_no)
    return views(facts, health_record.version_numbers(facts))


def claims_read(ids: Iterable[int], *, days: tuple[date, date] | None = None) -> list[ClaimView]:
    """Claims by id in the order asked, whoever asks: the caller has narrowed them."""
    wanted = list(ids)
    known = health_record.claim_facts(wanted, days=days) if wanted else {}
    facts = [known[pk] for pk in wanted if pk in known]
    return views(facts, health_record.version_numbers(facts)) if facts else []


def numbered(source_id: int, numbers: Iterable[str]) -> dict[str, ClaimView]:
    """The claims of a payer that stand under these numbers, whoever asks."""
    facts = list(health_record.claims_numbered(source_id, numbers).values())
    return {one.record_no: one for one in views(facts, health_record.version_numbers(facts))} if facts else {}


@dataclass(frozen=True)
class Chain:
    """What a claim takes back, and what takes it back. ``lost``: the number it names, which nobody has sent."""

    original: ClaimView | None
    lost: str
    reversals: tuple[ClaimView, ...]

    @property
    def left_fen(self) -> int | None:
        """What is left of the original's fund payment after its reversals; None without an original."""
        if self.original is None:
            return None
        return self.original.fund_fen + sum(one.fund_fen for one in self.reversals)

    @property
    def whole(self) -> bool:
        return self.original is not None or bool(self.reversals) or bool(self.lost)


def chain(claim: ClaimView) -> Chain:
    """The reversals around a claim."""
    origin = numbered(claim.source_id, [claim.reverses]).get(claim.reverses) if claim.reverses else claim
    number = claim.reverses or claim.record_no
    facts = health_record.claims_reversing(claim.source_id, [number])
    back = tuple(views(facts, health_record.version_numbers(facts))) if facts else ()
    if not claim.reverses and not back:
        return Chain(None, "", ())
    return Chain(origin, "" if origin else claim.reverses, back)


def lines_of(claim: ClaimView) -> list[ChargeLine]:
    """The charge lines that stand for a claim, as they were charged."""
    rows: ScopedQuerySet = ChargeLine.objects.unscoped("whoever may see the claim sees its lines")
    found = rows.filter(source_id=claim.source_id, claim_no=claim.record_no, superseded_by=None)
    return list(found.order_by("charged_on", "category", "id"))


def changes(newer: ClaimView, older: ClaimView) -> list[tuple[str, Any, Any]]:
    """What one version says differently from the one before it, as (field, before, after)."""
    plain = ("settled_at", "institution_name", "inside_county", "setting_label", "service_start", "service_end",
             "department", "doctor", "code", "diagnosis", "total_fen", "fund_fen", "self_paid_fen", "insurance_label",
             "resident_id")  # fmt: skip
    found = [
        (name, getattr(older, name), getattr(newer, name))
        for name in plain
        if getattr(older, name) != getattr(newer, name)
    ]
    names = sorted((newer.detail.keys() | older.detail.keys()) - {"started_at", "ended_at"})
    found += [
        (name, older.detail.get(name), newer.detail.get(name))
        for name in names
        if older.detail.get(name) != newer.detail.get(name)
    ]
    return found


def note_read(claim: ClaimView, actor: Actor) -> None:
    """Opening a claim is looking at a person."""
    record(
        actor=actor,
        act="claims.read",
        subject=f"claim:{claim.id}",
        resident_id=claim.resident_id,
        organisation_id=claim.institution_id or claim.source_id,
        detail={"record_no": claim.record_no},
    )


def note_listed(found: Iterable[ClaimView], actor: Actor, *, exported: bool = False) -> None:
    """A page of claims names people: one line says whom."""
    shown = list(found)
    record(
        actor=actor,
        act="claims.list",
        subject="claims",
        resident_ids={one.resident_id for one in shown},
        detail={"rows": len(shown), "exported": exported},
    )
