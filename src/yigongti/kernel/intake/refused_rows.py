"""Refused rows as people see them: grouped by reason, the first ones, and all of them as a file to correct."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext

from yigongti.kernel.intake.extracts import Column, extracts
from yigongti.kernel.intake.formats import RefusedLine, format_named
from yigongti.kernel.intake.models import Batch, RefusedRow
from yigongti.kernel.intake.refusals import explain


def sentence(extract: str, fault: Mapping[str, str | None], language: str | None = None) -> str:
    """A fault of a row in words, the column by its Chinese (or, in English, its English) header."""
    english = (language or "zh").startswith("en")
    column = next((c for c in _columns(extract) if c.name == fault.get("column")), None)
    label = (column.name if english else column.label) if column else (fault.get("column") or "")
    value = fault.get("value")
    return explain(fault["code"] or "", {"column": label, "value": "***" if value is None else value}, language)


def _columns(extract: str) -> tuple[Column, ...]:
    known = extracts().get(extract)
    return known.columns if known else ()


@dataclass(frozen=True)
class ReasonCount:
    """So many rows of one extract were refused for one reason in one column; ``example`` is one row's value."""

    extract: str
    code: str
    column: str
    rows: int
    example: str | None

    @property
    def words(self) -> str:
        """The reason without a value."""
        return sentence(self.extract, {"code": self.code, "column": self.column, "value": "…"})

    @property
    def words_with_example(self) -> str:
        """The reason with the value of one row, for whom may see rows."""
        value = self.example
        if value is not None and self.rows > 1:
            value = gettext("%(value)s 等") % {"value": value}
        return sentence(self.extract, {"code": self.code, "column": self.column, "value": value})


def reasons(batch: Batch) -> list[ReasonCount]:
    """The reasons of a batch, most frequent first. A row with two faults counts under both."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT extract, fault->>'code', coalesce(fault->>'column', ''), count(DISTINCT row.id), min(fault->>'value')
            FROM intake_refusedrow row, jsonb_array_elements(faults) fault
            WHERE batch_id = %s GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3
            """,
            [batch.pk],
        )
        return [ReasonCount(*row) for row in cursor.fetchall()]


def lines(batch: Batch, limit: int | None = None) -> Iterator[RefusedLine]:
    """The refused rows in the order they were sent."""
    rows = RefusedRow.objects.filter(batch=batch).order_by("extract", "place", "row_no")
    for row in rows[:limit] if limit else rows.iterator(chunk_size=2_000):
        yield RefusedLine(
            extract=row.extract,
            row_no=row.row_no,
            place=row.place,
            original=json.loads(row.original),
            codes=[fault["code"] for fault in row.faults],
            sentences=[sentence(row.extract, fault, "zh-hans") for fault in row.faults],
            sentences_in_english=[sentence(row.extract, fault, "en") for fault in row.faults],
        )


def write(batch: Batch, folder: Path) -> Path:
    """The file of refused rows: as sent, with the reasons behind; correct it and send it as it is."""
    return format_named(batch.format).refused_file(lines(batch), batch.headers, folder)
