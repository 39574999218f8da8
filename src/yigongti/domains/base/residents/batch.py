"""Batch linkage of a whole file within itself: who of its records are one person.

The comparison, the weights and the thresholds are those of ``match``; what differs is that numbers are compared
in the clear (they never leave the process) and that everything runs on arrays: a million records take seconds.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yigongti.domains.base.residents.comparison import Persons, Rows
from yigongti.domains.base.residents.incoming import clean
from yigongti.domains.base.residents.judging import Thresholds
from yigongti.domains.base.residents.linkage import blocked, scored
from yigongti.domains.base.residents.weights import Aspect, Levels, Number


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
        if a == b:
            continue
        if number[a] and number[b] and number[a] != number[b]:
            continue
        if b < a:
            a, b = b, a
        parent[b] = a
        number[a] = number[a] or number[b]
    roots = np.array(parent, np.int64)
    while not np.array_equal(roots, roots[roots]):
        roots = roots[roots]
    return roots
