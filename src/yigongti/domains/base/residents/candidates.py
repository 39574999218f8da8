"""Whom in the index an incoming record could mean, asked in sets: one query a question, whatever the number of rows.

Blocks (a candidate needs to share one): a document's or card's number, a phone, the birth date with the sound of the
surname, the sound of the whole name with a date in which day, month or year alone is off. ``wide`` adds, for a single
incoming person, everybody of the same birth date.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from yigongti.domains.base.residents.columns import array, fetch, literal, packed
from yigongti.domains.base.residents.comparison import Dates, Persons, Rows
from yigongti.domains.base.residents.formulas import LENGTH
from yigongti.domains.base.residents.incoming import Blinds, Incoming, keys_of, listed
from yigongti.domains.base.residents.names import read_names, says_nothing
from yigongti.domains.base.residents.weights import Commonness
from yigongti.kernel import clock
from yigongti.kernel.privacy.api import unseal

NOBODY = 0
SMALL = 50_000  # residents; fewer are counted
IDS = array("bigint")
FAMILY_PHONES = 20  # a phone that more residents share is an institution's; it leads to nobody in particular


def by_numbers(blinds: Blinds, source_id: int | None) -> NDArray[np.int64]:
    """Who has these numbers (active; of the source, or of no source): ids of those who stand today, NOBODY for none."""
    found = np.zeros(len(blinds), np.int64)
    asked = [k for k, blind in enumerate(blinds) if blind is not None]
    if not asked:
        return found
    condition = "source_id IS NULL" if source_id is None else "source_id = %s"
    # A look-up written as a value (the numbers are unique) keeps the planner at one look-up a row: reading the whole
    # index of a county to find fifty thousand people costs several times as much. One text goes, one comes back.
    joined = b"".join([blinds[k] or b"" for k in asked])
    width = len(joined) // len(asked)
    [[ids]] = fetch(
        f"""
        SELECT array_to_string(ARRAY(
            SELECT COALESCE((
                SELECT resident_id FROM residents_identifier
                WHERE blind = substr(%s::bytea, n * {width} + 1, {width}) AND active AND {condition}
            ), {NOBODY}) FROM generate_series(0, %s) AS n ORDER BY n
        ), ',')
        """,  # noqa: S608  (constants)
        ["\\x" + joined.hex(), *([] if source_id is None else [source_id]), len(asked) - 1],
    )
    found[asked] = np.fromstring(ids, np.int64, sep=",")
    return _today(found)


def _today(found: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same, with whoever was merged replaced by whom they were finally merged into."""
    ids = np.unique(found[found != NOBODY])
    if not len(ids):
        return found
    merged = fetch(
        f"SELECT id FROM residents_resident WHERE merged_into_id IS NOT NULL AND id = ANY({IDS})",  # noqa: S608
        [packed(ids.tolist())],
    )
    for start, (resident_id, _) in standing(row[0] for row in merged).items():
        found[found == start] = resident_id
    return found


def name_keys(ids: NDArray[np.int64]) -> dict[int, str]:
    """The folded names of residents."""
    asked = np.unique(ids[ids != NOBODY]).tolist()
    if not asked:
        return {}
    return dict(
        fetch(f"SELECT id, name_key FROM residents_resident WHERE id = ANY({IDS})", [packed(asked)])  # noqa: S608
    )


def standing(resident_ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """For entries of the index, the entry they were finally merged into (themselves, if none) and its folded name."""
    ids = list(resident_ids)
    if not ids:
        return {}
    rows = fetch(
        f"""
        WITH RECURSIVE chain AS (
            SELECT id AS start, id, merged_into_id, name_key FROM residents_resident WHERE id = ANY({IDS})
            UNION ALL
            SELECT c.start, r.id, r.merged_into_id, r.name_key
            FROM chain c JOIN residents_resident r ON r.id = c.merged_into_id
        )
        SELECT start, id, name_key FROM chain WHERE merged_into_id IS NULL
        """,  # noqa: S608  (constants)
        [packed(ids)],
    )
    return {start: (resident_id, name_key) for start, resident_id, name_key in rows}


@dataclass(frozen=True)
class Pairs:
    """Candidate pairs: record ``i[k]`` of the incoming with resident ``ids[j[k]]``, whose details are ``persons``."""

    i: Rows
    j: Rows
    ids: list[int]
    persons: Persons


def find(incoming: Incoming, *, wide: bool = False) -> Pairs:
    """Every pair of an incoming record and a resident that share a block; merged entries count as who they became.

    A phone of very many is an institution's or a placeholder: it leads to nobody, and is forgotten.
    """
    spelled = incoming.spelled
    named = incoming.named.tolist()
    rows = fetch(
        _WIDE if wide else _NARROW,
        {
            "n": packed(range(len(incoming))),
            "born": packed(incoming.born),
            "surname": packed([s.surname_sound if ok else None for s, ok in zip(spelled, named, strict=True)]),
            "pinyin": packed([s.pinyin if ok else None for s, ok in zip(spelled, named, strict=True)]),
            "grams": packed([literal(s.grams) if ok and wide else None for s, ok in zip(spelled, named, strict=True)]),
            "phone": packed(incoming.phone_blinds),
            "id": packed(incoming.id_blinds),
            "card": packed(incoming.card_blinds),
            "most": FAMILY_PHONES + 1,
        },
    )
    held = Counter(n for n, _, by_phone in rows if by_phone)
    crowded = {n for n, count in held.items() if count > FAMILY_PHONES}
    incoming.persons.phone[list(crowded)] = 0
    return _pairs({(n, i) for n, i, by_phone in rows if not (by_phone and n in crowded)}, incoming)


def one_pair(incoming: Incoming, resident_id: int) -> Pairs:
    """The first incoming record with one resident, whether or not they share a block."""
    return _pairs({(0, resident_id)}, incoming)


def _pairs(rows: set[tuple[int, int]], incoming: Incoming) -> Pairs:
    ordered = sorted(rows)
    i = np.array([row[0] for row in ordered], np.int64)
    ids, j = np.unique(np.array([row[1] for row in ordered], np.int64), return_inverse=True)
    details = fetch(_DETAILS, [packed(ids.tolist())]) if ordered else []
    merged = {row[0] for row in details if row[6] is not None}
    if merged:  # look at those who stand instead
        today = standing(merged)
        return _pairs({(n, today[r][0] if r in today else r) for n, r in rows}, incoming)
    return Pairs(i, j.astype(np.int64), ids.tolist(), _persons(details, i.tolist(), j.tolist(), incoming))


def _persons(details: Sequence[Any], i: list[int], j: list[int], incoming: Incoming) -> Persons:
    """The candidates as arrays. Who has several numbers or phones shows the one an incoming record shares, if any."""
    keys = [str(row[1]) for row in details]
    born: list[tuple[date | None, int]] = [(row[3], row[4]) for row in details]
    count = len(keys)
    sex = np.array([{"1": 1, "2": 2}.get(str(row[2]), 0) for row in details], np.int8)
    dates = Dates(
        year=np.array([b.year if b else 0 for b, _ in born], np.int16),
        month=np.array([b.month if b and precision >= 2 else 0 for b, precision in born], np.int8),
        day=np.array([b.day if b and precision == 3 else 0 for b, precision in born], np.int8),
    )
    partners: list[list[int]] = [[] for _ in range(count)]
    for n, k in zip(i, j, strict=True):
        partners[k].append(n)
    # Numbers of different kinds of document do not contradict each other: compare like with like.
    kinds = set(listed(incoming.id_kind)) - {None}

    def shown(own: Blinds, values: list[list[bytes]]) -> NDArray[np.uint64]:
        chosen: Blinds = [None] * count
        for k, has in enumerate(values):
            if has:
                shared = {own[n] for n in partners[k]}.intersection(has) if len(has) > 1 else None
                chosen[k] = shared.pop() if shared else has[0]
        return keys_of(chosen)

    cards = [[b for kind, b in zip(row[8], row[9], strict=True) if kind == "card"] for row in details]
    documents = [[b for kind, b in zip(row[8], row[9], strict=True) if kind in kinds] for row in details]
    return Persons(
        names=read_names(keys),
        named=np.array([not says_nothing(key) for key in keys], bool).reshape(count),
        sex=sex,
        born=dates,
        typed_sex=sex,
        typed_born=dates,
        id_key=shown(incoming.id_blinds, documents),
        id_valid=np.ones(count, bool),
        id_digits=_digits([row[0] for row in details], partners, incoming),
        card=shown(incoming.card_blinds, cards),
        phone=shown(incoming.phone_blinds, [row[7] for row in details]),
        address=keys_of([row[5] for row in details]),
        household=np.zeros(count, np.uint64),
    )


def _digits(ids: list[int], partners: list[list[int]], incoming: Incoming) -> NDArray[np.uint8] | None:
    """Identity numbers of candidates whom a record with an invalid number could mean, to see a slip of typing."""
    wrong = incoming.id_fault >= 0
    asked = {resident_id: k for k, resident_id in enumerate(ids) if any(wrong[n] for n in partners[k])}
    if not asked:
        return None
    digits = np.zeros((len(ids), LENGTH), np.uint8)
    rows = fetch(
        f"""
        SELECT resident_id, value FROM residents_identifier
        WHERE resident_id = ANY({IDS}) AND kind = '01' AND active
        """,  # noqa: S608  (constants)
        [packed(list(asked))],
    )
    for resident_id, value in rows:
        number = unseal(bytes(value), "residents.identifier")
        if len(number) == LENGTH:
            digits[asked[resident_id]] = [10 if c == "X" else int(c) for c in number]
    return digits


# Which numbers count is asked behind the look-up: as a condition of it, and before the table was ever analysed, it
# leads the planner through all of the partial index of numbers once per resident.
_DETAILS = f"""
    SELECT r.id, r.name_key, r.sex, r.birth_date, r.birth_precision, r.address_blind, r.merged_into_id,
        ARRAY(SELECT p.blind FROM residents_phone p WHERE p.resident_id = r.id ORDER BY p.id),
        COALESCE(numbers.kinds, '{{}}'), COALESCE(numbers.blinds, '{{}}')
    FROM residents_resident r CROSS JOIN LATERAL (
        SELECT array_agg(i.kind ORDER BY i.id) FILTER (WHERE i.active AND i.source_id IS NULL) AS kinds,
            array_agg(i.blind ORDER BY i.id) FILTER (WHERE i.active AND i.source_id IS NULL) AS blinds
        FROM residents_identifier i WHERE i.resident_id = r.id
    ) AS numbers
    WHERE r.id = ANY({IDS}) ORDER BY r.id
"""  # noqa: S608  (constants)


def typical(pairs: Pairs, total: int) -> Commonness:
    """What to assume of names and dates before anything was counted."""
    count = len(pairs.i)
    return Commonness(
        total=total,
        name=np.full(count, 1e-4 * total),
        sound=np.full(count, 3e-4 * total),
        born=np.full(count, total / 29_000),
    )


def counted(incoming: Incoming, pairs: Pairs, total: int) -> Commonness:
    """How many residents share the name, its sound and the birth date of each pair's incoming record."""
    spelled = incoming.spelled
    who, back = np.unique(pairs.i, return_inverse=True)
    asked = who.tolist()
    dates = [incoming.born[k] for k in asked]
    by_sound: dict[str, int] = {}
    by_name: dict[str, int] = {}
    by_date: dict[date, int] = {}
    values = {
        "pinyin": packed(list({spelled[k].pinyin for k in asked})),
        "born": packed(list({d for d in dates if d})),
    }
    for pinyin, name_key, born, share, number in fetch(_HOW_COMMON, values):
        if born is not None:
            by_date[born] = number
        else:
            by_sound[pinyin], by_name[name_key] = number, round(share * number)
    return Commonness(
        total=total,
        name=np.array([by_name.get(incoming.names.keys[k], 0) for k in asked], float)[back],
        sound=np.array([by_sound.get(spelled[k].pinyin, 0) for k in asked], float)[back],
        born=np.array([by_date.get(d, 0) if d else 0 for d in dates], float)[back],
    )


# How the residents of one sound write their names is sampled: the most common sounds have thousands.
_HOW_COMMON = f"""
    SELECT k.pinyin, s.name_key, NULL::date AS born,
        (s.number / sum(s.number) OVER (PARTITION BY k.pinyin))::float, c.number
    FROM unnest({array("text", "pinyin")}) AS k (pinyin)
    CROSS JOIN LATERAL (SELECT count(*) AS number FROM residents_resident WHERE pinyin = k.pinyin) c
    CROSS JOIN LATERAL (
        SELECT name_key, count(*) AS number
        FROM (SELECT name_key FROM residents_resident WHERE pinyin = k.pinyin LIMIT 300) AS sample
        GROUP BY name_key
    ) s
    UNION ALL
    SELECT NULL, NULL, birth_date, 1, count(*) FROM residents_resident
    WHERE birth_date = ANY({array("date", "born")}) GROUP BY birth_date
"""  # noqa: S608  (constants)


def population() -> int:
    """About how many residents the index holds: the planner's estimate, or a count while that is small.

    Kept for a minute: it moves a score by less than a tenth of a bit.
    """
    return _population(int(clock.now().timestamp() // 60), connection.settings_dict["NAME"])


@lru_cache(maxsize=4)
def _population(minute: int, database: str) -> int:
    [[estimate]] = fetch("SELECT reltuples::bigint FROM pg_class WHERE oid = 'residents_resident'::regclass")
    if estimate > SMALL:
        return int(estimate)
    [[counted]] = fetch("SELECT count(*) FROM residents_resident")
    return int(counted)


_INCOMING = f"""
    WITH k AS (
        SELECT * FROM unnest(
            {array("int", "n")}, {array("date", "born")}, {array("text", "surname")}, {array("text", "pinyin")},
            {array("text", "grams")}, {array("bytea", "phone")}, {array("bytea", "id")}, {array("bytea", "card")}
        ) AS t (n, born, surname, pinyin, grams, phone, id, card)
    )
"""  # noqa: S608  (constants)
_BY_NUMBER = """
    SELECT k.n, i.resident_id AS id, false AS by_phone FROM k
    JOIN residents_identifier i ON i.blind = k.id AND i.active AND i.source_id IS NULL
    UNION
    SELECT k.n, i.resident_id, false FROM k
    JOIN residents_identifier i ON i.blind = k.card AND i.active AND i.source_id IS NULL
    UNION
    SELECT k.n, p.resident_id, true FROM k CROSS JOIN LATERAL (
        SELECT resident_id FROM residents_phone WHERE blind = k.phone LIMIT %(most)s
    ) p
"""
# The limits also keep the planner from reading everybody of a common name and picking afterwards.
_BY_NAME = """
    SELECT k.n, r.id, false FROM k JOIN residents_resident r
    ON r.pinyin = k.pinyin AND k.pinyin <> ''
    AND r.birth_date BETWEEN date_trunc('year', k.born)::date AND (date_trunc('year', k.born) + '1 year')::date - 1
    AND (
        date_part('month', r.birth_date) = date_part('month', k.born)
        OR date_part('day', r.birth_date) = date_part('day', k.born)
        OR date_part('month', r.birth_date) = date_part('day', k.born)
        OR r.birth_precision < 3
    )
    UNION
    SELECT k.n, r.id, false FROM k
    CROSS JOIN LATERAL (VALUES (-10), (-1), (1), (10)) AS slip (years)
    CROSS JOIN LATERAL (
        SELECT id FROM residents_resident
        WHERE pinyin = k.pinyin AND k.pinyin <> '' AND birth_date = (k.born + slip.years * interval '1 year')::date
        LIMIT 50
    ) r
    UNION
    SELECT k.n, r.id, false FROM k JOIN residents_resident r
    ON r.pinyin = k.pinyin AND k.pinyin <> '' AND r.birth_date IS NULL
    UNION
    SELECT k.n, r.id, false FROM k CROSS JOIN LATERAL (
        SELECT id FROM residents_resident WHERE pinyin = k.pinyin AND k.pinyin <> '' LIMIT 200
    ) r WHERE k.born IS NULL
"""
_NARROW = f"""{_INCOMING}{_BY_NUMBER}
    UNION
    SELECT k.n, r.id, false FROM k JOIN residents_resident r
    ON r.birth_date = k.born AND r.surname_sound = k.surname AND k.surname <> ''
    UNION {_BY_NAME}
"""  # noqa: S608  (constants)
_WIDE = f"""{_INCOMING}{_BY_NUMBER}
    UNION
    SELECT k.n, r.id, false FROM k CROSS JOIN LATERAL (
        SELECT id, name_key, name_grams FROM residents_resident WHERE birth_date = k.born LIMIT 500
    ) r WHERE k.grams IS NULL OR r.name_key = '' OR r.name_grams && k.grams::text[]
    UNION {_BY_NAME}
"""  # noqa: S608  (constants)
