"""From columns of text to typed arrays: codes become their numbers, numbers become numbers, lists are laid out flat."""

from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from yigongti.domains.money.drg.grouping.batch import Cases
from yigongti.domains.money.drg.grouping.case import MISSING, OLDEST_YEARS, codes, number, sex_of
from yigongti.domains.money.drg.grouping.compiled import NO_CODE, Codes, Compiled, Ints
from yigongti.domains.money.drg.scheme.scheme import spelt


class Encoder:
    """Turns frames of cases (columns of text, see ``case.COLUMNS``) into ``Cases``."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self._diagnoses = pl.Enum(compiled.diagnoses.spellings)
        self._principals = pl.Enum(compiled.principals.spellings)
        self._procedures = pl.Enum(compiled.procedures.spellings)

    def cases(self, frame: pl.DataFrame, readable: npt.NDArray[np.bool_] | None = None) -> Cases:
        """``frame``: the columns of ``case.COLUMNS`` as text; null is empty."""
        diagnoses, procedures = self.compiled.diagnoses, self.compiled.procedures
        principal = self._numbers(frame["principal_diagnosis"], self._principals, self.compiled.principals)
        others, others_at = self._lists(frame["other_diagnoses"], self._diagnoses, diagnoses)
        operations = frame.select(
            pl.concat_str("principal_procedure", "other_procedures", separator="|", ignore_nulls=True).alias("all")
        )["all"]
        procedure_codes, procedures_at = self._lists(operations, self._procedures, procedures)
        return Cases(
            sex=_sexes(frame["sex"]),
            age_years=_numbers(frame["age_years"], OLDEST_YEARS),
            age_days=_numbers(frame["age_days"], 10**6),
            birth_weight_g=_numbers(frame["birth_weight_g"], 10**6),
            principal=principal,
            others=others,
            others_at=others_at,
            procedures=procedure_codes,
            procedures_at=procedures_at,
            readable=readable,
        )

    def _lists(self, column: pl.Series, kind: pl.Enum, known: Codes) -> tuple[Ints, npt.NDArray[np.int64]]:
        at = np.zeros(len(column) + 1, dtype=np.int64)
        if column.null_count() == len(column):
            return np.zeros(0, dtype=np.int32), at
        parts = column.fill_null("").str.split("|")
        lengths = parts.list.len().to_numpy()
        flat = self._numbers(parts.explode(), kind, known)
        keep = flat != NO_CODE
        if not keep.all():
            owners = np.repeat(np.arange(len(column)), lengths)
            lengths = np.bincount(owners[keep], minlength=len(column))
            flat = flat[keep]
        np.cumsum(lengths, out=at[1:])
        return flat, at

    def _numbers(self, column: pl.Series, kind: pl.Enum, known: Codes) -> Ints:
        """Numbers of codes; those not spelt as in the tables are looked at once more, one by one."""
        places = column.cast(kind, strict=False).to_physical().cast(pl.Int32)
        missing = np.flatnonzero(places.is_null().to_numpy())
        found = known.numbers[places.fill_null(0).to_numpy()]
        if len(missing):
            found = found.copy()
            texts = column.gather(missing).fill_null("")
            found[missing] = _again(texts, known)
        return found


def _again(texts: pl.Series, known: Codes) -> Ints:
    """Numbers of texts that are no spelling of the tables as they stand: empty, small letters, spaces, or unknown."""
    if not (texts != "").any():
        return np.full(len(texts), NO_CODE, dtype=np.int32)
    different = texts.unique()
    numbers = [known.number(code) if (code := spelt(text)) else NO_CODE for text in different.to_list()]
    return cast(Ints, texts.replace_strict(different, pl.Series(numbers, dtype=pl.Int32)).to_numpy())


def _sexes(column: pl.Series) -> npt.NDArray[np.int8]:
    different = column.unique()
    numbers = pl.Series([sex_of(text) for text in different.to_list()], dtype=pl.Int8)
    return cast("npt.NDArray[np.int8]", column.replace_strict(different, numbers, return_dtype=pl.Int8).to_numpy())


def _numbers(column: pl.Series, most: int) -> npt.NDArray[np.int32]:
    """As ``case.number``: plain digits at once, the rest one by one."""
    if column.null_count() == len(column):
        return np.full(len(column), MISSING, dtype=np.int32)
    plain = column.cast(pl.Int32, strict=False)
    strange = column.str.len_bytes() > 8  # many noughts, or a sign: the cast would take them
    strange |= column.str.starts_with("+") | column.str.starts_with("-")
    strange = strange.fill_null(False)
    odd = np.flatnonzero((plain.is_null() | (plain > most) | strange).to_numpy())
    found = plain.fill_null(MISSING).to_numpy()
    if len(odd):
        found = found.copy()
        texts = column.gather(odd)
        different = texts.unique()
        again = pl.Series([number(text, most) for text in different.to_list()], dtype=pl.Int32)
        found[odd] = texts.replace_strict(different, again, return_dtype=pl.Int32).to_numpy()
    return cast("npt.NDArray[np.int32]", found)


def unmapped_code(compiled: Compiled, row: dict[str, str | None]) -> str:
    """The first code of a row the scheme can't map, in the order they are looked at."""
    scheme = compiled.scheme
    principal = spelt(row["principal_diagnosis"] or "")
    if principal and scheme.principal(principal) is None:
        return principal
    for code in codes(row["other_diagnoses"]):
        if scheme.diagnosis(code) is None:
            return code
    for code in (*codes(row["principal_procedure"]), *codes(row["other_procedures"])):
        if scheme.procedure(code) is None:
            return code
    return ""
