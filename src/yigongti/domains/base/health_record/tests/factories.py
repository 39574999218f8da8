"""Facts for tests, stored the way intake stores them."""

from datetime import date, datetime, time
from hashlib import blake2b
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from django.db import transaction

from yigongti.domains.base.health_record.models import Fact
from yigongti.domains.base.health_record.services.writing import FACT_SCHEMA, Written, write
from yigongti.kernel.intake.api import ROW

CHINA = ZoneInfo("Asia/Shanghai")
_number = count(1)

OF_KIND: dict[str, dict[str, Any]] = {
    "encounter": {"setting": "outpatient", "encounter_no": "V1", "code": "I10.x00", "display": "高血压病"},
    "claim": {"setting": "outpatient", "total_fen": 10_000, "fund_fen": 6_000, "self_paid_fen": 4_000},
    "observation": {"code": "8480-6", "display": "收缩压", "value": "146", "unit": "mmHg", "code_system": "loinc"},
    "condition": {"code": "I10.x00", "display": "高血压病", "encounter_no": "V1"},
    "procedure": {"code": "47.0100", "display": "阑尾切除术"},
    "medication": {"display": "氨氯地平片"},
    "immunisation": {"display": "流感疫苗"},
    "document": {"display": "出院小结"},
}


def row(kind: str = "encounter", **values: Any) -> dict[str, Any]:
    """One row of FACT_SCHEMA; the hash is of the values given."""
    on: date | datetime = values.pop("at", date(2025, 3, 1))
    at = on if isinstance(on, datetime) else datetime.combine(on, time(8, 30), CHINA)
    made = {
        "kind": kind,
        "resident_id": 1,
        "happened_on": at.date(),
        "happened_at": at,
        "source_id": 1,
        "institution_id": values.get("source_id", 1),
        "inside_county": True,
        "tier": "primary",
        "record_no": f"N{next(_number)}",
        **OF_KIND[kind],
        **values,
    }
    made.setdefault("content_hash", blake2b(repr(sorted(made.items())).encode(), digest_size=16).hexdigest())
    return made


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows as ``write`` takes them, numbered from 2."""
    return pl.DataFrame(
        [{name: r.get(name) for name in FACT_SCHEMA} for r in rows], schema=FACT_SCHEMA, orient="row"
    ).with_row_index(ROW, offset=2)


def stored(*rows: dict[str, Any], kind: str = "encounter", source_id: int = 1) -> Written:
    """Write rows of one kind and source in one transaction."""
    with transaction.atomic():
        return write(frame(list(rows)), kind=kind, source_id=source_id, batch_id=None)


def fact(kind: str = "encounter", **values: Any) -> Fact:
    """One stored fact."""
    made = row(kind, **values)
    stored(made, kind=kind, source_id=made["source_id"])
    found: Fact = Fact.objects.unscoped("test").get(
        source_id=made["source_id"], kind=kind, record_no=made["record_no"], superseded_by=None
    )
    return found


def resident(**values: Any) -> int:
    """The id of somebody in the master index, as intake would have put them there."""
    from yigongti.domains.base.residents import api as residents
    from yigongti.kernel.access.api import system_actor

    number = next(_number)
    said = {"patient_no": f"P{number}", "name": f"测试{number}", **values}
    made = residents.resolve(pl.DataFrame([said]), source_id=None, actor=system_actor("tests"))
    return int(made["resident_id"][0])
