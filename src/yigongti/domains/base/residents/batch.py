"""Batch linkage: a file within itself, and a file against the index.

The comparison, the weights and the thresholds are those of ``match``; what differs is that everything runs on
arrays, and that within a file numbers are compared in the clear (they never leave the process).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yigongti.domains.base.residents import candidates
from yigongti.domains.base.residents.candidates import NOBODY
from yigongti.domains.base.residents.cleaning import clean
from yigongti.domains.base.residents.comparison import Persons, Rows
from yigongti.domains.base.residents.judging import Thresholds, judge
from yigongti.domains.base.residents.linkage import blocked, scored
from yigongti.domains.base.residents.weights import TABLE, Aspect, Levels, Number

AT_ONCE = 20_000
FIRST_ROW = 2  # the header is row 1, as people count in a spreadsheet


@dataclass(frozen=True)
class Linked:
    """``cluster`` numbers the persons found (the smallest row of each); pairs linked and pairs left to people."""

    cluster: NDArray[np.int64]
    links: tuple[Rows, Rows]
    link_scores: NDArray[np.float64]
    link_levels: Levels
    reviews: tuple[Rows, Rows]
    review_scores: NDArray[np.float64]
    review_levels: Levels


def link_within(frame: pl.DataFrame, *, thresholds: Thresholds, on: date | None = None) -> Linked:
    """Find the records of a frame (columns of ``incoming.COLUMNS``) that are of one person."""
    persons = clean(frame, on=on).persons_in_the_clear
    i, j = blocked(persons)
    levels, score = scored(persons, i, j)
    link = score >= thresholds.link_at
    cluster = _cluster(persons, i[link], j[link], score[link])
    # What clustering would not join is a question; so is an equal number, however badly the rest fits.
    asked = (score >= thresholds.review_at) | (levels[:, Aspect.ID_NUMBER] == Number.EQUAL)
    apart = cluster[i] != cluster[j]
    review = asked & apart
    joined = link & ~apart
    return Linked(
        cluster,
        (i[joined], j[joined]),
        score[joined],
        levels[joined],
        (i[review], j[review]),
        score[review],
        levels[review],
    )


def within_file(frame: pl.DataFrame, *, thresholds: Thresholds) -> pl.DataFrame:
    """Per row: link, review or new; the earlier row it is (or may be) the same person as; score; reasons in words."""
    linked = link_within(frame, thresholds=thresholds)
    rows = np.arange(frame.height)
    outcome = np.full(frame.height, "new", dtype="<U6")
    same_as = np.full(frame.height, -1, np.int64)
    score = np.full(frame.height, np.nan)
    reasons = np.full(frame.height, "", dtype=object)

    def tell(kind: str, pairs: tuple[Rows, Rows], scores: NDArray[np.float64], levels: Levels) -> None:
        order = np.lexsort((-scores, pairs[1]))
        later, first = np.unique(pairs[1][order], return_index=True)
        best = order[first]
        told = outcome[later] == "new"
        later, best = later[told], best[told]
        outcome[later], score[later] = kind, scores[best]
        same_as[later] = pairs[0][best]
        reasons[later] = _words(levels[best])

    tell("link", linked.links, linked.link_scores, linked.link_levels)
    tell("review", linked.reviews, linked.review_scores, linked.review_levels)
    joined = (outcome == "link") & (linked.cluster != rows)
    same_as[joined] = linked.cluster[joined]
    return pl.DataFrame(
        {
            "row": rows + FIRST_ROW,
            "outcome": outcome.tolist(),
            "same_as_row": [int(k) + FIRST_ROW if k >= 0 else None for k in same_as.tolist()],
            "score": [None if np.isnan(s) else round(s, 1) for s in score.tolist()],
            "reasons": reasons.tolist(),
        },
        schema_overrides={"same_as_row": pl.Int64(), "score": pl.Float64()},
    )


def against_index(frame: pl.DataFrame, *, thresholds: Thresholds) -> Iterator[pl.DataFrame]:
    """Per row: link, review or new; the resident it is (or may be); score; reasons in words. In slices of the file."""
    total = candidates.population()
    for start in range(0, frame.height, AT_ONCE):
        incoming = clean(frame.slice(start, AT_ONCE))
        judged = judge(incoming, candidates.find(incoming), total=total, thresholds=thresholds)
        found = judged.resident_id != NOBODY
        yield pl.DataFrame(
            {
                "row": np.arange(start, start + len(incoming)) + FIRST_ROW,
                "outcome": [str(outcome) for outcome in judged.outcome],
                "resident_id": [int(r) if r else None for r in judged.resident_id.tolist()],
                "score": [
                    round(s, 1) if known else None
                    for s, known in zip(judged.score.tolist(), found.tolist(), strict=True)
                ],
                "reasons": np.where(found, _words(judged.levels), "").tolist(),
            },
            schema_overrides={"resident_id": pl.Int64(), "score": pl.Float64()},
        )


def _words(levels: Levels) -> NDArray[np.object_]:
    """The levels of each pair in words; there are few different ones, so each is put together once."""
    kinds, back = np.unique(levels, axis=0, return_inverse=True)
    told = np.empty(len(kinds), dtype=object)
    for k, kind in enumerate(kinds.tolist()):
        told[k] = "；".join(
            str(TABLE[aspect][kind[aspect]].label) for aspect in Aspect if kind[aspect] in TABLE[aspect]
        )
    words: NDArray[np.object_] = told[back.ravel()] if len(kinds) else np.empty(len(levels), dtype=object)
    return words


def _cluster(persons: Persons, i: Rows, j: Rows, score: NDArray[np.float64]) -> NDArray[np.int64]:
    """Join linked records, the surest pairs first; never two groups that hold two different valid numbers.

    So a record that lacks its number goes with the twin it fits best, and does not tie both together.
    """
    order = np.argsort(-score, kind="stable")
    parent = list(range(len(persons)))
    number = np.where(persons.id_valid, persons.id_key, 0).tolist()
    for a, b in zip(i[order].tolist(), j[order].tolist(), strict=True):
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a == b or (number[a] and number[b] and number[a] != number[b]):
            continue
        if b < a:
            a, b = b, a
        parent[b] = a
        number[a] = number[a] or number[b]
    roots = np.array(parent, np.int64)
    while not np.array_equal(roots, roots[roots]):
        roots = roots[roots]
    return roots
