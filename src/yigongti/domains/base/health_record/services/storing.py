"""How a row of each extract becomes a fact. Loop, checks and counting are intake's; the table is writing.py's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import polars as pl

from yigongti.domains.base.health_record.claims import months_taken_back, months_taking_back, reversals_among
from yigongti.domains.base.health_record.extracts import CLAIM_SHEET
from yigongti.domains.base.health_record.services.persons import Persons, persons_of
from yigongti.domains.base.health_record.services.places import Places, places_of, tiers_of
from yigongti.domains.base.health_record.services.writing import FACT_SCHEMA, write
from yigongti.kernel.intake.api import REFUSAL, ROW, Stored, Storing
from yigongti.kernel.privacy.api import key

PERSON = ("patient_no", "name", "sex", "birth_date", "id_type", "id_number", "phone")
"""Columns that say who a row is about: the master index judges them, they are not part of the fact."""

HASH = "content_hash"

SHEET = tuple(column.field for column in CLAIM_SHEET if column.name not in ("department", "doctor"))
"""What of the settlement list has no column of its own in the table of facts."""

_LOINC = r"^\d{1,7}-\d$"
_NUMBER = r"^[+-]?\d{1,12}(\.\d+)?$"
_LONG_FRACTION = r"\.\d{7,}$"


@dataclass(frozen=True)
class Row:
    """One extract's way into the table: expressions per column of the fact; what is not named stays empty.

    ``place``: the institution stands in the row (claims) and not in the sender.
    """

    kind: str
    happened_at: str
    columns: Mapping[str, pl.Expr]
    number: pl.Expr
    system: Callable[[], pl.Expr]
    detail: tuple[str, ...] = ()
    place: bool = False


def _fixed(system: str) -> Callable[[], pl.Expr]:
    return lambda: pl.lit(system)


def _loinc_or_local() -> pl.Expr:
    return pl.when(pl.col("code").str.contains(_LOINC)).then(pl.lit("loinc")).otherwise(pl.lit("local"))


def _text(name: str) -> pl.Expr:
    return pl.col(name)


ENCOUNTER = Row(
    kind="encounter",
    happened_at="started_at",
    number=_text("encounter_no"),
    system=_fixed("icd10"),
    columns={
        "ended_at": _text("ended_at"),
        "setting": _text("setting"),
        "department": _text("department"),
        "practitioner": _text("doctor"),
        "encounter_no": _text("encounter_no"),
        "code": _text("main_diagnosis_code"),
        "display": _text("main_diagnosis"),
        "total_fen": _text("total_fen"),
        "tcm": _text("tcm"),
    },
    detail=("discharge_way",),
)
CONDITION = Row(
    kind="condition",
    happened_at="diagnosed_at",
    # One of a patient's list of problems belongs to no visit: its number is the patient's.
    number=pl.concat_str(pl.coalesce("encounter_no", pl.lit("@") + pl.col("patient_no")), pl.lit("#"), "diagnosis_no"),
    system=_fixed("icd10"),
    columns={
        "encounter_no": _text("encounter_no"),
        "code": _text("code"),
        "display": _text("diagnosis_name"),
    },
    detail=("rank",),
)
OBSERVATION = Row(
    kind="observation",
    happened_at="measured_at",
    number=_text("measurement_no"),
    system=_loinc_or_local,
    columns={
        "encounter_no": _text("encounter_no"),
        "code": _text("code"),
        "display": _text("item"),
        "value": pl.when(_text("value").str.contains(_NUMBER)).then(_text("value")),
        "value_text": pl.when(~_text("value").str.contains(_NUMBER) | _text("value").str.contains(_LONG_FRACTION)).then(
            _text("value")
        ),
        "unit": _text("unit"),
    },
)
CLAIM = Row(
    kind="claim",
    happened_at="settled_at",
    number=_text("claim_no"),
    system=_fixed("icd10"),
    columns={
        "inside_county": _text("inside_county"),
        "setting": _text("setting"),
        "code": _text("main_diagnosis_code"),
        "display": _text("main_diagnosis"),
        "total_fen": _text("total_fen"),
        "fund_fen": _text("fund_fen"),
        "self_paid_fen": _text("self_paid_fen"),
        "insurance_kind": _text("insurance_kind"),
        "department": _text("department"),
        "practitioner": _text("doctor"),
    },
    detail=("started_at", "ended_at", *SHEET),
    place=True,
)
PROCEDURE = Row(
    kind="procedure",
    happened_at="performed_at",
    number=_text("procedure_no"),
    system=_fixed("icd9cm3"),
    columns={
        "ended_at": _text("ended_at"),
        "practitioner": _text("doctor"),
        "encounter_no": _text("encounter_no"),
        "code": _text("code"),
        "display": _text("procedure_name"),
    },
)
MEDICATION = Row(
    kind="medication",
    happened_at="prescribed_at",
    number=_text("medication_no"),
    system=_fixed("local"),
    columns={
        "ended_at": _text("ended_at"),
        "encounter_no": _text("encounter_no"),
        "code": _text("code"),
        "display": _text("drug_name"),
        "value": pl.when(_text("quantity").str.contains(_NUMBER)).then(_text("quantity")),
        "value_text": pl.when(~_text("quantity").str.contains(_NUMBER)).then(_text("quantity")),
        "unit": _text("unit"),
        "total_fen": _text("total_fen"),
    },
    detail=("usage", "days"),
)
IMMUNISATION = Row(
    kind="immunisation",
    happened_at="given_at",
    number=_text("immunisation_no"),
    system=_fixed("local"),
    columns={"code": _text("code"), "display": _text("vaccine")},
    detail=("dose_no", "lot_no"),
)
DOCUMENT = Row(
    kind="document",
    happened_at="written_at",
    number=_text("document_no"),
    system=_fixed("local"),
    columns={
        "practitioner": _text("author"),
        "encounter_no": _text("encounter_no"),
        "code": _text("code"),
        "display": _text("title"),
    },
    detail=("content",),
)


def sink_of(mapping: Row) -> Callable[[pl.DataFrame, Storing], Stored]:
    """The function that stores an extract's frames as facts."""

    def store(frame: pl.DataFrame, storing: Storing) -> Stored:
        return _store(mapping, frame, storing)

    return store


def _store(mapping: Row, frame: pl.DataFrame, storing: Storing) -> Stored:
    persons: Persons = persons_of(frame, storing)
    refused = persons.refused
    frame = frame.with_columns(persons.resident_ids.alias("resident_id"))
    if mapping.place:
        places: Places = places_of(frame, storing)
        refused = pl.concat([refused, places.refused.join(refused, on=ROW, how="anti")])
        refused = pl.concat([refused, _taken_back_again(frame, storing).join(refused, on=ROW, how="anti")])
        frame = frame.with_columns(places.institution_ids.alias("institution_id"))
    if refused.height:
        frame = frame.join(refused, on=ROW, how="anti", maintain_order="left")
    written = write(
        facts_of(mapping, frame, storing), kind=mapping.kind, source_id=storing.source_id, batch_id=storing.batch_id
    )
    months = written.months
    if mapping.kind == "claim":
        reversed_, sent = frame["reverses"].drop_nulls().to_list(), frame["claim_no"].to_list()
        if reversed_ or written.updated:
            months |= months_taken_back(storing.source_id, reversed_, sent if written.updated else ())
        if written.stored:
            months |= months_taking_back(storing.source_id, sent)
    return Stored(
        stored=written.stored,
        updated=written.updated,
        unchanged=written.unchanged,
        refused=pl.concat([refused, written.refused]),
        months=months,
    )


def _taken_back_again(frame: pl.DataFrame, storing: Storing) -> pl.DataFrame:
    """Refusals of what takes back a reversal: known from before, or of this frame. One that comes before the reversal
    it names is let in; a screen of the claims finds it."""
    named = frame.filter(pl.col("reverses").is_not_null()).select(
        ROW, pl.lit("reverses_a_reversal").alias("code"), pl.lit("reverses").alias("column"),
        pl.col("reverses").alias("value"),
    )  # fmt: skip
    if named.is_empty():
        return named.cast(REFUSAL)  # type: ignore[arg-type]
    here = frame.filter(pl.col("reverses").is_not_null())["claim_no"]
    before = reversals_among(storing.source_id, named["value"].unique()) - set(frame["claim_no"])
    return named.filter(pl.col("value").is_in([*before, *here])).cast(REFUSAL)  # type: ignore[arg-type]


def facts_of(mapping: Row, frame: pl.DataFrame, storing: Storing) -> pl.DataFrame:
    """ROW and FACT_SCHEMA of a frame whose residents (and, for claims, institutions) are known."""
    at = pl.col(mapping.happened_at)
    columns: dict[str, pl.Expr] = {
        "kind": pl.lit(mapping.kind),
        "resident_id": pl.col("resident_id"),
        "happened_on": at.dt.date(),
        "happened_at": at,
        "source_id": pl.lit(storing.source_id),
        "institution_id": pl.col("institution_id") if mapping.place else pl.lit(storing.source_id),
        "institution_name": pl.col("institution_name") if mapping.place else pl.lit(None),
        "inside_county": pl.lit(True),
        "patient_no": pl.col("patient_no"),
        "code_system": pl.when(pl.col("code_system").is_not_null())
        .then(pl.col("code_system").str.to_lowercase().str.replace_all(r"[-_ ]", ""))
        .otherwise(mapping.system()),
        "record_no": mapping.number,
        "detail": _detail([name for name in mapping.detail if frame[name].null_count() < frame.height]),
        **mapping.columns,
    }
    if "ended_at" in mapping.columns:  # an end given as a bare day on the day it began
        columns["ended_at"] = pl.max_horizontal("ended_at", at).cast(FACT_SCHEMA["ended_at"])
        columns["ended_at"] = pl.when(pl.col("ended_at").is_not_null()).then(columns["ended_at"])
    made = frame.select(
        ROW,
        *(
            columns.get(name, pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in FACT_SCHEMA.items()
            if name not in ("tier", "content_hash")
        ),
    )
    tiers = tiers_of(made, storing)
    return made.with_columns(
        pl.when("inside_county").then(tiers).otherwise(pl.lit("outside")).alias("tier"), frame[HASH]
    ).select(ROW, *FACT_SCHEMA)


def _detail(names: Sequence[str]) -> pl.Expr:
    """The rarer columns as JSON, without those that are empty; null where all are."""
    if not names:
        return pl.lit(None, pl.String())
    parts = [
        pl.when(pl.col(name).is_not_null()).then(
            # {"name":value} without its braces
            pl.struct(pl.col(name)).struct.json_encode().str.strip_prefix("{").str.strip_suffix("}")
        )
        for name in names
    ]
    joined = pl.concat_str(parts, separator=",", ignore_nulls=True)
    return pl.when(joined != "").then(pl.concat_str(pl.lit("{"), joined, pl.lit("}")))


def content_hashes(frame: pl.DataFrame) -> pl.Series:
    """A keyed hash of what the source sent in each row, as 32 hexadecimal digits.

    Of the person it covers the patient number only (or, without one, the document), so that a corrected spelling of a
    name doesn't make all facts new. Columns that are empty don't count, so a column added to an extract later changes
    nothing. The key keeps numbers of persons from being guessed from it.
    """
    skip = {ROW, "resident_id", "institution_id", *PERSON}
    names = sorted(name for name in frame.columns if name not in skip and frame[name].null_count() < frame.height)
    who = pl.coalesce(pl.lit("patient_no=") + pl.col("patient_no"), pl.lit("id_number=") + pl.col("id_number"))
    text = pl.concat_str(
        [who, *(pl.lit(f"{name}=") + _as_text(frame, name) for name in names)], separator="\x1f", ignore_nulls=True
    )
    begun = blake2b(digest_size=16, key=key("fact-content"))
    found = []
    for said in frame.select(text.cast(pl.Binary()).alias("text"))["text"].to_list():
        one = begun.copy()
        one.update(said)
        found.append(one.digest())
    return pl.Series(HASH, found, pl.Binary()).bin.encode("hex")


def prepare(frame: pl.DataFrame) -> pl.DataFrame:
    """What can be done before the chunk's turn comes: the hashes."""
    return frame.with_columns(content_hashes(frame))


def _as_text(frame: pl.DataFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    return (column.dt.epoch("s") if isinstance(frame.schema[name], pl.Datetime) else column).cast(pl.String())
