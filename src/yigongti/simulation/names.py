"""Names as they are given, and as they are mistyped."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import polars as pl
import yaml
from numpy.typing import NDArray

from yigongti.simulation.draws import Draws, Ints, Table
from yigongti.simulation.parameters import HERE


@cache
def _lists() -> dict[str, Any]:
    lists: dict[str, Any] = yaml.safe_load((HERE / "names.yaml").read_text("utf-8"))
    return lists


@cache
def surnames(extra: tuple[tuple[str, int], ...] = ()) -> tuple[NDArray[np.str_], Table]:
    """Surnames and the table to draw them from; ``extra`` adds to the weight of some (a place's own surnames)."""
    weights = dict(_lists()["surnames"])
    for surname, weight in extra:
        weights[surname] = weights.get(surname, 0) + weight
    return np.array(list(weights)), Table(list(weights.values()))


def given_names(draws: Draws, birth_year: Ints, sex: Ints) -> pl.Series:
    """A given name of one or two characters for each person, of the person's generation."""
    n = len(birth_year)
    lists = _lists()["given"]
    generations = sorted(lists)
    generation = np.searchsorted(generations, birth_year, side="right") - 1
    cell = generation * 2 + (sex == 2)
    pools = [lists[g][s] for g in generations for s in ("m", "f")]
    width = max(len(p[place]) for p in pools for place in ("first", "second"))
    # the commonest character is about eight times as common as the rarest
    weights = [1 / (3 + i) for i in range(width)]
    tables = {
        place: Table([[w if i < len(p[place]) else 0 for i, w in enumerate(weights)] for p in pools])
        for place in ("first", "second")
    }
    letters = {place: np.array([list(p[place].ljust(width)) for p in pools]) for place in ("first", "second")}
    first = letters["first"][cell, draws.pick(tables["first"], cell)]
    second = letters["second"][cell, draws.pick(tables["second"], cell)]
    # a third of the characters come from outside the fashion of the day
    for column, code in enumerate(("m", "f")):
        once = "".join(lists[g][code]["first"] + lists[g][code]["second"] for g in generations)
        any_time = np.array(sorted(set(once)))
        for chosen in (first, second):
            other = draws.chance(330_000, n) & (sex == column + 1)
            chosen[other] = any_time[draws.below(len(any_time), int(other.sum()))]
    alone = draws.chance(np.array([p["single"] for p in pools], dtype=np.int64)[cell] * 10_000)
    second_only = np.where(alone, "", first)
    # 丽丽 and 军军 exist, but far more rarely than chance would make them
    frame = pl.DataFrame({"first": second_only, "second": second})
    return frame.select(pl.concat_str("first", "second")).to_series().head(n)


@cache
def _confusions(kind: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for group in _lists()[kind]:
        letters = [c for c in dict.fromkeys(group) if not c.isspace()]
        for c in letters:
            found[c] = found.get(c, "") + "".join(o for o in letters if o != c)
    return found


def mistype(name: str, kind: str, choice: int) -> str:
    """The name with one character changed to a homophone or look-alike (``kind``: homophones or lookalikes).

    ``choice`` (any number ≥ 0) decides which. A name with no character that has a known confusion comes back as it is.
    """
    confusions = _confusions(kind)
    places = [i for i, c in enumerate(name) if confusions.get(c)]
    if not places:
        return name
    # the last character is mistyped more often than the surname
    place = places[-1] if choice % 4 else places[choice // 4 % len(places)]
    letters = confusions[name[place]]
    return name[:place] + letters[choice // 16 % len(letters)] + name[place + 1 :]


def passport_names() -> NDArray[np.str_]:
    """Names of foreign residents as in their passports."""
    return np.array(_lists()["passports"])
