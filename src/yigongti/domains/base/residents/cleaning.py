"""Cleaning incoming records: one definition per value, applied to whole columns or to a few rows.

``clean`` takes a frame of any size, ``clean_few`` rows as mappings; the outcome is the same. A frame costs a
millisecond before the first row, which is too much for one person at a desk.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yigongti.domains.base.residents import formulas
from yigongti.domains.base.residents.characters import OLD_CHARACTERS
from yigongti.domains.base.residents.comparison import NO_DAY
from yigongti.domains.base.residents.incoming import COLUMNS, Column, Incoming
from yigongti.domains.base.residents.models import DOCUMENTS, IdentifierKind
from yigongti.domains.base.residents.names import fold, read_names, says_nothing
from yigongti.kernel import clock
from yigongti.kernel.privacy.api import PHONE, normalise

SHORTEST_PHONE = 7  # digits; anything shorter reaches nobody
KEPT = ("patient_no", "name", "sex", "card_no", "address", "household_no", "relation_to_head",
        "managing_institution_id", "insurance_kind")  # fmt: skip
_EPOCH = date(1970, 1, 1)
_SEXES = {"1": 1, "2": 2}


def clean(frame: pl.DataFrame, *, on: date | None = None) -> Incoming:
    """Normalise a frame with (some of) ``COLUMNS``; ``on`` is the day numbers are checked for, today when left out."""
    frame = with_all_columns(frame)
    names = fold_column(frame["name"].fill_null(""))
    number = normalise_column("", frame["id_number"])
    kind = pl.select(
        pl.when(pl.lit(number).is_null())
        .then(None)
        .when(pl.lit(frame["id_type"]).is_null())
        .then(pl.lit(IdentifierKind.ID_CARD.value))
        .when(pl.lit(frame["id_type"]).is_in(list(DOCUMENTS)))
        .then(pl.lit(frame["id_type"]))
        .otherwise(pl.lit(IdentifierKind.OTHER.value))
    ).to_series()
    is_card = (kind == IdentifierKind.ID_CARD.value).fill_null(False)
    phones = normalise_column(PHONE, frame["phone"])
    phones = _each(phones, ~phones.str.contains(r"^1[3-9]"), usable_phone)
    return _incoming(
        said={name: frame[name] for name in KEPT},
        folded=names.to_list(),
        named=named_column(names),
        card_numbers=number.zip_with(is_card, pl.Series([""])).to_list(),
        is_card=is_card.to_numpy(),
        typed_days=frame["birth_date"].cast(pl.Int32).fill_null(NO_DAY).to_numpy(),
        typed_sex=frame["sex"].replace_strict(_SEXES, default=0, return_dtype=pl.Int8).fill_null(0).to_numpy(),
        id_kind=kind,
        id_number=number,
        phones=phones,
        on=on or clock.today(),
    )


def clean_few(rows: Sequence[Mapping[str, Any]], *, on: date | None = None) -> Incoming:
    """``clean`` for a few rows, each a mapping of (some of) ``COLUMNS``."""
    said: dict[str, list[Any]] = {
        name: [_trimmed(row.get(name)) if dtype == pl.String() else row.get(name) for row in rows]
        for name, dtype in COLUMNS.items()
    }
    folded = [fold(name) if name else "" for name in said["name"]]
    numbers = [(normalise("", number) or None) if number else None for number in said["id_number"]]
    kinds = [
        None if number is None else "01" if kind is None else kind if kind in DOCUMENTS else "99"
        for kind, number in zip(said["id_type"], numbers, strict=True)
    ]
    digits = [normalise(PHONE, phone) if phone else "" for phone in said["phone"]]
    return _incoming(
        said={name: said[name] for name in KEPT},
        folded=folded,
        named=np.array([not says_nothing(key) for key in folded], bool),
        card_numbers=[number or "" if kind == "01" else "" for kind, number in zip(kinds, numbers, strict=True)],
        is_card=np.array([kind == "01" for kind in kinds], bool),
        typed_days=np.array([(b - _EPOCH).days if b else NO_DAY for b in said["birth_date"]], np.int32),
        typed_sex=np.array([_SEXES.get(sex or "", 0) for sex in said["sex"]], np.int8),
        id_kind=kinds,
        id_number=numbers,
        phones=[usable_phone(one) if one else None for one in digits],
        on=on or clock.today(),
    )


def _incoming(
    *,
    said: Mapping[str, Column],
    folded: list[str],
    named: NDArray[np.bool_],
    card_numbers: list[str],
    is_card: NDArray[np.bool_],
    typed_days: NDArray[np.int32],
    typed_sex: NDArray[np.int8],
    id_kind: Column,
    id_number: Column,
    phones: Column,
    on: date,
) -> Incoming:
    """What a valid identity number says counts before what was typed: it has a check character."""
    read = formulas.read_id_numbers(card_numbers, on=on)
    valid = is_card & (read.fault < 0)
    return Incoming(
        said=dict(said),
        names=read_names(folded),
        named=named,
        sex=np.where(valid, read.sex, typed_sex).astype(np.int8),
        days=np.where(valid, read.born, typed_days).astype(np.int32),
        typed_sex=typed_sex,
        typed_days=typed_days,
        id_kind=id_kind,
        id_number=id_number,
        id_fault=np.where(is_card, read.fault, -1).astype(np.int8),
        id_digits=read.digits,
        phones=phones,
    )


def with_all_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of ``COLUMNS``, in order; missing ones as nulls, text trimmed, empty text as null."""
    return frame.select(
        (
            pl.when(pl.col(name).cast(dtype).str.strip_chars() != "").then(pl.col(name).str.strip_chars())
            if dtype == pl.String()
            else pl.col(name).cast(dtype)
        ).alias(name)
        if name in frame.columns and frame.schema[name] != pl.Null()
        else pl.lit(None, dtype).alias(name)
        for name, dtype in COLUMNS.items()
    )


# What polars trims: Unicode's white space. Python's own strip would take four separators more.
_SPACES = "".join(c for c in map(chr, range(0x3001)) if c.isspace() and c not in "\x1c\x1d\x1e\x1f")


def _trimmed(text: str | None) -> str | None:
    return (text.strip(_SPACES) or None) if text else None


def fold_column(names: pl.Series) -> pl.Series:
    """``names.fold`` for a column without nulls; only unusual names go through Python."""
    plain = names.str.contains(r"^[\x{4E00}-\x{9FFF}]*$") & ~names.str.contains_any(OLD_CHARACTERS)
    return _each(names, ~plain, fold)


def normalise_column(kind: str, numbers: pl.Series) -> pl.Series:
    """``privacy.normalise`` for a column; what is empty then is null."""
    plain = numbers.str.contains(r"^1[0-9]{10}$" if kind == PHONE else r"^[0-9A-Z]+$")
    return _each(numbers, ~plain, lambda number: normalise(kind, number) or None)


def named_column(folded: pl.Series) -> NDArray[np.bool_]:
    """Which folded names stand for somebody in particular."""
    doubtful = folded.str.contains("^$|^[无不未佚姓身un]|之")
    stands = np.ones(len(folded), bool)
    for k in np.flatnonzero(doubtful.to_numpy()).tolist():
        stands[k] = not says_nothing(folded[k])
    return stands


def usable_phone(digits: str) -> str | None:
    """The normalised number, or None where it cannot be one (too short, or hardly two different digits)."""
    return digits if len(digits) >= SHORTEST_PHONE and len(set(digits)) > 2 else None


def _each(column: pl.Series, which: pl.Series, change: Callable[[str], str | None]) -> pl.Series:
    rows = which.fill_null(False).arg_true()
    if not len(rows):
        return column
    return column.clone().scatter(rows, [change(text) for text in column.gather(rows).to_list()])
