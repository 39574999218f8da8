"""Clearing a year of 5 million claims, from the files to the statement and all checks, against bare DuckDB that adds up
the same columns of the same files."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from bench.harness import Result, seconds, size
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.insurance_fund import checks, claims, computing, gathering, trying
from yigongti.domains.money.insurance_fund.models import FundYear
from yigongti.domains.money.insurance_fund.rules import Plain
from yigongti.domains.money.insurance_fund.services import drafting
from yigongti.kernel import clock
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.lake.api import dataset_named
from yigongti.kernel.lake.models import Part

NAME = "clearing"
AIM = "clearing of 5 million claims, read to stated ≤ 1.5× bare DuckDB adding up the same columns; a what-if < 1 s"

ROWS = 5_000_000
PLACE, YEAR = "kunshan", 2025


def run() -> list[Result]:
    """A year of Kunshan's: three areas, thirty members and a hundred institutions elsewhere."""
    actor = system_actor("bench")
    organisation.load_place(PLACE, actor)
    files, told = _make(size(ROWS) // 12)
    case = _year()
    found = gathering.gather(case)
    if found.scope is None or found.snapshot is None or found.statement is None or found.sums is None:
        raise AssertionError(found.why)
    of, taken, referrals = found.scope, found.snapshot, found.referrals
    sql = f"""
        SELECT managing_id, institution_id, date_trunc('month', claims.happened_on) AS month, setting = 'pharmacy',
               inside_county, match = 'covered', sum(visits), sum(fund_fen), sum(total_fen),
               sum(CASE WHEN match <> 'covered' THEN with_fen - without_fen END)
        FROM read_parquet({files!r}) claims LEFT JOIN read_parquet({told!r}) told ON told.id = claims.id
        WHERE claims.place = '{PLACE}' AND insurance_kind = '02' AND insured_division IN ('', '320583')
          AND claims.happened_on >= DATE '{YEAR}-01-01' AND claims.happened_on < DATE '{YEAR + 1}-01-01'
        GROUP BY ALL
    """
    bare = _bare(sql)
    if sum(int(row[7]) for row in bare) != found.statement.fen("claims"):
        raise AssertionError("the two do not agree")

    def whole() -> None:
        computing.compute(found.rules, found.inputs, claims.sums(taken, of, referrals))

    counted = f"{sum(int(row[6]) for row in bare):,} visits"
    ours, plain = seconds(whole), seconds(lambda: _bare(sql))
    checked = seconds(lambda: checks.findings(found, clearing=True), repeats=1)
    changes: dict[str, Plain] = {
        "insurance_fund.budget.persons_weight": Decimal("0.8"),
        "insurance_fund.surplus.rule": "shared_in_band",
    }
    rows = size(ROWS)
    return [
        Result(f"clearing of {rows:,} claims: read, summed, stated", "s", ours, plain, aim=1.5, note=counted),
        Result("the same with every check (duplicates, reversals, two places …)", "s", ours + checked, plain),
        Result("what if: every holder and member", "s", seconds(lambda: trying.attempt(found, changes)), aim=1.0),
    ]


def _bare(sql: str) -> list[tuple[Any, ...]]:
    return duckdb.connect().execute(sql).fetchall()


def _year() -> FundYear:
    """A year with everything entered."""
    actor = system_actor("bench")
    case = drafting.open_year(PLACE, YEAR, "residents", actor=actor)
    drafting.enter(
        case, actor=actor, individual_fen=40_000, subsidy_fen=67_000, given_fen=None,
        holders={
            row.pk: drafting.HolderEntry(Decimal(1), Decimal(0), None, {YEAR - 1: (10**10 + row.pk, 10**6)})
            for row in case.holders()
        },
        persons={row.pk: 30_000 for row in case.members()},
        points={},
    )  # fmt: skip
    return case


def _make(per_month: int) -> tuple[list[str], list[str]]:
    """Twelve months of random claims, and how those out of the county stand to certificates, in the datasets' own
    schemas; returns the files of both."""
    schema = dataset_named("claims").schema
    draw = np.random.default_rng(7)
    members = np.array([view.id for view in organisation.institutions(PLACE, date(YEAR, 12, 31)) if view.tier])
    elsewhere = np.arange(100_000, 100_100)
    categories = np.array([f"{letter}{n:02d}" for letter in "ABCDEFGHIJKLMNOPQRSTZ" for n in range(100)])
    empty = pa.array([""] * per_month)
    made, told = [], []
    for month in range(1, 13):
        start = date(YEAR, month, 1)
        days = (clock.next_month(start) - start).days
        on = np.array([start + timedelta(days=d) for d in range(days)], dtype="datetime64[D]")[
            np.sort(draw.integers(0, days, per_month))
        ]
        own = draw.random(per_month) < 0.85
        institution = np.where(
            own, members[draw.integers(0, len(members), per_month)], draw.choice(elsewhere, per_month)
        )
        fen = draw.integers(1_000, 2_000_000, per_month)
        numbers = np.arange(per_month) + month * per_month
        inpatient, pharmacy = draw.random(per_month) < 0.05, draw.random(per_month) < 0.1
        referred, paid = ~own & (draw.random(per_month) < 0.5), fen * 6 // 10
        code = categories[draw.integers(0, len(categories), per_month)]
        known = {
            "id": numbers, "place": pa.array([PLACE]).take(pa.array(np.zeros(per_month, dtype="int8"))),
            "happened_on": on, "resident_id": draw.integers(1, 1_000_000, per_month),
            "managing_id": members[draw.integers(0, len(members), per_month)],
            "source_id": np.full(per_month, 1), "institution_id": institution,
            "institution_name": np.char.add("机构", institution.astype(str)), "inside_county": own,
            "tier": np.where(own, "primary", "tertiary"),
            "setting": np.where(inpatient, "inpatient", np.where(pharmacy, "pharmacy", "outpatient")),
            "category": code, "code": code, "total_fen": fen, "fund_fen": paid, "self_paid_fen": fen - paid,
            "insurance_kind": np.where(draw.random(per_month) < 0.7, "02", "01"), "tcm": draw.random(per_month) < 0.2,
            "record_no": np.char.add("N", numbers.astype(str)), "recorded_on": on, "service_start": on,
            "service_end": on, "certificate_no": np.where(referred, "Z1", ""), "cancelled": np.zeros(per_month, bool),
            "visits": np.ones(per_month, dtype="int32"),
        }  # fmt: skip
        columns = []
        for field in schema:
            if field.name in known:
                columns.append(pa.array(known[field.name]).cast(field.type))
            elif field.type == pa.string():
                columns.append(empty)
            else:
                columns.append(pa.nulls(per_month, field.type))
        made.append(_published("claims", start, pa.table(columns, schema=schema)))
        away, half = np.flatnonzero(~own), int((~own).sum())
        with_fen = paid[away] + np.where(referred[away], 0, fen[away] // 10)
        told.append(_published("claim_referrals", start, pa.table({
            "id": numbers[away], "place": [PLACE] * half, "happened_on": on[away],
            "match": np.where(referred[away], "covered", "none"), "certificate_id": np.ones(half, dtype="int64"),
            "with_fen": with_fen, "without_fen": paid[away],
        }).cast(dataset_named("claim_referrals").schema)))  # fmt: skip
    return made, told


def _published(dataset: str, start: date, rows: pa.Table) -> str:
    file = f"{dataset}/{start:%Y-%m}.bench.parquet"
    path = settings.VAR / "lake" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, path, compression="zstd", row_group_size=256 * 1024)
    Part.objects.create(dataset=dataset, month=start, file=file, rows=rows.num_rows, published_at=clock.now())
    return str(path)
