"""Facts as pages and other domains see them: frozen, with names instead of ids where people read them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import TextChoices

from yigongti.domains.base.health_record.models import FactKind, InsuranceKind, Setting, Tier
from yigongti.domains.base.organisation import api as organisation
from yigongti.kernel import clock


@dataclass(frozen=True)
class FactView:
    """One fact. Money in fen; ``result`` is the value as reported, with its unit; names are those of today."""

    id: int
    kind: str
    kind_label: str
    resident_id: int
    resident_name: str  # masked; "" where the reader sees the whole record anyway
    happened_on: date
    happened_at: datetime
    ended_at: datetime | None
    institution_id: int | None
    institution: str
    source_id: int
    source: str
    inside_county: bool
    tier: str
    tier_label: str
    setting: str
    setting_label: str
    department: str
    practitioner: str
    encounter_no: str
    code_system: str
    code: str
    display: str
    value: Decimal | None
    result: str
    unit: str
    total_fen: int | None
    fund_fen: int | None
    self_paid_fen: int | None
    insurance_kind: str
    insurance_label: str
    tcm: bool
    record_no: str
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def timed(self) -> bool:
        """Whether the source gave a time of day."""
        at = self.happened_at.astimezone(clock.ZONE)
        return bool(at.hour or at.minute)


COLUMNS = (
    "id", "kind", "resident_id", "happened_on", "happened_at", "ended_at", "source_id", "institution_id",
    "institution_name", "inside_county", "tier", "setting", "department", "practitioner", "encounter_no", "code_system",
    "code", "display", "value", "value_text", "unit", "total_fen", "fund_fen", "self_paid_fen", "insurance_kind", "tcm",
    "detail", "record_no",
)  # fmt: skip
"""What of a fact is shown."""

Row = Any
"""A ``Fact``, or the named tuple of its ``COLUMNS``: a hundred rows cost half as much without their models."""


def views(
    rows: Iterable[Row], names: Mapping[int, str] | None = None, *, places: dict[int, str] | None = None
) -> list[FactView]:
    """Facts in the order given; ``names``: what the residents are called, by id; ``places``: what the institutions
    are called, where somebody has asked already."""
    rows = list(rows)
    if places is None:
        places = organisation.names(
            {row.institution_id for row in rows if row.institution_id} | {row.source_id for row in rows}
        )
    words = _Words()
    return [_view(row, places, (names or {}).get(row.resident_id, ""), words) for row in rows]


class _Words:
    """Labels in the language of the page, looked up once for all facts of a list."""

    def __init__(self) -> None:
        self.kinds = _labels(FactKind)
        self.tiers = _labels(Tier)
        self.settings = _labels(Setting)
        self.insurances = _labels(InsuranceKind)


def _labels(choices: type[TextChoices]) -> dict[str, str]:
    return {"": "", **{str(choice.value): str(choice.label) for choice in choices}}


def _view(row: Row, places: dict[int, str], resident_name: str, words: _Words) -> FactView:
    value = row.value.normalize() if row.value is not None else None
    return FactView(
        id=row.id,
        kind=row.kind,
        kind_label=words.kinds[row.kind],
        resident_id=row.resident_id,
        resident_name=resident_name,
        happened_on=row.happened_on,
        happened_at=row.happened_at,
        ended_at=row.ended_at,
        institution_id=row.institution_id,
        institution=places.get(row.institution_id or 0, row.institution_name),
        source_id=row.source_id,
        source=places.get(row.source_id, ""),
        inside_county=row.inside_county,
        tier=row.tier,
        tier_label=words.tiers[row.tier],
        setting=row.setting,
        setting_label=words.settings[row.setting],
        department=row.department,
        practitioner=row.practitioner,
        encounter_no=row.encounter_no,
        code_system=row.code_system,
        code=row.code,
        display=row.display,
        value=value,
        result=row.value_text or (f"{value:f}" if value is not None else ""),
        unit=row.unit,
        total_fen=row.total_fen,
        fund_fen=row.fund_fen,
        self_paid_fen=row.self_paid_fen,
        insurance_kind=row.insurance_kind,
        insurance_label=words.insurances[row.insurance_kind],
        tcm=bool(row.tcm),
        record_no=row.record_no,
        detail=row.detail or {},
    )
