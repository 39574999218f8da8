"""Whom each row is about. The master index decides; what it decided is remembered for the rest of the batch."""

from dataclasses import dataclass

import polars as pl

from yigongti.domains.base.health_record.lake import mark_residents_changed
from yigongti.domains.base.health_record.services.places import find_institution
from yigongti.domains.base.residents import api as residents
from yigongti.kernel.intake.api import REFUSAL, ROW, Stored, Storing

SAID = ("patient_no", "name", "sex", "birth_date", "id_type", "id_number", "phone")
"""What a row of facts says about its person."""

_AT_REGISTRATION = (*SAID, "card_no", "address", "household_no", "relation_to_head", "insurance_kind")
_MEMORY = "persons"


@dataclass(frozen=True)
class Persons:
    """Residents row by row (null where refused), and the refusals."""

    resident_ids: pl.Series
    refused: pl.DataFrame


def persons_of(frame: pl.DataFrame, storing: Storing) -> Persons:
    """The residents of a frame with the columns SAID. Each distinct person is put to the index once per batch."""
    known = storing.memory.get(_MEMORY)
    rows = frame.select(ROW, *SAID)
    if isinstance(known, pl.DataFrame):
        rows = rows.join(known, on=list(SAID), how="left", nulls_equal=True, maintain_order="left")
        asked = rows.filter(pl.col("resident_id").is_null()).select(ROW, *SAID)
    else:
        rows = rows.with_columns(pl.lit(None, pl.Int64()).alias("resident_id"))
        asked = rows.select(ROW, *SAID)
    if asked.is_empty():
        return Persons(rows["resident_id"], pl.DataFrame(schema=REFUSAL))
    answers = residents.resolve(
        asked, source_id=storing.source_id, actor=storing.actor, batch_id=storing.batch_id
    ).select(ROW, pl.col("resident_id").alias("found"), "reason")
    learnt = (
        asked.join(answers, on=ROW, maintain_order="left")
        .filter(pl.col("found").is_not_null())
        .select(*SAID, pl.col("found").alias("resident_id"))
        .unique(list(SAID))
    )
    storing.memory[_MEMORY] = pl.concat([known, learnt]) if isinstance(known, pl.DataFrame) else learnt
    found = rows.join(answers, on=ROW, how="left", maintain_order="left").select(
        pl.coalesce("resident_id", "found").alias("resident_id")
    )["resident_id"]
    return Persons(found, _refusals(answers.filter(pl.col("found").is_null())))


def _refusals(answers: pl.DataFrame) -> pl.DataFrame:
    return answers.select(
        ROW, pl.col("reason").alias("code"), pl.lit(None).alias("column"), pl.lit(None).alias("value")
    ).cast(REFUSAL)  # type: ignore[arg-type]


def register(frame: pl.DataFrame, storing: Storing) -> Stored:
    """Store the rows of the residents extract in the master index.

    A managing institution must be in the directory. Stored: residents not known before; updated: known ones about
    whom a row said something new, whether or not it also raised a question.
    """
    names = frame["managing_institution"].unique().drop_nulls().to_list()
    ids = pl.DataFrame(
        {"managing_institution": names, "managing_institution_id": [find_institution(n, storing) for n in names]},
        schema={"managing_institution": pl.String(), "managing_institution_id": pl.Int64()},
    )
    rows = frame.join(ids, on="managing_institution", how="left", maintain_order="left")
    lost = rows.filter(pl.col("managing_institution").is_not_null() & pl.col("managing_institution_id").is_null())
    refused = lost.select(
        ROW,
        pl.lit("unknown_institution").alias("code"),
        pl.lit("managing_institution").alias("column"),
        pl.col("managing_institution").alias("value"),
    ).cast(REFUSAL)  # type: ignore[arg-type]
    rows = rows.join(lost, on=ROW, how="anti", maintain_order="left")
    answers = residents.resolve(
        rows.select(ROW, *_AT_REGISTRATION, "managing_institution_id"),
        source_id=storing.source_id,
        actor=storing.actor,
        batch_id=storing.batch_id,
    )
    bad = answers.filter(pl.col("resident_id").is_null())
    good = answers.group_by("resident_id").agg(pl.col("created").any(), pl.col("changed").any())
    good = good.filter(pl.col("resident_id").is_not_null())
    stored = int(good["created"].sum())
    known = good.filter(pl.col("changed") & ~pl.col("created"))
    updated = known.height
    mark_residents_changed(known["resident_id"].to_list())
    return Stored(
        stored=stored,
        updated=updated,
        unchanged=answers.height - bad.height - stored - updated,
        refused=pl.concat([refused, _refusals(bad)]),
    )
