"""Grouping the claims of the lake by month: what changed is written beside what it replaces, and published."""

import hashlib
import io
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from django.conf import settings
from django.db import connection, transaction

from yigongti.domains.money.drg.catalogue import scheme_in_force
from yigongti.domains.money.drg.formulas import Bill, Kind
from yigongti.domains.money.drg.grouping.batch import outcomes
from yigongti.domains.money.drg.grouping.case import COLUMNS
from yigongti.domains.money.drg.grouping.compiled import Compiled
from yigongti.domains.money.drg.grouping.encoding import Encoder
from yigongti.domains.money.drg.lake import DATASET
from yigongti.domains.money.drg.models import GroupedClaim, GroupedMonth
from yigongti.domains.money.drg.payment import Rules, paid, rules_of
from yigongti.domains.money.drg.policy import COEFFICIENTS
from yigongti.domains.money.drg.scheme.scheme import Scheme
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.lake.api import mark_stale, publish_stale, snapshot
from yigongti.kernel.policy.api import PolicyGap


class ClaimsNotPublished(ValueError):
    """There is nothing of the period in the lake to group."""


@dataclass(frozen=True)
class Month:
    """What became of a month: inpatient ``cases``, ``written`` results that are new or changed."""

    month: date
    cases: int
    written: int
    scheme: str


def regroup(place: str, since: date, until: date, *, actor: Actor) -> list[Month]:
    """Group every inpatient claim settled in the months from ``since`` to ``until``. Raises ClaimsNotPublished."""
    start, end = clock.month_of(since), clock.next_month(clock.month_of(until))
    _bring_up_to_date(start, end)
    files = dict(snapshot("claims", start, end).files)
    if not files:
        raise ClaimsNotPublished(f"no claims of {since}…{until} are published")
    return [_month(place, month, file, actor) for month, file in sorted(files.items())]


def regroup_due(place: str, *, actor: Actor) -> list[Month]:
    """Group the months whose claims, scheme or rules have changed since they were grouped."""
    _bring_up_to_date(None, None)
    known = {row.month: row for row in GroupedMonth.objects.filter(place=place)}
    done = []
    for month, file in snapshot("claims").files:
        row = known.get(month)
        scheme = scheme_in_force(place, month)
        if row is None or (row.file, row.scheme, row.rules) != (file, _key(scheme), _rules_digest(place, month)):
            done.append(_month(place, month, file, actor))
    return done


def _bring_up_to_date(start: date | None, end: date | None) -> None:
    """Publish the months of claims that wait: a result is to follow from what stands now."""
    if snapshot("claims", start, end).waiting:
        publish_stale()


def _key(scheme: Scheme | None) -> str:
    return scheme.key if scheme else ""


def _rules_digest(place: str, month: date) -> str:
    """Of all rules at both ends of a month, and of the scheme's weights then."""
    parts = []
    scheme = scheme_in_force(place, month)
    for on in (month, clock.next_month(month)):
        for tier in COEFFICIENTS:
            for kind in ("01", "02"):
                try:
                    parts.append(repr(rules_of(place, on, tier=tier, insurance_kind=kind).terms))
                except PolicyGap as gap:
                    parts.append(str(gap))
    if scheme is not None:
        parts.append(repr([(drg, scheme.weight(drg, month)) for drg in scheme.drgs]))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@transaction.atomic
def _month(place: str, month: date, file: str, actor: Actor) -> Month:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"drg.{place}.{month}"])
    scheme = scheme_in_force(place, month)
    rows = _results(_claims(place, file), place, scheme) if scheme is not None else None
    written = _write(rows, place, month)
    cases = 0 if rows is None else len(rows)
    GroupedMonth.objects.update_or_create(
        place=place,
        month=month,
        defaults={
            "file": file,
            "scheme": _key(scheme),
            "rules": _rules_digest(place, month),
            "cases": cases,
            "grouped_at": clock.now(),
        },
    )
    if written:
        mark_stale(DATASET, [month])
        record(
            actor=actor,
            act="drg.regrouped",
            subject=f"drg:{place}:{month:%Y-%m}",
            detail={"cases": cases, "written": written, "scheme": _key(scheme)},
        )
    return Month(month, cases, written, _key(scheme))


_WANTED = [
    "id", "place", "happened_on", "service_start", "service_end", "source_id", "institution_id", "institution_name",
    "managing_id", "resident_id", "inside_county", "tier", "department", "insurance_kind", "code", "total_fen",
    "fund_fen", "died", "sex", "age_years", "age_days", "birth_weight_g", "other_diagnoses", "procedures",
]  # fmt: skip


def _claims(place: str, file: str) -> pl.DataFrame:
    """Inpatient claims that stand: neither taken back nor taking back."""
    path = settings.VAR / "lake" / file
    return (
        pl.scan_parquet(path)
        .filter(
            (pl.col("place") == place)
            & (pl.col("setting") == "inpatient")
            & ~pl.col("cancelled")
            & (pl.col("reverses") == "")
        )
        .select(_WANTED)
        .collect()
    )


def _results(claims: pl.DataFrame, place: str, scheme: Scheme) -> pl.DataFrame:
    """One row for each claim, with the columns of GroupedClaim."""
    compiled = Compiled(scheme)
    cases = claims.select(
        pl.col("id").cast(pl.String).alias("case_id"),
        pl.col("sex"),
        pl.col("age_years", "age_days", "birth_weight_g").cast(pl.String),
        pl.col("code").alias("principal_diagnosis"),
        pl.col("other_diagnoses"),
        pl.col("procedures").alias("principal_procedure"),
        pl.lit("").alias("other_procedures"),
    ).select(COLUMNS)
    numbers = outcomes(Encoder(compiled).cases(cases), compiled)
    table = pl.DataFrame(
        {
            "mdc": [outcome.mdc for outcome in compiled.outcomes],
            "adrg": [outcome.adrg for outcome in compiled.outcomes],
            "drg": [outcome.drg for outcome in compiled.outcomes],
            "status": [outcome.status.value for outcome in compiled.outcomes],
            "reason": [outcome.reason.value for outcome in compiled.outcomes],
        }
    )
    stay = (pl.col("service_end").fill_null(pl.col("happened_on")) - pl.col("service_start")).dt.total_days()
    money = claims.select(
        pl.col("total_fen", "fund_fen").fill_null(0),
        (pl.col("total_fen").fill_null(0) - pl.col("fund_fen").fill_null(0)).alias("patient_fen"),
        stay.clip(lower_bound=1).cast(pl.Int32).alias("stay_days"),
    )
    grouped = claims.drop("total_fen", "fund_fen").hstack(table[numbers.astype(np.uint32)]).hstack(money)
    return grouped.hstack(_paid(grouped, place, scheme)).with_columns(pl.lit(scheme.key).alias("scheme"))


def _paid(grouped: pl.DataFrame, place: str, scheme: Scheme) -> pl.DataFrame:
    rules: dict[tuple[Any, ...], Rules | None] = {}
    columns: dict[str, list[Any]] = {
        name: [] for name in ("outlier", "low_risk", "weight_e4", "standard_fen", "whole_fen", "payment_fen")
    }
    wanted = grouped.select(
        "happened_on", "tier", "insurance_kind", "status", "mdc", "drg", "total_fen", "patient_fen", "stay_days"
    )
    for on, tier, insurance, status, mdc, drg, total, patient, stay in wanted.iter_rows():
        key = (on, tier, insurance)
        if key not in rules:
            try:
                rules[key] = rules_of(place, on, tier=tier, insurance_kind=insurance)
            except PolicyGap:
                rules[key] = None
        found, weight = rules[key], scheme.weight(drg, on)
        payment = None
        if found is not None:
            payment = paid(status, mdc, weight.weight_e4 if weight else None, Bill(total, patient, stay), found.terms)
        columns["outlier"].append(payment.kind.value if payment else Kind.UNPRICED.value)
        columns["low_risk"].append(bool(weight and weight.low_risk))
        columns["weight_e4"].append(weight.weight_e4 if weight else 0)
        columns["standard_fen"].append(payment.standard_fen if payment else 0)
        columns["whole_fen"].append(payment.whole_fen if payment else 0)
        columns["payment_fen"].append(payment.fund_fen if payment else 0)
    return pl.DataFrame(
        columns,
        schema={
            "outlier": pl.String,
            "low_risk": pl.Boolean,
            **dict.fromkeys(("weight_e4", "standard_fen", "whole_fen", "payment_fen"), pl.Int64),
        },
    )


_STORED = [
    "claim_id", "place", "settled_on", "service_end", "source_id", "institution_id", "institution_name", "managing_id",
    "resident_id", "inside_county", "tier", "department", "insurance_kind", "code", "scheme", "mdc", "adrg", "drg",
    "status", "reason", "outlier", "low_risk", "weight_e4", "standard_fen", "whole_fen", "payment_fen", "total_fen",
    "fund_fen", "patient_fen", "stay_days", "died",
]  # fmt: skip


def _write(rows: pl.DataFrame | None, place: str, month: date) -> int:
    """Bring the standing results of a month to ``rows``: what differs is replaced, what is gone stands no more."""
    table = GroupedClaim._meta.db_table
    now = clock.now()
    span: list[Any] = [place, month, clock.next_month(month)]
    names = ", ".join(_STORED)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE drg_new ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA"  # noqa: S608
        )
        if rows is not None and len(rows):
            text = io.BytesIO()
            rows.rename({"id": "claim_id", "happened_on": "settled_on"}).select(_STORED).write_csv(
                text, include_header=False, quote_style="non_numeric", null_value=NULL
            )
            with cursor.copy(f"COPY drg_new ({names}) FROM STDIN (FORMAT csv, NULL '{NULL}')") as copy:
                copy.write(text.getvalue())
        cursor.execute("CREATE UNIQUE INDEX ON drg_new (claim_id)")
        cursor.execute("ANALYZE drg_new")  # nothing else tells the planner that this is no small table
        differs = " OR ".join(f"n.{name} IS DISTINCT FROM g.{name}" for name in _STORED)
        cursor.execute(
            f"UPDATE {table} SET stands = false, replaced_at = %s WHERE id IN ("  # noqa: S608
            f" SELECT g.id FROM {table} g LEFT JOIN drg_new n ON n.claim_id = g.claim_id"
            " WHERE g.stands AND g.place = %s AND g.settled_on >= %s AND g.settled_on < %s"
            f" AND (n.claim_id IS NULL OR {differs}))",
            [now, *span],
        )
        gone = cursor.rowcount
        cursor.execute(
            f"INSERT INTO {table} ({names}, grouped_at, stands) SELECT {names}, %s, true FROM drg_new n"  # noqa: S608
            f" WHERE NOT EXISTS (SELECT 1 FROM {table} g WHERE g.stands AND g.claim_id = n.claim_id)",
            [now],
        )
        added = cursor.rowcount
        cursor.execute("DROP TABLE drg_new")
    return max(gone, added)


NULL = "\\N"
