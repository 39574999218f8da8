"""Correcting a fact by hand: a new fact that supersedes it, or its withdrawal; never a change."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import transaction

from yigongti.domains.base.health_record.claims import months_taken_back
from yigongti.domains.base.health_record.lake import mark_changed
from yigongti.domains.base.health_record.models import Correction, Fact, FactKey, FactKind
from yigongti.domains.base.health_record.permissions import CORRECT
from yigongti.domains.base.health_record.services.months import ensure_months
from yigongti.domains.base.health_record.services.writing import reserve_ids
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.audit.api import record

CORRECTABLE = frozenset(
    {
        "happened_at", "ended_at", "setting", "department", "practitioner", "code_system", "code", "display", "value",
        "value_text", "unit", "total_fen", "fund_fen", "self_paid_fen", "insurance_kind", "tcm", "detail",
    }
)  # fmt: skip
"""What a correction may say differently. Whom it is about is the master index's question, not this one's."""


class NothingToCorrect(ValueError):
    """The fact was superseded before, or the correction says nothing new."""


@transaction.atomic
def correct(
    fact_id: int,
    changes: dict[str, str | int | bool | Decimal | datetime | dict[str, Any] | None],
    *,
    actor: Actor,
    reason: str,
) -> Fact:
    """Replace a fact by one that differs in ``changes``; the source repeating itself won't undo it.

    Only who reported a fact corrects it, and says why. Raises NotVisible for a fact outside the actor's institutions,
    Forbidden for one of another source, ValueError without a reason, NothingToCorrect, KeyError for a column
    that can't be corrected, IntegrityError for what a fact of this kind can't be.
    """
    old = _open_fact(fact_id, actor, reason)
    if wrong := set(changes) - CORRECTABLE:
        raise KeyError(", ".join(sorted(wrong)))
    if all(getattr(old, name) == value for name, value in changes.items()):
        raise NothingToCorrect
    values = {field.attname: getattr(old, field.attname) for field in Fact._meta.concrete_fields} | changes
    at: datetime = values["happened_at"]
    values |= {
        "id": reserve_ids(1),
        "happened_on": at.astimezone(clock.ZONE).date(),
        "recorded_at": clock.now(),
        "content_hash": uuid4(),
        "superseded_by": None,
        "batch_id": None,
    }
    ensure_months([values["happened_on"]])
    new = Fact(**values)
    new.save(force_insert=True)
    _supersede(old, new.pk)
    FactKey.objects.filter(source_id=old.source_id, kind=old.kind, record_no=old.record_no).update(
        fact_id=new.pk, happened_on=new.happened_on
    )
    _note(old, new, actor, reason, sorted(changes))
    return new


@transaction.atomic
def withdraw(fact_id: int, *, actor: Actor, reason: str) -> None:
    """Say that a fact never happened: it stays, superseded by itself. Raises as ``correct``."""
    old = _open_fact(fact_id, actor, reason)
    _supersede(old, old.pk)
    _note(old, None, actor, reason, [])


def _open_fact(fact_id: int, actor: Actor, reason: str) -> Fact:
    """The fact, locked, if it stands and the actor may correct what its source reported."""
    actor.require(CORRECT)
    if not reason.strip():
        raise ValueError("a correction says why")
    found: Fact | None = Fact.objects.visible_to(actor, CORRECT).select_for_update().filter(pk=fact_id).first()
    if found is None:
        raise NotVisible
    actor.require(CORRECT, found.source_id)  # what another body reported is for that body to correct
    if found.superseded_by is not None:
        raise NothingToCorrect
    return found


def _supersede(old: Fact, by: int) -> None:
    Fact.objects.unscoped("checked above").filter(pk=old.pk, happened_on=old.happened_on).update(superseded_by=by)


def _note(old: Fact, new: Fact | None, actor: Actor, reason: str, changed: list[str]) -> None:
    Correction.objects.create(
        fact_id=old.pk,
        replaced_by=new.pk if new else None,
        resident_id=old.resident_id,
        reason=reason[:500],
        made_by_id=actor.id,
        made_by_name=actor.name,
        made_at=clock.now(),
    )
    record(
        actor=actor,
        act="health_record.correct" if new else "health_record.withdraw",
        subject=f"fact:{old.pk}",
        resident_id=old.resident_id,
        organisation_id=old.institution_id or old.source_id,
        detail={"reason": reason[:500], "changed": changed, "replaced_by": new.pk if new else None},
    )
    months = {clock.month_of(one.happened_on) for one in (old, new) if one}
    if old.kind == FactKind.CLAIM:
        taken_back = [number for one in (old, new) if one and (number := (one.detail or {}).get("reverses"))]
        months |= months_taken_back(old.source_id, taken_back)
    mark_changed(old.kind, months)
