"""What a member of staff measures and enters here, as facts of the institution; and the newest of what was measured."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from django.db import transaction

from yigongti.domains.base.health_record.models import Fact, FactKey, FactKind
from yigongti.domains.base.health_record.permissions import OBSERVE
from yigongti.domains.base.health_record.services.months import ensure_months
from yigongti.domains.base.health_record.services.writing import reserve_ids
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.audit.api import record

LOOK_BACK = timedelta(days=730)


@dataclass(frozen=True)
class Reading:
    """One thing measured: a LOINC code, what it is called, the number, and its unit."""

    code: str
    label: str
    value: Decimal
    unit: str


@transaction.atomic
def observe(
    resident_id: int, readings: Sequence[Reading], *, institution_id: int, actor: Actor, at: datetime | None = None
) -> list[int]:
    """Store readings taken at an institution as facts of the resident; gives their ids, in order.

    Raises Forbidden, NotVisible for nobody's id, ValueError for a moment still to come.
    """
    actor.require(OBSERVE, institution_id)
    whole = residents.whole(resident_id)
    if whole is None:
        raise NotVisible
    at = at or clock.now()
    if at > clock.now():
        raise ValueError("nothing is measured in the future")
    if not readings:
        return []
    on = at.astimezone(clock.ZONE).date()
    ensure_months([on])
    first = reserve_ids(len(readings))
    tier = organisation.institution_tier(institution_id, on)
    facts = [
        Fact(
            id=first + n,
            kind=FactKind.OBSERVATION,
            resident_id=whole,
            happened_on=on,
            happened_at=at,
            source_id=institution_id,
            institution_id=institution_id,
            inside_county=True,
            tier=tier,
            practitioner=actor.name,
            code_system="loinc",
            code=reading.code,
            display=reading.label,
            value=reading.value,
            unit=reading.unit,
            record_no=f"here-{uuid4().hex}",
            content_hash=uuid4(),
            recorded_at=clock.now(),
        )
        for n, reading in enumerate(readings)
    ]
    Fact.objects.bulk_create(facts)
    FactKey.objects.bulk_create(
        FactKey(
            source_id=institution_id,
            kind=fact.kind,
            record_no=fact.record_no,
            fact_id=fact.id,
            happened_on=on,
            content_hash=fact.content_hash,
        )
        for fact in facts
    )
    record(
        actor=actor,
        act="health_record.observe",
        subject=f"resident:{whole}",
        resident_id=whole,
        organisation_id=institution_id,
        detail={"codes": [fact.code for fact in facts]},
    )
    return [fact.id for fact in facts]


Latest = dict[str, tuple[Decimal, str, date]]


def latest(resident_id: int, codes: Iterable[str], *, until: date | None = None) -> Latest:
    """The newest number of each code within two years, as (value, unit, day). For domains that make a band of it (how
    urgent, how risky): it names no reader, and no page shows it by itself."""
    until = until or clock.today()
    rows = (
        Fact.objects.unscoped("a band is made of it, for whoever looks after the resident")
        .filter(
            resident_id__in=residents.cluster(resident_id),
            kind=FactKind.OBSERVATION,
            code__in=list(codes),
            value__isnull=False,
            superseded_by=None,
            happened_on__range=(until - LOOK_BACK, until),
        )
        .order_by("happened_at", "id")
        .values_list("code", "value", "unit", "happened_on")
    )
    return {code: (value, unit, on) for code, value, unit, on in rows}
