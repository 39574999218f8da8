"""Where something happened: the institution named in a row, and its tier on the day."""

from dataclasses import dataclass
from datetime import date

import polars as pl
from django.conf import settings

from yigongti.domains.base.organisation import api as organisation
from yigongti.kernel.intake.api import REFUSAL, ROW, Storing

PAYERS = frozenset({"insurance_body", "city", "county"})


@dataclass(frozen=True)
class Places:
    """Institutions row by row (null where outside the county, or refused), and the refusals."""

    institution_ids: pl.Series
    refused: pl.DataFrame


@dataclass
class _Found:
    id: int | None
    ambiguous: bool = False


def find_institution(text: str, storing: Storing) -> int | None:
    """The institution a code or name means, asked once per batch. Raises organisation.AmbiguousOrganisation."""
    return _look_up(text, storing).id


def _look_up(text: str, storing: Storing) -> _Found:
    known = storing.memory.setdefault("institutions", {})
    assert isinstance(known, dict)
    if text not in known:
        try:
            view = organisation.find(text, place=settings.PLACE)
            known[text] = _Found(view.id if view else None)
        except organisation.AmbiguousOrganisation:
            known[text] = _Found(None, ambiguous=True)
    found: _Found = known[text]
    return found


def places_of(frame: pl.DataFrame, storing: Storing) -> Places:
    """The institutions of claims: by code, else by name. Inside the county each must be in the directory.

    Only who pays, or the government above, reports claims: one settlement told by two sources would count twice, and
    an institution's word on another's, or on what was spent outside, is not evidence. Pharmacies need not be in the
    directory: they are no institutions of the consortium. Outside the county the name is enough.
    """
    if organisation.get_many([storing.source_id])[storing.source_id].kind not in PAYERS:
        return Places(pl.Series("id", [None] * frame.height, pl.Int64()), _not_a_payer(frame))
    distinct = frame.select("institution_code", "institution_name").unique()
    found = [_one(code, name, storing) for code, name in distinct.iter_rows()]
    table = distinct.with_columns(
        pl.Series("found_id", [f.id for f in found], pl.Int64()),
        pl.Series("ambiguous", [f.ambiguous for f in found], pl.Boolean()),
    )
    rows = frame.select(ROW, "institution_code", "institution_name", "inside_county", "setting").join(
        table, on=["institution_code", "institution_name"], how="left", nulls_equal=True, maintain_order="left"
    )
    lost = pl.col("found_id").is_null() & pl.col("inside_county") & (pl.col("setting") != "pharmacy")
    refused = rows.filter(lost).select(
        ROW,
        pl.when("ambiguous")
        .then(pl.lit("ambiguous_institution"))
        .otherwise(pl.lit("unknown_institution"))
        .alias("code"),
        pl.lit("institution_name").alias("column"),
        pl.col("institution_name").alias("value"),
    )
    ids = rows.select(pl.when("inside_county").then("found_id").alias("id"))["id"]
    return Places(ids, refused.cast(REFUSAL))  # type: ignore[arg-type]


def _not_a_payer(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        ROW,
        pl.lit("not_a_payer").alias("code"),
        pl.lit("claim_no").alias("column"),
        pl.col("claim_no").alias("value"),
    ).cast(REFUSAL)  # type: ignore[arg-type]


def _one(code: str | None, name: str, storing: Storing) -> _Found:
    by_code = _look_up(code, storing) if code else _Found(None)
    return by_code if by_code.id is not None else _look_up(name, storing)


def tiers_of(facts: pl.DataFrame, storing: Storing) -> pl.Series:
    """The tier of each fact's institution on its day; null for one without. Asked once per institution and batch."""
    known = storing.memory.setdefault("tiers", {})
    assert isinstance(known, dict)
    ids = set(facts["institution_id"].unique().drop_nulls().to_list())
    if unknown := ids - known.keys():
        known |= {institution_id: [] for institution_id in unknown}
        for institution_id, tier, starts_on, ends_on in organisation.tier_spans(unknown):
            known[institution_id].append((tier, starts_on, ends_on))
    days = facts.select("institution_id", "happened_on").unique()
    tiers = [_tier_on(known.get(institution_id, []), on) for institution_id, on in days.iter_rows()]
    table = days.with_columns(pl.Series("found_tier", tiers, pl.String()))
    return facts.join(table, on=["institution_id", "happened_on"], how="left", nulls_equal=True, maintain_order="left")[
        "found_tier"
    ]


def _tier_on(spans: list[tuple[str, date, date | None]], on: date) -> str | None:
    for tier, starts_on, ends_on in spans:
        if starts_on <= on and (ends_on is None or on < ends_on):
            return tier
    return None
