"""A million residents in PostgreSQL: finding one by a number, matching one who comes in, searching, taking in more."""

import random
import time

import numpy as np
import polars as pl
from django.db import connection

from bench.harness import Result, percentile, seconds, size
from bench.linkage_file import ELSEWHERE, people, registered
from yigongti.domains.base.organisation.models import Organisation
from yigongti.domains.base.residents import candidates
from yigongti.domains.base.residents.matching import Person, match
from yigongti.domains.base.residents.models import IdentifierKind
from yigongti.domains.base.residents.search import search
from yigongti.domains.base.residents.services.resolving import resolve
from yigongti.domains.base.residents.services.storing import Origin, create
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.privacy.api import blind_index

NAME = "residents"
AIM = "among 1 million: look-up ≤ 3× the bare SELECT; match p99 ≤ 10 ms"

RESIDENTS = 1_000_000
BARE = """
    SELECT r.id, r.name_key, r.merged_into_id
    FROM residents_identifier i JOIN residents_resident r ON r.id = i.resident_id
    WHERE i.blind = %s AND i.active AND i.source_id IS NULL
"""


def run() -> list[Result]:
    """Fill the index, then measure on it; what is taken in at the end does not disturb what was measured before."""
    count = size(RESIDENTS)
    everybody = people(count).with_columns(
        pl.format("P{}", "person").alias("patient_no"), pl.col("sex").cast(pl.String)
    )
    source = Organisation.objects.create(place="bench", key="bench", kind="county", name="bench").pk
    _fill(everybody, source)
    results = [_look_up(everybody, count), _match(count), *_search(everybody, count)]
    return results + _take_in(everybody, source, count)


def _fill(everybody: pl.DataFrame, source: int) -> None:
    """As resolve would store them, without asking for each who it is."""
    from yigongti.domains.base.residents.cleaning import clean

    origin = Origin(source, None, None)
    for part in everybody.iter_slices(50_000):
        incoming = clean(part)
        create(incoming, origin, with_document=np.ones(len(incoming), bool))
    with connection.cursor() as cursor:
        for table in ("resident", "identifier", "phone"):
            cursor.execute(f"VACUUM ANALYZE residents_{table}")


def _look_up(everybody: pl.DataFrame, count: int) -> Result:
    """By identity number, against the same indexed SELECT through bare psycopg with the index value at hand."""
    sample = everybody.sample(min(2_000, count), seed=3)
    numbers = sample["id_number"].to_list()
    blinds = [blind_index(IdentifierKind.ID_CARD, number) for number in numbers]
    bare = connection.connection.cursor()

    def ours() -> None:
        for number in numbers:
            found = candidates.by_numbers([blind_index(IdentifierKind.ID_CARD, number)], None)
            assert found[0]

    def baseline() -> None:
        for blind in blinds:
            assert bare.execute(BARE, [blind]).fetchone()

    each = 1e6 / len(numbers)
    return Result(
        f"look-up by identity number among {count:,}",
        "µs",
        seconds(ours) * each,
        seconds(baseline) * each,
        aim=3,
        note="ours with the blind index",
    )


def _match(count: int) -> Result:
    """People as they come to a desk: half known with slips of their own, half never seen."""
    known = registered(count).sample(min(1_500, count), seed=5)
    strangers = people(min(1_500, count), seed=99, regions=ELSEWHERE, card="F").with_columns(
        pl.col("sex").cast(pl.String)
    )
    columns = [name for name in known.columns if name in Person.__dataclass_fields__]
    rows = [*known.select(columns).iter_rows(named=True), *strangers.select(columns).iter_rows(named=True)]
    random.Random(1).shuffle(rows)
    comers = [Person(**row) for row in rows]
    for comer in comers[:50]:
        match(comer)
    samples = []
    outcomes: dict[str, int] = {}
    for comer in comers:
        began = time.perf_counter()
        found = match(comer)
        samples.append((time.perf_counter() - began) * 1000)
        outcomes[found.outcome] = outcomes.get(found.outcome, 0) + 1
    told = ", ".join(f"{n} {outcome}" for outcome, n in sorted(outcomes.items()))
    note = f"median {percentile(samples, 50):.1f} ms; {told}"
    return Result(f"match one person against {count:,}, p99", "ms", percentile(samples, 99), aim=10, note=note)


def _search(everybody: pl.DataFrame, count: int) -> list[Result]:
    """What people type: a whole name, two characters inside one, pinyin, initials, a phone."""
    actor = system_actor("bench")
    sample = everybody.sample(min(100, count), seed=8)
    from yigongti.domains.base.residents.names import spell_one

    typed = {
        "name": sample["name"].to_list(),
        "part of a name": [name[-2:] for name in sample["name"].to_list()],
        "pinyin": [spell_one(name).pinyin for name in sample["name"].to_list()],
        "initials": [spell_one(name).initials for name in sample["name"].to_list()],
        "phone": sample["phone"].to_list(),
    }
    results = []
    for kind, texts in typed.items():
        samples = []
        for text in texts:
            began = time.perf_counter()
            search(text, actor=actor)
            samples.append((time.perf_counter() - began) * 1000)
        results.append(Result(f"search by {kind} among {count:,}, p95", "ms", percentile(samples, 95)))
    return results


def _take_in(everybody: pl.DataFrame, source: int, count: int) -> list[Result]:
    """Frames as intake hands them over: all known, all new."""
    actor = system_actor("bench")
    some = everybody.sample(min(100_000, count), seed=4).drop("person", "household")
    fresh = (
        people(min(50_000, count), seed=77, regions=ELSEWHERE, card="G").drop("person", "household").with_row_index("n")
    )
    fresh = fresh.with_columns(pl.format("N{}", "n").alias("patient_no"), pl.col("sex").cast(pl.String)).drop("n")
    results = []
    for label, frame in (
        ("known persons, all columns", some),
        ("known persons, patient number", some.select("patient_no")),
        ("new persons", fresh),
    ):
        began = time.perf_counter()
        found = resolve(frame, source_id=source, actor=actor)
        rate = frame.height / (time.perf_counter() - began)
        told = ", ".join(f"{n} {outcome}" for outcome, n in found["outcome"].value_counts(sort=True).iter_rows())
        results.append(Result(f"resolve {label}", "/s", rate, higher_is_better=True, note=told))
    return results
