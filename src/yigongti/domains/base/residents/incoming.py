"""Incoming records of persons, cleaned: what resolve, match and batch linkage all start from."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yigongti.domains.base.residents import formulas
from yigongti.domains.base.residents.characters import OLD_CHARACTERS
from yigongti.domains.base.residents.comparison import NO_DAY, Persons, dates_of
from yigongti.domains.base.residents.models import DOCUMENTS, IdentifierKind
from yigongti.domains.base.residents.names import Names, Spelling, fold, read_names, says_nothing, spell
from yigongti.kernel import clock
from yigongti.kernel.privacy.api import PHONE, blind_indexes, normalise

COLUMNS: dict[str, pl.DataType] = {
    "patient_no": pl.String(),
    "name": pl.String(),
    "sex": pl.String(),
    "birth_date": pl.Date(),
    "id_type": pl.String(),
    "id_number": pl.String(),
    "phone": pl.String(),
    "card_no": pl.String(),
    "address": pl.String(),
    "household_no": pl.String(),
    "relation_to_head": pl.String(),
    "managing_institution_id": pl.Int64(),
    "insurance_kind": pl.String(),
}
"""What may be said of a person. Every column may be missing or null; nothing else is looked at."""

ADDRESS = "address"
SHORTEST_PHONE = 7  # digits; anything shorter reaches nobody
Blinds = list[bytes | None]


def with_all_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of ``COLUMNS``, in order; missing ones as nulls, empty text as null."""
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


@dataclass(frozen=True)
class Incoming:
    """A column of cleaned records, all parallel to the frame's rows; what is not known is null, 0 or None."""

    frame: pl.DataFrame
    names: Names
    named: NDArray[np.bool_]
    sex: NDArray[np.int8]  # 1, 2; 0 not known; the identity number's where that is valid, else what was typed
    days: NDArray[np.int32]  # birth date in days since 1970-01-01, likewise; NO_DAY
    typed_sex: NDArray[np.int8]
    typed_days: NDArray[np.int32]
    id_kind: pl.Series  # null without a number
    id_number: pl.Series  # normalised
    id_fault: NDArray[np.int8]  # index of formulas.ORDER for kind 01; -1 none
    id_digits: NDArray[np.uint8]
    phones: pl.Series  # normalised, usable ones only

    def __len__(self) -> int:
        return self.frame.height

    @property
    def has_id(self) -> NDArray[np.bool_]:
        return boolean(self.id_number.is_not_null())

    @property
    def _has_valid_id(self) -> NDArray[np.bool_]:
        return boolean(self.id_kind == IdentifierKind.ID_CARD.value) & (self.id_fault < 0)

    @property
    def birth_date_differs(self) -> NDArray[np.bool_]:
        """Where the typed date is not that of the valid identity number."""
        differs: NDArray[np.bool_] = self._has_valid_id & (self.typed_days != NO_DAY) & (self.typed_days != self.days)
        return differs

    @property
    def sex_differs(self) -> NDArray[np.bool_]:
        differs: NDArray[np.bool_] = self._has_valid_id & (self.typed_sex != 0) & (self.typed_sex != self.sex)
        return differs

    @cached_property
    def spelled(self) -> list[Spelling]:
        return spell(self.names)

    @cached_property
    def born(self) -> list[date | None]:
        known = self.days != NO_DAY
        dates = np.where(known, self.days, 0).astype("datetime64[D]").tolist()
        return [day if is_known else None for day, is_known in zip(dates, known.tolist(), strict=True)]

    @cached_property
    def id_blinds(self) -> Blinds:
        found: Blinds = [None] * len(self)
        for kind in self.id_kind.drop_nulls().unique().to_list():
            where = np.flatnonzero((self.id_kind == kind).fill_null(False).to_numpy())
            for k, blind in zip(where.tolist(), blind_indexes(kind, self.id_number[where].to_list()), strict=True):
                found[k] = blind
        return found

    @cached_property
    def patient_blinds(self) -> Blinds:
        return blind_indexes(IdentifierKind.PATIENT, self.frame["patient_no"].to_list())

    @cached_property
    def card_blinds(self) -> Blinds:
        return blind_indexes(IdentifierKind.CARD, self.frame["card_no"].to_list())

    @cached_property
    def phone_blinds(self) -> Blinds:
        return blind_indexes(PHONE, self.phones.to_list())

    @cached_property
    def address_blinds(self) -> Blinds:
        return blind_indexes(ADDRESS, self.frame["address"].to_list())

    def take(self, rows: NDArray[np.int64]) -> "Incoming":
        """Some of the records."""
        taken = Incoming(
            names=self.names.take(rows),
            **{f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "names"},
        )
        picked = rows.tolist()
        for name in ("born", "spelled", "id_blinds", "patient_blinds", "card_blinds", "phone_blinds", "address_blinds"):
            if name in self.__dict__:  # computed already
                taken.__dict__[name] = [self.__dict__[name][k] for k in picked]
        return taken

    @cached_property
    def persons(self) -> Persons:
        """For comparing with the index: keys are the first eight bytes of the blind indexes."""
        return self._persons(
            id_key=keys_of(self.id_blinds),
            card=keys_of(self.card_blinds),
            phone=keys_of(self.phone_blinds),
            address=keys_of(self.address_blinds),
        )

    @cached_property
    def persons_in_the_clear(self) -> Persons:
        """For comparing inside one process: keys are hashes of the values themselves, much faster."""
        return self._persons(
            id_key=_hashes(self.id_kind + self.id_number),
            card=_hashes(self.frame["card_no"]),
            phone=_hashes(self.phones),
            address=_hashes(self.frame["address"]),
        )

    def _persons(self, **keys: NDArray[np.uint64]) -> Persons:
        return Persons(
            household=_hashes(self.frame["household_no"]),
            names=self.names,
            named=self.named,
            sex=self.sex,
            born=dates_of(self.days),
            typed_sex=np.where(self.typed_sex != 0, self.typed_sex, self.sex),
            typed_born=dates_of(np.where(self.typed_days != NO_DAY, self.typed_days, self.days)),
            id_valid=self.id_fault < 0,
            id_digits=self.id_digits,
            **keys,
        )


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
    card = (kind == IdentifierKind.ID_CARD.value).fill_null(False)
    is_card = card.to_numpy()
    read = formulas.read_id_numbers(number.zip_with(card, pl.Series([""])).to_list(), on=on or clock.today())
    fault = np.where(is_card, read.fault, -1).astype(np.int8)
    valid = is_card & (read.fault < 0)
    typed_days = frame["birth_date"].cast(pl.Int32).fill_null(NO_DAY).to_numpy()
    said = frame["sex"].replace_strict({"1": 1, "2": 2}, default=0, return_dtype=pl.Int8).fill_null(0).to_numpy()
    phones = normalise_column(PHONE, frame["phone"])
    phones = _each(phones, ~phones.str.contains(r"^1[3-9]"), usable_phone)
    return Incoming(
        frame=frame,
        names=read_names(names.to_list()),
        named=named(names),
        sex=np.where(valid, read.sex, said).astype(np.int8),
        days=np.where(valid, read.born, typed_days).astype(np.int32),
        typed_sex=said,
        typed_days=typed_days,
        id_kind=kind,
        id_number=number,
        id_fault=fault,
        id_digits=read.digits,
        phones=phones,
    )


def fold_column(names: pl.Series) -> pl.Series:
    """``names.fold`` for a column without nulls; only unusual names go through Python."""
    plain = names.str.contains(r"^[\x{4E00}-\x{9FFF}]*$") & ~names.str.contains_any(OLD_CHARACTERS)
    return _each(names, ~plain, fold)


def normalise_column(kind: str, numbers: pl.Series) -> pl.Series:
    """``privacy.normalise`` for a column; what is empty then is null."""
    plain = numbers.str.contains(r"^1[0-9]{10}$" if kind == PHONE else r"^[0-9A-Z]+$")
    return _each(numbers, ~plain, lambda number: normalise(kind, number) or None)


def _each(column: pl.Series, which: pl.Series, change: Callable[[str], str | None]) -> pl.Series:
    rows = which.fill_null(False).arg_true()
    if not len(rows):
        return column
    return column.clone().scatter(rows, [change(text) for text in column.gather(rows).to_list()])


def named(folded: pl.Series) -> NDArray[np.bool_]:
    """Which folded names stand for somebody in particular."""
    doubtful = folded.str.contains("^$|^[无不未佚姓身un]|之")
    stands = np.ones(len(folded), bool)
    for k in np.flatnonzero(doubtful.to_numpy()).tolist():
        stands[k] = not says_nothing(folded[k])
    return stands


def usable_phone(digits: str) -> str | None:
    """The normalised number, or None where it cannot be one (too short, or hardly two different digits)."""
    return digits if len(digits) >= SHORTEST_PHONE and len(set(digits)) > 2 else None


def boolean(column: pl.Series) -> NDArray[np.bool_]:
    """A column of truth values as an array; null is false."""
    values: NDArray[np.bool_] = column.fill_null(False).to_numpy()
    return values


def _hashes(values: pl.Series) -> NDArray[np.uint64]:
    return np.where(values.is_null().to_numpy(), np.uint64(0), values.hash().to_numpy())


def keys_of(blinds: Blinds) -> NDArray[np.uint64]:
    """64-bit keys of blind indexes; 0 for None."""
    joined = b"".join([b[:8] if b else b"\0" * 8 for b in blinds])
    return np.frombuffer(joined, np.uint64).copy()


def given(blinds: Blinds) -> NDArray[np.bool_]:
    """Which values there are."""
    return np.array([blind is not None for blind in blinds], bool)
