"""Incoming records of persons, cleaned: what resolve, match and batch linkage all start from."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yigongti.domains.base.residents import formulas
from yigongti.domains.base.residents.comparison import Persons
from yigongti.domains.base.residents.models import DOCUMENTS, IdentifierKind
from yigongti.domains.base.residents.names import Names, fold, read_names, says_nothing
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
    """A column of cleaned records. Arrays run parallel to the frame's rows; lists hold None where nothing is known."""

    frame: pl.DataFrame
    names: Names
    named: NDArray[np.bool_]
    sex: NDArray[np.int8]  # 1, 2; 0 not known
    born: list[date | None]  # the identity number's date where it is valid, else what was typed
    id_kind: list[str | None]
    id_number: list[str | None]  # normalised
    id_fault: NDArray[np.int8]  # index of formulas.ORDER for kind 01; -1 none
    birth_date_differs: NDArray[np.bool_]  # from a valid identity number
    sex_differs: NDArray[np.bool_]
    id_digits: NDArray[np.uint8]

    def __len__(self) -> int:
        return self.frame.height

    @property
    def has_id(self) -> NDArray[np.bool_]:
        return np.array([number is not None for number in self.id_number], bool)

    @cached_property
    def id_blinds(self) -> Blinds:
        found: Blinds = [None] * len(self)
        for kind in set(self.id_kind) - {None}:
            where = [k for k, own in enumerate(self.id_kind) if own == kind]
            for k, blind in zip(where, blind_indexes(kind or "", [self.id_number[k] for k in where]), strict=True):
                found[k] = blind
        return found

    @cached_property
    def patient_blinds(self) -> Blinds:
        return blind_indexes(IdentifierKind.PATIENT, self.frame["patient_no"].to_list())

    @cached_property
    def card_blinds(self) -> Blinds:
        return blind_indexes(IdentifierKind.CARD, self.frame["card_no"].to_list())

    @cached_property
    def phones(self) -> list[str | None]:
        return [usable_phone(p) for p in self.frame["phone"].to_list()]

    @cached_property
    def phone_blinds(self) -> Blinds:
        return blind_indexes(PHONE, self.phones)

    @cached_property
    def address_blinds(self) -> Blinds:
        return blind_indexes(ADDRESS, self.frame["address"].to_list())

    def take(self, rows: NDArray[np.int64]) -> "Incoming":
        """Some of the records."""
        picked = rows.tolist()
        taken = Incoming(
            frame=self.frame[rows],
            names=self.names.take(rows),
            named=self.named[rows],
            sex=self.sex[rows],
            born=[self.born[k] for k in picked],
            id_kind=[self.id_kind[k] for k in picked],
            id_number=[self.id_number[k] for k in picked],
            id_fault=self.id_fault[rows],
            birth_date_differs=self.birth_date_differs[rows],
            sex_differs=self.sex_differs[rows],
            id_digits=self.id_digits[rows],
        )
        for cached in ("id_blinds", "patient_blinds", "card_blinds", "phones", "phone_blinds", "address_blinds"):
            if cached in self.__dict__:
                taken.__dict__[cached] = [self.__dict__[cached][k] for k in picked]
        return taken

    @cached_property
    def persons(self) -> Persons:
        """For comparing: keys are the first eight bytes of the blind indexes."""
        born = self.born
        return Persons(
            names=self.names,
            named=self.named,
            sex=self.sex,
            year=np.array([b.year if b else 0 for b in born], np.int16),
            month=np.array([b.month if b else 0 for b in born], np.int8),
            day=np.array([b.day if b else 0 for b in born], np.int8),
            id_key=keys_of(self.id_blinds),
            id_valid=self.id_fault < 0,
            id_digits=self.id_digits,
            card=keys_of(self.card_blinds),
            phone=keys_of(self.phone_blinds),
            address=keys_of(self.address_blinds),
            household=np.zeros(len(self), np.uint64),
        )


def clean(frame: pl.DataFrame, *, on: date | None = None) -> Incoming:
    """Normalise a frame with (some of) ``COLUMNS``; ``on`` is the day numbers are checked for, today when left out."""
    frame = with_all_columns(frame)
    count = frame.height
    folded = [fold(name) if name else "" for name in frame["name"].to_list()]
    id_kind: list[str | None] = []
    id_number: list[str | None] = []
    for kind, number in zip(frame["id_type"].to_list(), frame["id_number"].to_list(), strict=True):
        plain = normalise(kind or "01", number) if number else None
        id_number.append(plain or None)
        id_kind.append((kind if kind in DOCUMENTS else "01" if kind is None else "99") if plain else None)
    is_card = np.array([kind == IdentifierKind.ID_CARD for kind in id_kind], bool)
    read = formulas.read_id_numbers(
        [number or "" if card else "" for number, card in zip(id_number, is_card, strict=True)], on=on or clock.today()
    )
    fault = np.where(is_card, read.fault, -1).astype(np.int8)
    valid = is_card & (read.fault < 0)

    typed = frame["birth_date"].cast(pl.Int32).to_numpy(writable=False).astype(np.float64)  # null becomes nan
    birth_date_differs = valid & ~np.isnan(typed) & (typed != read.born)
    days = np.where(valid, read.born.astype(np.float64), typed)
    unknown = np.isnan(days)
    dates = np.where(unknown, 0, days).astype("datetime64[D]").tolist()
    born = [None if missing else day for day, missing in zip(dates, unknown.tolist(), strict=True)]

    said = frame["sex"].replace_strict({"1": 1, "2": 2}, default=0, return_dtype=pl.Int8).fill_null(0).to_numpy()
    sex_differs = valid & (said != 0) & (said != read.sex)
    return Incoming(
        frame=frame,
        names=read_names(folded),
        named=np.array([not says_nothing_folded(key) for key in folded], bool).reshape(count),
        sex=np.where(valid, read.sex, said).astype(np.int8),
        born=born,
        id_kind=id_kind,
        id_number=id_number,
        id_fault=fault,
        birth_date_differs=birth_date_differs,
        sex_differs=sex_differs,
        id_digits=read.digits,
    )


def says_nothing_folded(key: str) -> bool:
    """``says_nothing`` with the quick answer first: most names cannot be anonymous."""
    return not key or ((key[0] in "无不未佚姓身un" or "之" in key) and says_nothing(key))


def usable_phone(number: str | None) -> str | None:
    """The normalised number, or None where it cannot be one (too short, or all digits the same)."""
    digits = normalise(PHONE, number) if number else ""
    return digits if len(digits) >= SHORTEST_PHONE and len(set(digits)) > 2 else None


def keys_of(blinds: Blinds) -> NDArray[np.uint64]:
    """64-bit keys of blind indexes; 0 for None."""
    joined = b"".join([b[:8] if b else b"\0" * 8 for b in blinds])
    return np.frombuffer(joined, np.uint64).copy()


def given(blinds: Blinds) -> NDArray[np.bool_]:
    """Which values there are."""
    return np.array([blind is not None for blind in blinds], bool)
