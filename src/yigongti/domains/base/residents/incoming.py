"""Incoming records of persons, cleaned: what resolve, match and batch linkage all start from (see ``cleaning``)."""

from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yigongti.domains.base.residents.comparison import NO_DAY, Persons, dates_of
from yigongti.domains.base.residents.models import IdentifierKind
from yigongti.domains.base.residents.names import Names, Spelling, spell
from yigongti.kernel.privacy.api import PHONE, blind_indexes

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
Blinds = list[bytes | None]
Column = pl.Series | list[Any]
"""Many values come as a series, a few as a list: a series of one costs more than all the work on it."""


@dataclass(frozen=True)
class Incoming:
    """Columns of cleaned records, parallel to each other; what is not known is null, 0 or None."""

    said: dict[str, Column]  # the columns as they came, trimmed
    names: Names
    named: NDArray[np.bool_]
    sex: NDArray[np.int8]  # 1, 2; 0 not known; the identity number's where that is valid, else what was typed
    days: NDArray[np.int32]  # birth date in days since 1970-01-01, likewise; NO_DAY
    typed_sex: NDArray[np.int8]
    typed_days: NDArray[np.int32]
    id_kind: Column  # null without a number
    id_number: Column  # normalised
    id_fault: NDArray[np.int8]  # index of formulas.ORDER for kind 01; -1 none
    id_digits: NDArray[np.uint8]
    phones: Column  # normalised, usable ones only

    def __len__(self) -> int:
        return len(self.sex)

    def column(self, name: str) -> list[Any]:
        """One of ``COLUMNS`` as it came."""
        return listed(self.said[name])

    @cached_property
    def has_id(self) -> NDArray[np.bool_]:
        return given(self.id_number)

    @property
    def _has_valid_id(self) -> NDArray[np.bool_]:
        card = _series(self.id_kind).eq_missing(IdentifierKind.ID_CARD.value).to_numpy()
        valid: NDArray[np.bool_] = card & (self.id_fault < 0)
        return valid

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
        kinds, numbers = listed(self.id_kind), listed(self.id_number)
        for kind in dict.fromkeys(kinds):
            if kind is not None:
                where = [k for k, own in enumerate(kinds) if own == kind]
                for k, blind in zip(where, blind_indexes(kind, [numbers[k] for k in where]), strict=True):
                    found[k] = blind
        return found

    @cached_property
    def patient_blinds(self) -> Blinds:
        return blind_indexes(IdentifierKind.PATIENT, self.column("patient_no"))

    @cached_property
    def card_blinds(self) -> Blinds:
        return blind_indexes(IdentifierKind.CARD, self.column("card_no"))

    @cached_property
    def phone_blinds(self) -> Blinds:
        return blind_indexes(PHONE, listed(self.phones))

    @cached_property
    def address_blinds(self) -> Blinds:
        return blind_indexes(ADDRESS, self.column("address"))

    def take(self, rows: NDArray[np.int64]) -> "Incoming":
        """Some of the records."""
        rest = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("said", "names")}
        taken = Incoming(
            said={name: _picked(column, rows) for name, column in self.said.items()},
            names=self.names.take(rows),
            **{name: _picked(column, rows) for name, column in rest.items()},
        )
        for name in ("born", "spelled", "id_blinds", "patient_blinds", "card_blinds", "phone_blinds", "address_blinds"):
            if name in self.__dict__:  # computed already
                taken.__dict__[name] = _picked(self.__dict__[name], rows)
        return taken

    @cached_property
    def persons(self) -> Persons:
        """For comparing with the index: keys are the first eight bytes of the blind indexes."""
        return self._persons(
            id_key=keys_of(self.id_blinds),
            card=keys_of(self.card_blinds),
            phone=keys_of(self.phone_blinds),
            address=keys_of(self.address_blinds),
            household=np.zeros(len(self), np.uint64),
        )

    @cached_property
    def persons_in_the_clear(self) -> Persons:
        """For comparing inside one process: keys are hashes of the values themselves, much faster."""
        return self._persons(
            id_key=_hashes(_series(self.id_kind) + _series(self.id_number)),
            card=_hashes(self.said["card_no"]),
            phone=_hashes(self.phones),
            address=_hashes(self.said["address"]),
            household=_hashes(self.said["household_no"]),
        )

    def _persons(self, **keys: NDArray[np.uint64]) -> Persons:
        return Persons(
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


def listed(column: Column) -> list[Any]:
    """A column as a list."""
    return column.to_list() if isinstance(column, pl.Series) else column


def _series(column: Column) -> pl.Series:
    return column if isinstance(column, pl.Series) else pl.Series(column, dtype=pl.String())


def _picked(column: Any, rows: NDArray[np.int64]) -> Any:
    return [column[k] for k in rows.tolist()] if isinstance(column, list) else column[rows]


def _hashes(column: Column) -> NDArray[np.uint64]:
    values = _series(column)
    return np.where(values.is_null().to_numpy(), np.uint64(0), values.hash().to_numpy())


def keys_of(blinds: Blinds) -> NDArray[np.uint64]:
    """64-bit keys of blind indexes; 0 for None."""
    joined = b"".join([b[:8] if b else b"\0" * 8 for b in blinds])
    return np.frombuffer(joined, np.uint64).copy()


def given(values: Column | Blinds) -> NDArray[np.bool_]:
    """Which values there are."""
    if isinstance(values, pl.Series):
        return values.is_not_null().to_numpy()
    return np.array([value is not None for value in values], bool)
