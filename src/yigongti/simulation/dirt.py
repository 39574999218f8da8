"""Dirt in single rows of a file: what a tired hand, an old system or a formula in a cell does to them.

Works on the text of a file's rows, after they have been written in the sender's style. Every slip here has one
outcome that intake must reach; slips in how a person was registered are in registrations and are all stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from yigongti.simulation.draws import MILLION, Bools, Draws, Ints, Table

STORED, UNCHANGED, REFUSED, PASSED_OVER = "stored", "unchanged", "refused", "passed_over"
FORMULA: Final = "=VLOOKUP(A2,Sheet2!$A:$F,6,0)"
_FAR: Final = "2091"  # every spelling of a date begins with its year
_NOWHERE: Final = ("仁爱门诊部", "东方红卫生院", "康宁医院")

OUTCOME: Final[Mapping[str, str]] = {
    "": STORED,
    "resent": UNCHANGED,
    "blank_line": PASSED_OVER,
    "mistyped_number": REFUSED,
    "future_birth": REFUSED,
    "impossible_birth": REFUSED,
    "unknown_institution": REFUSED,
    "no_name": REFUSED,
    "formula": REFUSED,
    "future_start": REFUSED,
    "no_start": REFUSED,
    "wrong_setting": REFUSED,
    "wrong_money": REFUSED,
    "no_code": REFUSED,
    "future_day": REFUSED,
    "no_value": REFUSED,
    "future_settled": REFUSED,
}
# the column a formula stands in
_FORMULA_IN: Final = {
    "residents": "address",
    "encounters": "doctor",
    "diagnoses": "diagnosis_name",
    "measurements": "value",
    "claims": "main_diagnosis",
}
_MOMENT_OF: Final = {"diagnoses": "diagnosed_at", "measurements": "measured_at"}


@dataclass(frozen=True)
class Dirtied:
    """``rows`` as text with ``_person`` and ``_dirt`` beside the columns, in the order they stand in the file."""

    rows: pl.DataFrame


def soil(rows: pl.DataFrame, extract: str, figures: Mapping[str, int], draws: Draws) -> Dirtied:
    """Dirty some of a file's rows. ``rows``: text columns and ``_person``; ``figures``: kind → chance in a million.

    Rows sent twice come again at the end; blank lines come behind the row they were drawn for.
    """
    n = rows.height
    kinds = ["", *figures]
    table = Table([(MILLION - sum(figures.values())) / MILLION, *(chance / MILLION for chance in figures.values())])
    kind = draws.pick(table, n=n)
    raw = draws.raw(n)
    changed = rows
    dirt = np.zeros(n, dtype=np.int64)
    for number, name in enumerate(kinds):
        if name in ("", "resent", "blank_line"):
            continue
        hit = np.flatnonzero(kind == number)
        if not len(hit):
            continue
        before = rows[hit]
        after = _SLIPS[name](before, extract, raw[hit])
        # a slip that left the row as it was (no number to mistype) did not happen
        differs = _differs(before, after)
        changed = _replaced(changed, hit[differs], after.filter(pl.Series(differs)))
        dirt[hit[differs]] = number
    order = np.arange(n) * 2
    marked = changed.with_columns(pl.Series("_dirt", np.array(kinds)[dirt]), pl.Series("_at", order))
    blank = np.flatnonzero(kind == kinds.index("blank_line")) if "blank_line" in kinds else np.zeros(0, dtype=np.int64)
    again = np.flatnonzero(kind == kinds.index("resent")) if "resent" in kinds else np.zeros(0, dtype=np.int64)
    if not len(blank) and not len(again):
        return Dirtied(marked.drop("_at"))
    texts = [name for name in rows.columns if not name.startswith("_")]
    empty = marked[blank].with_columns(
        *(pl.lit(None, pl.String).alias(name) for name in texts),
        pl.lit(-1, pl.Int64).alias("_person"),
        pl.lit("blank_line").alias("_dirt"),
        pl.col("_at") + 1,
    )
    copies = marked[again].with_columns(pl.lit("resent").alias("_dirt"), pl.lit(2 * n, pl.Int64).alias("_at"))
    return Dirtied(pl.concat([marked, empty, copies]).sort("_at", maintain_order=True).drop("_at"))


def _differs(before: pl.DataFrame, after: pl.DataFrame) -> Bools:
    return (before.hash_rows(seed=3) != after.hash_rows(seed=3)).to_numpy()


def _replaced(rows: pl.DataFrame, at: Ints, new: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(
        [rows[name].scatter(at, new[name]) for name in rows.columns if not name.startswith("_")] if len(at) else []
    )


def _set(rows: pl.DataFrame, column: str, value: pl.Expr) -> pl.DataFrame:
    return rows.with_columns(value.alias(column))


def _mistyped_number(rows: pl.DataFrame, extract: str, raw: Ints) -> pl.DataFrame:
    """One of the last four digits before the check digit becomes another: the check digit always notices."""
    place = pl.Series(13 + raw % 4)
    step = pl.Series(1 + raw // 4 % 9)
    number = pl.col("id_number")
    digit = number.str.slice(place, 1).str.to_integer(strict=False)
    wrong = pl.concat_str(
        number.str.slice(0, place), ((digit + step) % 10).cast(pl.String), number.str.slice(place + 1)
    )
    whole = (number.str.len_chars() == 18) & number.str.contains(r"^\d{17}[\dX]$")
    return _set(rows, "id_number", pl.when(whole).then(wrong).otherwise(number))


def _later(column: str) -> Callable[[pl.DataFrame, str, Ints], pl.DataFrame]:
    def slip(rows: pl.DataFrame, extract: str, raw: Ints) -> pl.DataFrame:
        name = column or _MOMENT_OF[extract]
        return _set(rows, name, pl.concat_str(pl.lit(_FAR), pl.col(name).str.slice(4)))

    return slip


def _without(column: str) -> Callable[[pl.DataFrame, str, Ints], pl.DataFrame]:
    def slip(rows: pl.DataFrame, extract: str, raw: Ints) -> pl.DataFrame:
        return _set(rows, column, pl.lit(None, pl.String))

    return slip


def _impossible_birth(rows: pl.DataFrame, extract: str, raw: Ints) -> pl.DataFrame:
    """Month and day in the wrong order, where that makes a month above twelve."""
    birth = pl.col("birth_date")
    parts = birth.str.extract_groups(r"^(\d{4})(\D?)(\d{2})(\D?)(\d{2})$")
    part = {i: parts.struct.field(str(i)) for i in range(1, 6)}
    turned = pl.concat_str(part[1], part[2], part[5], part[4], part[3])
    impossible = part[5].str.to_integer(strict=False) > 12
    return _set(rows, "birth_date", pl.when(impossible).then(turned).otherwise(birth))


def _unknown_institution(rows: pl.DataFrame, extract: str, raw: Ints) -> pl.DataFrame:
    name = pl.Series(np.array(_NOWHERE)[raw % len(_NOWHERE)])
    if extract == "residents":
        return _set(rows, "managing_institution", pl.lit(name))
    # outside the county, and in pharmacies, the bureau knows institutions that nobody else does
    own = (pl.col("inside_county") == "1") & ~pl.col("setting").is_in(["pharmacy", "药店"])
    changed = pl.when(own).then(pl.lit(name)).otherwise(pl.col("institution_name"))
    code = pl.when(own).then(pl.lit("H99999999999")).otherwise(pl.col("institution_code"))
    return rows.with_columns(changed.alias("institution_name"), code.alias("institution_code"))


def _wrong_setting(rows: pl.DataFrame, extract: str, raw: Ints) -> pl.DataFrame:
    return _set(rows, "setting", pl.lit("门诊或住院"))


def _wrong_money(rows: pl.DataFrame, extract: str, raw: Ints) -> pl.DataFrame:
    return _set(rows, "total_yuan", pl.concat_str(pl.col("total_yuan").str.slice(0, 1), pl.lit("O.50")))


def _formula(rows: pl.DataFrame, extract: str, raw: Ints) -> pl.DataFrame:
    return _set(rows, _FORMULA_IN[extract], pl.lit(FORMULA))


_SLIPS: Final[Mapping[str, Callable[[pl.DataFrame, str, Ints], pl.DataFrame]]] = {
    "mistyped_number": _mistyped_number,
    "future_birth": _later("birth_date"),
    "impossible_birth": _impossible_birth,
    "unknown_institution": _unknown_institution,
    "no_name": _without("name"),
    "formula": _formula,
    "future_start": _later("started_at"),
    "no_start": _without("started_at"),
    "wrong_setting": _wrong_setting,
    "wrong_money": _wrong_money,
    "no_code": _without("code"),
    "future_day": _later(""),
    "no_value": _without("value"),
    "future_settled": _later("settled_at"),
}
