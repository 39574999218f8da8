"""Grouping the claims of the lake by month: what changed is written beside what it replaces, and published."""

import hashlib
import logging
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from django.conf import settings
from django.db import connection, transaction

from yigongti.domains.money.drg.catalogue import scheme_in_force
from yigongti.domains.money.drg.coefficients import Held
from yigongti.domains.money.drg.grouping.batch import outcomes
from yigongti.domains.money.drg.grouping.case import COLUMNS
from yigongti.domains.money.drg.grouping.compiled import Compiled
from yigongti.domains.money.drg.grouping.encoding import Encoder
from yigongti.domains.money.drg.lake import DATASET
from yigongti.domains.money.drg.models import GroupedMonth
from yigongti.domains.money.drg.policy import SCHEME
from yigongti.domains.money.drg.scheme.scheme import Scheme
from yigongti.domains.money.drg.services.merging import finish
from yigongti.domains.money.drg.services.pricing import Pricer
from yigongti.domains.money.drg.services.special import decisions, lapse_all
from yigongti.domains.money.drg.services.storing import Span, amend_new, new_results, replace_elsewhere, replace_month
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.lake.api import mark_stale, publish_stale, snapshot
from yigongti.kernel.policy.api import history, parameters

log = logging.getLogger(__name__)


class ClaimsNotPublished(ValueError):
    """There is nothing of the period in the lake to group."""


@dataclass(frozen=True)
class Month:
    """What became of a month: inpatient ``cases``, ``written`` results that are new or changed; ``elsewhere``: results
    of other months that changed with them, being paid together with stays of this one."""

    month: date
    cases: int
    written: int
    scheme: str
    elsewhere: int = 0


def regroup(place: str, since: date, until: date, *, actor: Actor) -> list[Month]:
    """Group every inpatient claim settled in the months from ``since`` to ``until``. Raises ClaimsNotPublished."""
    start, end = clock.month_of(since), clock.next_month(clock.month_of(until))
    _bring_up_to_date(start, end)
    files = dict(snapshot("claims", start, end).files)
    if not files:
        raise ClaimsNotPublished(f"no claims of {since}…{until} are published")
    return [_month(place, month, file, actor) for month, file in sorted(files.items())]


def regroup_due(place: str, *, actor: Actor) -> list[Month]:
    """Group the months whose claims, scheme or rules have changed since they were grouped. One that fails keeps no
    other back; the first failure is raised when all have been tried.
    """
    _bring_up_to_date(None, None)
    failed: Exception | None = None
    known = {row.month: row for row in GroupedMonth.objects.filter(place=place)}
    done = []
    for month, file in snapshot("claims").files:
        row = known.get(month)
        scheme = scheme_in_force(place, month)
        if row is None or (row.file, row.scheme, row.rules) != (file, _key(scheme), _rules_digest(place, month)):
            try:
                done.append(_month(place, month, file, actor))
            except Exception as error:
                log.exception("%s %s could not be grouped", place, month)
                failed = failed or error
    if failed is not None:
        raise failed
    return done


def _bring_up_to_date(start: date | None, end: date | None) -> None:
    """Publish the months of claims that wait: a result is to follow from what stands now."""
    if snapshot("claims", start, end).waiting:
        publish_stale()


def _key(scheme: Scheme | None) -> str:
    return scheme.key if scheme else ""


def _rules_digest(place: str, month: date) -> str:
    """Of every rule and weight that began before the month was over, of the coefficients in force in the month and of
    the special reviews decided for its claims."""
    start, end = month, clock.next_month(month)
    scheme = scheme_in_force(place, month)
    parts = [
        repr((value.name, value.place, value.effective_from, _before(value.effective_to, end), value.value))
        for parameter in parameters()
        if parameter.subject == SCHEME.subject
        for value in history(parameter.name, place)
        if value.effective_from < end
    ]
    parts.append(repr(Held(place).standing(start, end)))
    parts.append(repr(decisions(place, start, end)))
    if scheme is not None:
        parts.append(repr(sorted((drg, [one for one in of if one[0] < end]) for drg, of in scheme.weights.items())))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _before(day: date | None, end: date) -> date | None:
    """A day on which something ends, where that is before ``end``."""
    return day if day is not None and day < end else None


@transaction.atomic
def _month(place: str, month: date, file: str, actor: Actor) -> Month:
    with connection.cursor() as cursor:  # one month at a time: readmissions are put together across months
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"drg.{place}"])
    scheme, pricer, span = scheme_in_force(place, month), Pricer(place), Span(place, month)
    rows = _results(_claims(place, month, file), scheme, pricer) if scheme is not None else None
    with new_results(rows):
        found = finish(span, pricer)
        amend_new(found.here)
        written = replace_month(span)
        replace_elsewhere(found.elsewhere)
    if scheme is not None:  # a scheme that is missing for a while takes no decision away
        lapse_all(found.lapsing, actor=actor)
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
    if written or found.elsewhere:
        mark_stale(DATASET, {*found.months, *([month] if written else [])})
        record(
            actor=actor,
            act="drg.regrouped",
            subject=f"drg:{place}:{month:%Y-%m}",
            detail={
                "cases": cases,
                "written": written,
                "elsewhere": len(found.elsewhere),
                "scheme": _key(scheme),
            },
        )
    return Month(month, cases, written, _key(scheme), len(found.elsewhere))


_WANTED = [
    "id", "record_no", "place", "happened_on", "service_start", "service_end", "source_id", "institution_id",
    "institution_name", "managing_id", "resident_id", "inside_county", "tier", "department", "insurance_kind", "code",
    "total_fen", "fund_fen", "died", "sex", "age_years", "age_days", "birth_weight_g", "other_diagnoses", "procedures",
]  # fmt: skip


def _claims(place: str, month: date, file: str) -> pl.DataFrame:
    """Inpatient claims that stand: neither taken back nor taking back; less what was taken back of them in part."""
    found = (
        pl.scan_parquet(settings.VAR / "lake" / file)
        .filter(
            (pl.col("place") == place)
            & (pl.col("setting") == "inpatient")
            & ~pl.col("cancelled")
            & (pl.col("reverses") == "")
        )
        .select(_WANTED)
        .collect()
    )
    back = _taken_back(place, month)
    if not len(back):
        return found
    left = (
        (pl.col(name) + pl.col(f"{name}_back").fill_null(0)).clip(lower_bound=0).alias(name)
        for name in ("total_fen", "fund_fen")
    )
    return found.join(back, on=["source_id", "record_no"], how="left").with_columns(*left).select(_WANTED)


def _taken_back(place: str, month: date) -> pl.DataFrame:
    """What was taken back of claims in part, from a month on, with amounts below zero."""
    files = [settings.VAR / "lake" / file for _month, file in snapshot("claims", month).files]
    return (
        pl.scan_parquet(files)
        .filter((pl.col("reverses") != "") & ~pl.col("cancelled") & (pl.col("place") == place))
        .group_by("source_id", pl.col("reverses").alias("record_no"))
        .agg(pl.col("total_fen").sum().alias("total_fen_back"), pl.col("fund_fen").sum().alias("fund_fen_back"))
        .collect()
    )


def _results(claims: pl.DataFrame, scheme: Scheme, pricer: Pricer) -> pl.DataFrame:
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
    return grouped.hstack(pricer.columns(grouped, scheme)).with_columns(
        pl.lit(scheme.key).alias("scheme"),
        pl.lit(None, pl.Int64).alias("merged_into"),
        pl.lit(None, pl.Int64).alias("special_id"),
    )
