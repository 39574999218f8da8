"""Facts put straight into the database, past intake: measures are tested on what is stored, not on how it came."""

from datetime import date, datetime, time
from itertools import count
from typing import Any
from uuid import uuid4

from django.db import connection

from yigongti.domains.base.organisation.tests.factories import organisation
from yigongti.domains.oversight.indicators.tests.rows import (  # noqa: F401  (one door for other domains' tests)
    at,
    booking,
    catalogue,
    follow_up,
    leads,
    referral,
    slot,
    store,
)
from yigongti.kernel import clock
from yigongti.kernel.lake.api import datasets, publish_month

PLACE = "kunshan"

_numbers = count(1)

TEXTS = ["institution_name", "tier", "setting", "department", "practitioner", "patient_no", "encounter_no"]
TEXTS += ["code_system", "code", "display", "value_text", "unit", "insurance_kind"]


def county() -> dict[str, int]:
    """A county with a lead hospital and a township centre, and its insurance bureau: ids by key."""
    made = {}
    top = organisation("county", "county", place=PLACE)
    made["county"] = top.pk
    for kind, key in (
        ("lead_hospital", "hospital"),
        ("township_health_centre", "east"),
        ("township_health_centre", "west"),
        ("insurance_body", "bureau"),
    ):
        made[key] = organisation(kind, key, top, place=PLACE).pk
    return made


def facts(rows: list[dict[str, Any]]) -> None:
    """Store facts; each row needs kind, happened_on and source_id, the rest has defaults. Publishes."""
    months = {row["happened_on"].replace(day=1) for row in rows}
    with connection.cursor() as cursor:
        for month in months:
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS health_record_fact_{month:%Y_%m} PARTITION OF health_record_fact "
                "FOR VALUES FROM (%s) TO (%s)",
                [month, clock.next_month(month)],
            )
        for row in rows:
            values = _complete(row)
            names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
            cursor.execute(f"INSERT INTO health_record_fact ({names}) VALUES ({marks})", list(values.values()))
    publish(months)


def publish(months: set[date]) -> None:
    for dataset in datasets():
        for month in months:
            publish_month(dataset, month)


def _complete(row: dict[str, Any]) -> dict[str, Any]:
    number = next(_numbers)
    values: dict[str, Any] = dict.fromkeys(TEXTS, "")
    values.update(
        resident_id=number,
        happened_at=datetime.combine(row["happened_on"], time(9), tzinfo=clock.ZONE),
        inside_county=True,
        record_no=f"no-{number}",
        content_hash=uuid4(),
        recorded_at=clock.now(),
    )
    if row["kind"] == "claim":
        values.update(total_fen=0, fund_fen=0, self_paid_fen=0, setting="outpatient", code_system="icd10")
        if not row.get("inside_county", True):
            values.update(tier="outside", institution_name="某市医院")
        elif row.get("setting") != "pharmacy":
            values["institution_id"] = row["source_id"]
    else:
        values.update(encounter_no=f"e-{number}", setting="outpatient", institution_id=row["source_id"])
        values["code_system"] = "icd10"
    return {**values, **row}


__all__ = ["PLACE", "county", "facts", "publish"]
