"""A county's year as files: people in chunks, their visits, the rows, the dirt, the exports, and the truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from yigongti.simulation import people as population
from yigongti.simulation.dirt import OUTCOME, soil
from yigongti.simulation.draws import Draws
from yigongti.simulation.files import TRUTH, Outbox, in_style, styles_of
from yigongti.simulation.parameters import ParameterError, load
from yigongti.simulation.people import People, Span
from yigongti.simulation.place import POLICIES, Place, read
from yigongti.simulation.tables import Office, Tables
from yigongti.simulation.truth import Sums

CHUNK = 20_000
MOST_CHUNKS = 50


Progress = Callable[[int, int, int], None]
"""Told after each chunk how many residents are done, of how many, and how many rows are written."""


@dataclass(frozen=True)
class Written:
    """What was written: files with their counts (``rows``, ``clean`` and each kind of dirt), and rows in all."""

    folder: Path
    files: dict[str, dict[str, int]]

    @property
    def rows(self) -> int:
        return sum(counts["rows"] for counts in self.files.values())


def spans(seed: int, residents: int) -> Iterator[Span]:
    """The chunks of a county. They depend on the number of residents only, never on the machine."""
    size = max(CHUNK, -(-residents // MOST_CHUNKS))
    firsts = range(0, residents, size)
    for chunk, first in enumerate(firsts):
        yield Span(seed, chunk, len(firsts), first, min(size, residents - first))


def simulate(
    place: str,
    residents: int,
    seed: int,
    folder: Path,
    *,
    progress: Progress | None = None,
    truth: bool = True,
    policies: Path = POLICIES,
) -> Written:
    """Write what the institutions of a place would export for the year, and the truth beside it in ``_truth``.

    The same arguments give the same bytes. Raises ParameterError for a place or a figure that cannot be used, and for
    a folder that already has something in it.
    """
    if residents < 1 or residents > population.VISITORS // 2:
        raise ParameterError(f"between 1 and {population.VISITORS // 2} residents can be simulated, not {residents}")
    if folder.exists() and any(folder.iterdir()):
        raise ParameterError(f"{folder} is not empty")
    parameters = load(policies / place)
    where = read(place, parameters, policies)
    office = Office(parameters, where)
    senders = [site.key for site in where.sites if site.inside] + ([where.bureau] if where.bureau else [])
    styles = styles_of(senders, where.bureau, parameters)
    outbox = Outbox(folder, styles, parameters["rows_limit"], truth=truth)
    sums = Sums(where)
    keys = [site.key for site in where.sites] + [where.bureau or ""]
    dirt: dict[str, dict[str, int]] = parameters["dirt.rows"]
    for span in spans(seed, residents):
        people = population.make(span, parameters, where)
        tables = office.tables(span, people)
        for extract, frame in tables.frames.items():
            for sender, rows in _by_sender(frame, keys):
                draws = Draws(seed, "dirt", extract, sender, span.chunk)
                text = in_style(rows, extract, styles[sender])
                soiled = soil(text, extract, dirt[extract], draws).rows
                outbox.send(sender, extract, soiled)
                sums.add(extract, sender, rows, soiled)
        if truth:
            outbox.know("persons", _persons(tables, where))
            outbox.know("misdeeds", tables.misdeeds)
        if progress:
            written = sum(counts["rows"] for counts in outbox.counts.values())
            progress(span.first + span.residents, residents, written)
    outbox.close()
    if truth:
        _summary(folder, place, residents, seed, outbox.counts, sums)
    return Written(folder, outbox.counts)


def _by_sender(frame: pl.DataFrame, keys: list[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of each sender; the frame is sorted by sender."""
    sender = frame["_sender"].to_numpy()
    starts = np.flatnonzero(sender != np.append(-1, sender[:-1])).tolist()
    for start, end in zip(starts, [*starts[1:], len(sender)], strict=True):
        yield keys[int(sender[start])], frame.slice(start, end - start)


def _persons(tables: Tables, place: Place) -> pl.DataFrame:
    """The truth about people, one row each."""
    people: People = tables.people
    homes = np.array([place.sites[i].key for i in place.homes])
    return pl.DataFrame(
        {
            "person": people.number,
            "name": people.name,
            "sex": people.sex,
            "birth_date": pl.Series(people.born.astype(np.int32)).cast(pl.Date),
            "id_type": people.id_type,
            "id_number": people.id_number,
            "phone": people.phone,
            "household": people.household,
            "home": homes[people.home],
            "resident": people.resident,
            "insured_here": people.insured_here,
            "twin": people.twin,
            **{f"has_{key}": has for key, has in people.conditions.items()},
            **{f"managed_{key}": managed for key, managed in people.managed.items() if managed.any()},
        }
    )


def _summary(folder: Path, place: str, residents: int, seed: int, files: dict[str, dict[str, int]], sums: Sums) -> None:
    described: dict[str, Any] = {}
    for name, counts in sorted(files.items()):
        outcomes: dict[str, int] = {}
        for dirt, number in counts.items():
            if dirt != "rows":
                outcome = OUTCOME["" if dirt == "clean" else dirt]
                outcomes[outcome] = outcomes.get(outcome, 0) + number
        described[name] = {
            "rows": counts["rows"],
            "outcomes": dict(sorted(outcomes.items())),
            "dirt": {dirt: n for dirt, n in sorted(counts.items()) if dirt not in ("rows", "clean")},
        }
    summary = {
        "place": place,
        "residents": residents,
        "seed": seed,
        "rows": sum(counts["rows"] for counts in files.values()),
        "measures": sums.as_dict(),
        "files": described,
    }
    text = json.dumps(summary, ensure_ascii=False, indent=1)
    (folder / TRUTH / "summary.json").write_text(text + "\n", "utf-8")
