"""Batch linkage of a million made-up persons within one file, against splink on DuckDB: same file, same run.

Splink is set up as its documentation advises for such data: blocking on the identity number, on name with month of
birth, on phone, and on birth date with surname; levels for exact and near values; term frequencies for names; u by
random sampling, m by expectation maximisation on two blockings; clusters at the threshold that gives it the best F1.
"""

import time

import numpy as np
import polars as pl

from bench.harness import Result, size
from bench.linkage_file import TODAY, registered
from yigongti.domains.base.residents.batch import link_within
from yigongti.domains.base.residents.judging import Thresholds

NAME = "linkage"
AIM = "1 million persons: no slower than splink on DuckDB; precision ≥ 0.9999, recall ≥ 0.99"

PERSONS = 1_000_000
THRESHOLDS = (0.5, 0.9, 0.99, 0.999, 0.9999)
FIELDS = ("name", "sex", "birth_date", "id_number", "phone", "address", "card_no")


def run() -> list[Result]:
    """Precision and recall over pairs of records of one person."""
    file = registered(size(PERSONS))
    truth = file["person"].to_numpy()
    records = file.select("record", *FIELDS)

    began = time.perf_counter()
    linked = link_within(records, thresholds=Thresholds.in_force(), on=TODAY)
    ours = time.perf_counter() - began
    precision, recall = _quality(linked.cluster, truth)

    theirs, clusters = _splink(records)
    best = max((_quality(labels, truth) for labels in clusters.values()), key=_f1)

    told = f"{file.height:,} records, {_pairs(truth):,} true pairs; {len(linked.reviews[0]):,} pairs left to people"
    return [
        Result(f"linkage of {size(PERSONS):,} persons", "s", ours, theirs, aim=1, note=told),
        Result(
            "precision", "", precision, aim=0.9999, higher_is_better=True, note=f"{precision:.6f}; splink {best[0]:.5f}"
        ),
        Result("recall", "", recall, aim=0.99, higher_is_better=True, note=f"{recall:.5f}; splink {best[1]:.5f}"),
    ]


def _pairs(labels: np.ndarray) -> int:
    counts = np.unique(labels, return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())


def _quality(labels: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    both = _pairs(np.unique(np.stack([labels, truth]), axis=1, return_inverse=True)[1].ravel())
    return both / max(_pairs(labels), 1), both / max(_pairs(truth), 1)


def _f1(quality: tuple[float, float]) -> float:
    precision, recall = quality
    return 2 * precision * recall / max(precision + recall, 1e-9)


def _splink(records: pl.DataFrame) -> tuple[float, dict[float, np.ndarray]]:
    """Seconds of training, prediction and one clustering; cluster labels by record at each threshold."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    frame = records.with_columns(
        pl.col("birth_date").cast(pl.String),
        surname=pl.col("name").str.slice(0, 1),
        month=pl.col("birth_date").cast(pl.String).str.slice(0, 7),
    ).to_pandas()
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record",
        blocking_rules_to_generate_predictions=[
            block_on("id_number"),
            block_on("name", "month"),
            block_on("phone"),
            block_on("birth_date", "surname"),
        ],
        comparisons=[
            cl.JaroWinklerAtThresholds("name", [0.8, 0.6]).configure(term_frequency_adjustments=True),
            cl.ExactMatch("sex"),
            cl.DamerauLevenshteinAtThresholds("birth_date", [1, 2]),
            cl.DamerauLevenshteinAtThresholds("id_number", [1, 2]),
            cl.ExactMatch("phone"),
            cl.ExactMatch("address"),
            cl.ExactMatch("card_no"),
        ],
        retain_intermediate_calculation_columns=False,
        retain_matching_columns=False,
    )
    began = time.perf_counter()
    linker = Linker(DuckDBAPI().register(frame), settings, log_level="ERROR")
    certain = [block_on("id_number", "name")]
    linker.training.estimate_probability_two_random_records_match(certain, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, min_count_per_level=None)
    for blocking in (block_on("id_number"), block_on("name", "birth_date")):
        linker.training.estimate_parameters_using_expectation_maximisation(blocking)
    pairs = linker.inference.predict(threshold_match_probability=min(THRESHOLDS))
    taken, found = 0.0, {}
    for threshold in THRESHOLDS:
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold)
        labels = clusters.as_pandas_dataframe()[["record", "cluster_id"]].sort_values("record")
        taken = taken or time.perf_counter() - began
        found[threshold] = np.unique(labels["cluster_id"].to_numpy(), return_inverse=True)[1]
    return taken, found
