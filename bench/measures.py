"""The four measures over 20 million rows of the lake, and the way down to records, against bare DuckDB."""

import random
import time
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from bench.harness import Result, percentile, seconds, size
from yigongti.domains.oversight.indicators import api
from yigongti.kernel import clock
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.lake.api import dataset_named
from yigongti.kernel.lake.models import Part

NAME = "measures"
AIM = "the four measures over 20 million encounters ≤ 1.3× the same SQL in bare DuckDB; first 50 records p95 ≤ 200 ms"

ROWS = 20_000_000
PLACE = "kunshan"
SETTINGS = np.array(["outpatient", "emergency", "home", "inpatient", "pharmacy"])
TIERS = np.array(["village", "primary", "secondary", "tertiary"])
VISITS = "('outpatient', 'emergency', 'home')"

BARE = {
    "in_county_visit_rate": ("claims", f"setting IN {VISITS}", "inside_county", "1"),
    "in_county_admission_rate": ("claims", "setting = 'inpatient'", "inside_county", "1"),
    "grassroots_visit_share": ("encounters", f"setting IN {VISITS}", "tier IN ('village', 'primary')", "1"),
    "fund_share_in_county": ("claims", "setting <> 'pharmacy'", "inside_county", "fund_fen"),
}


def run() -> list[Result]:
    """Half the rows are visits, half are claims, spread over the twelve months of 2025."""
    rows = size(ROWS)
    files = {name: _make(name, rows // 2 // 12) for name in ("encounters", "claims")}
    actor, period = system_actor("bench"), api.period("2025")
    results = []
    total_ours = total_bare = 0.0
    for name, (dataset, counted, of_which, amount) in BARE.items():
        measure = api.measure_named(name)
        figure = api.figure(measure, period, actor=actor, place=PLACE)
        sql = f"""
            SELECT date_trunc('month', happened_on), sum(CASE WHEN {of_which} THEN {amount} ELSE 0 END), sum({amount})
            FROM read_parquet({files[dataset]!r}) WHERE place = '{PLACE}' AND {counted} GROUP BY 1
        """
        bare = _bare(sql)
        if (sum(int(r[1]) for r in bare), sum(int(r[2]) for r in bare)) != (figure.numerator, figure.denominator):
            raise AssertionError(f"{name}: the two do not agree")
        total_ours += seconds(lambda m=measure: api.figure(m, period, actor=actor, place=PLACE))
        total_bare += seconds(lambda s=sql: _bare(s))
    results.append(Result(f"four measures, {rows:,} rows", "s", total_ours, total_bare, aim=1.3))
    samples, agreed = _drill(actor, period, 200)
    results.append(
        Result("figure → first 50 records, p95", "ms", percentile(samples, 95), aim=200, note=f"{agreed} counts agree")
    )
    return results


def _bare(sql: str) -> list[tuple[object, ...]]:
    return duckdb.connect().execute(sql).fetchall()


def _drill(actor: object, period: api.Period, times: int) -> tuple[list[float], int]:
    """Random cells of these measures: the page of records and the cell's count, which must be the slice's."""
    chance = random.Random(7)
    cells = []
    for measure in map(api.measure_named, BARE):
        for by in ("home", "disease_group", "institution"):
            slices = api.breakdown(measure, period, by, actor=actor, place=PLACE)
            cells += [(measure, by, s) for s in slices]
    samples, agreed = [], 0
    for measure, by, s in chance.choices(cells, k=times):
        cell = api.cell_of(by, s.key, api.Cell())
        began = time.perf_counter()
        found = api.records(measure, period, cell, actor=actor, place=PLACE, limit=50)
        samples.append((time.perf_counter() - began) * 1000)
        if not measure.denominator_of:
            if found.total != s.denominator:
                raise AssertionError(
                    f"{measure.name} {by} {s.key}: {found.total} records, the cell says {s.denominator}"
                )
            agreed += 1
    return samples, agreed


def _make(dataset: str, per_month: int) -> list[str]:
    """Twelve months of random rows in the dataset's own schema; returns the files."""
    schema = dataset_named(dataset).schema
    made = []
    draw = np.random.default_rng(7)
    categories = np.array([f"{letter}{n:02d}" for letter in "ABCDEFGHIJKLMNOPQRSTZ" for n in range(100)])
    for month in range(1, 13):
        start = date(2025, month, 1)
        days = (clock.next_month(start) - start).days
        on = np.sort(draw.integers(0, days, per_month))
        inside = draw.random(per_month) < 0.87
        institution = np.where(inside, draw.integers(1, 60, per_month), draw.integers(60, 100, per_month))
        fen = draw.integers(1_000, 2_000_000, per_month)
        columns = {
            "id": np.arange(per_month) + month * per_month,
            "happened_on": np.array([start + timedelta(days=int(d)) for d in range(days)], dtype="datetime64[D]")[on],
            "place": pa.array([PLACE]).take(pa.array(np.zeros(per_month, dtype="int8"))),
            "resident_id": draw.integers(1, 1_000_000, per_month),
            "managing_id": draw.integers(1, 60, per_month),
            "source_id": institution,
            "institution_id": institution,
            "institution_name": np.array([f"机构{n}" for n in range(100)])[institution],
            "inside_county": inside,
            "tier": TIERS[draw.choice(4, per_month, p=[0.2, 0.38, 0.22, 0.2])],
            "setting": SETTINGS[draw.choice(5, per_month, p=[0.8, 0.06, 0.02, 0.05, 0.07])],
            "category": categories[draw.integers(0, len(categories), per_month)],
            "code": categories[draw.integers(0, len(categories), per_month)],
            "tcm": draw.random(per_month) < 0.2,
            "total_fen": fen,
            "fund_fen": fen * 6 // 10,
            "self_paid_fen": fen - fen * 6 // 10,
            "insurance_kind": np.array(["01", "02"])[draw.integers(0, 2, per_month)],
        }
        table = pa.table([pa.array(columns[f.name]).cast(f.type) for f in schema], schema=schema)
        file = f"{dataset}/{start:%Y-%m}.bench.parquet"
        path = settings.VAR / "lake" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, compression="zstd", row_group_size=256 * 1024)
        Part.objects.create(dataset=dataset, month=start, file=file, rows=per_month, published_at=clock.now())
        made.append(str(path))
    return made
