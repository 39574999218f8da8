"""Checks of canonical frames that hold whatever format they came in: required values, nothing in the future, lengths,
and the extract's own rules."""

from datetime import date

import polars as pl

from yigongti.kernel import clock
from yigongti.kernel.intake.extracts import ROW, Column, Extract, Kind
from yigongti.kernel.intake.refusals import REFUSAL

EARLIEST = date(1900, 1, 1)


def faults_of(frame: pl.DataFrame, fails: pl.Expr | pl.Series, code: str, column: Column | None) -> pl.DataFrame:
    """One refusal per row for which the condition is true (null counts as false)."""
    bad = frame.filter(fails)
    if bad.is_empty():
        return pl.DataFrame(schema=REFUSAL)
    shown = pl.lit(None, pl.String())
    if column is not None and not column.personal and column.field in bad.columns:
        shown = _as_sent(column).str.slice(0, 80)
    return bad.select(
        pl.col(ROW).cast(pl.UInt32()),
        pl.lit(code).alias("code"),
        pl.lit(column.name if column else None, pl.String()).alias("column"),
        shown.alias("value"),
    )


def _as_sent(column: Column) -> pl.Expr:
    value = pl.col(column.field)
    if column.kind is Kind.MOMENT:
        return value.dt.strftime("%Y-%m-%d %H:%M")
    if column.kind is Kind.MONEY:
        return (value / 100).round(2).cast(pl.String())
    return value.cast(pl.String())


def check(extract: Extract, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that may be stored, and the refusals (schema REFUSAL) of all others. A row can have several faults."""
    columns = {column.name: column for column in extract.columns}
    rules: list[tuple[pl.Expr, str, Column | None]] = [
        (fails, code, column) for column in extract.columns for fails, code in _conditions(column)
    ]
    rules += [(rule.fails(), rule.code, columns.get(rule.column)) for rule in extract.checks]
    broken = frame.select(fails.any().alias(str(i)) for i, (fails, _, _) in enumerate(rules)).row(0)
    faults = [faults_of(frame, *rule) for rule, any_row in zip(rules, broken, strict=True) if any_row]
    if not faults:
        return frame, pl.DataFrame(schema=REFUSAL)
    refused = pl.concat(faults).sort(ROW, maintain_order=True)
    return frame.join(refused, on=ROW, how="anti", maintain_order="left"), refused


def _conditions(column: Column) -> list[tuple[pl.Expr, str]]:
    value = pl.col(column.field)
    found: list[tuple[pl.Expr, str]] = []
    if column.required:
        found.append((value.is_null(), "required"))
    match column.kind:
        case Kind.TEXT:
            # PostgreSQL holds no NUL; a number holds no control character at all.
            control = value.str.contains(r"[\x00-\x1f\x7f]") if column.key else value.str.contains("\0", literal=True)
            found.append((control, "control_character"))
            found.append(
                ((value.str.len_bytes() > column.longest) & (value.str.len_chars() > column.longest), "too_long")
            )
        case Kind.DAY:
            found.append((value < EARLIEST, "too_early"))
            if not column.may_be_future:
                found.append((value > clock.today(), "future"))
        case Kind.MOMENT:
            found.append((value < clock.midnight(EARLIEST), "too_early"))
            if not column.may_be_future:
                found.append((value > clock.now(), "future"))
        case Kind.MONEY if not column.may_be_negative:
            found.append((value < 0, "negative_money"))
    return found
