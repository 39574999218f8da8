"""Pairs of records that could be one person, within one set of records: blocking and scoring on arrays.

Used for a whole file (``batch``) and, inside resolve, for the new persons of one frame.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from yigongti.domains.base.residents import weights
from yigongti.domains.base.residents.comparison import Persons, Rows, compare
from yigongti.domains.base.residents.incoming import Incoming
from yigongti.domains.base.residents.weights import Aspect, Commonness, Levels, Number

Keys = NDArray[np.uint64]
LARGEST_BLOCK = 300  # records that share a key; a larger block is a placeholder value, not a trait of a person
AT_ONCE = 2_000_000  # pairs compared at a time


def pairs_within(incoming: Incoming, *, at_least: float) -> tuple[Rows, Rows, NDArray[np.float64]]:
    """Pairs i < j of records that score at least so many bits or share an identity number, with their scores."""
    persons = incoming.persons_in_the_clear
    i, j = blocked(persons)
    levels, score = scored(persons, i, j)
    kept = (score >= at_least) | (levels[:, Aspect.ID_NUMBER] == Number.EQUAL)
    return i[kept], j[kept], score[kept]


def blocked(persons: Persons) -> tuple[Rows, Rows]:
    """Every pair i < j that shares a block, once. Forgets phones, cards and addresses that very many share."""
    for shared in (persons.phone, persons.card, persons.address, persons.household):
        _forget_placeholders(shared)
    count = len(persons)
    found = [_pairs_of(key) for key in _block_keys(persons)]
    if not found or count < 2:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    packed = np.unique(np.concatenate(found))
    return (packed >> np.int64(32)), packed & np.int64(0xFFFFFFFF)


def _forget_placeholders(keys: Keys) -> None:
    """Set to 0, in place, what too many records share to be a trait of a person or a household."""
    _, back, counts = np.unique(keys, return_inverse=True, return_counts=True)
    keys[counts[back] > LARGEST_BLOCK] = 0


def _block_keys(persons: Persons) -> Iterable[Keys]:
    """The traits one of which two records must share to be compared. 0 stands for a trait that is not known."""
    names = persons.names
    named = persons.named
    year, month, day = (part.astype(np.uint64) for part in (persons.born.year, persons.born.month, persons.born.day))
    born = persons.born.key
    sound = np.where(named, names.sounding, np.uint64(0))
    surname = np.where(named, np.where(names.surname_length > 0, names.surname_sounding, names.sounding), np.uint64(0))
    yield persons.id_key
    yield persons.card
    yield persons.phone
    yield _both(born, surname)
    yield _both(born, np.where(named, names.given_sounding, np.uint64(0)))
    yield _both(sound, year)
    yield _both(sound, month << np.uint64(8) | day)
    yield _both(persons.address, sound)
    yield _both(persons.address, born)
    yield np.where(born == 0, sound, np.uint64(0))


def _both(one: Keys, other: Keys) -> Keys:
    mixed = (one ^ (other * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(31)
    return np.where((one != 0) & (other != 0), mixed | np.uint64(1), np.uint64(0))


def _pairs_of(key: Keys) -> Rows:
    """All pairs of rows of equal key, packed as ``i << 32 | j`` with i < j."""
    rows = np.flatnonzero(key)
    if len(rows) < 2:
        return np.zeros(0, np.int64)
    order = rows[np.argsort(key[rows], kind="stable")]
    ordered = key[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[starts, len(order)])
    place = np.arange(len(order)) - np.repeat(starts, sizes)  # of each row within its block
    usable = np.repeat(np.where(sizes <= LARGEST_BLOCK, sizes, 0), sizes)
    after = np.where(usable > 0, usable - place - 1, 0)  # how many rows of the block follow
    total = int(after.sum())
    if total == 0:
        return np.zeros(0, np.int64)
    left = np.repeat(np.arange(len(order)), after)
    step = np.arange(total) - np.repeat(np.cumsum(after) - after, after) + 1
    first, second = order[left], order[left + step]
    packed: Rows = first.astype(np.int64) << np.int64(32) | second.astype(np.int64)  # stable sort: first < second
    return packed


def scored(persons: Persons, i: Rows, j: Rows) -> tuple[Levels, NDArray[np.float64]]:
    """Levels and score of each pair; names and dates count by how common they are among the records."""
    if not len(i):
        return np.zeros((0, len(Aspect)), np.int8), np.zeros(0)
    name, sound, born = (_how_common(key) for key in (persons.names.written, persons.names.sounding, persons.born.key))
    levels, score = [], []
    for start in range(0, len(i), AT_ONCE):
        left, right = i[start : start + AT_ONCE], j[start : start + AT_ONCE]
        found = compare(persons, left, persons, right)
        common = Commonness(len(persons), name[left], np.maximum(sound[left], sound[right]), born[left])
        levels.append(found)
        score.append(weights.scores(found, common))
    return np.concatenate(levels), np.concatenate(score)


def _how_common(key: Keys) -> NDArray[np.float64]:
    _, back, counts = np.unique(key, return_inverse=True, return_counts=True)
    counted: NDArray[np.float64] = counts[back].astype(np.float64)
    return counted
