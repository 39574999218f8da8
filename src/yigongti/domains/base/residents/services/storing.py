"""Writing persons in bulk: new entries by COPY, and what a later record adds to somebody already known.

Callers hold a transaction. What is typed later never overwrites name, sex or birth date; it fills what was empty.
Address and insurance kind follow the latest record (every version is kept). So does the managing institution, but only
on the word of the one that manages the resident so far or of one above it: managing somebody opens their record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
from django.db import connection
from numpy.typing import NDArray

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents.columns import array, fetch, literal, packed
from yigongti.domains.base.residents.incoming import Incoming, given, listed
from yigongti.domains.base.residents.models import Identifier, IdentifierKind, Phone, Resident
from yigongti.domains.base.residents.services.households import keep_households
from yigongti.kernel import clock
from yigongti.kernel.privacy.api import seal_many

IDENTIFIER_CONTEXT = "residents.identifier"
PHONE_CONTEXT = "residents.phone"
ADDRESS_CONTEXT = "residents.address"
DAY_PRECISION = 3


LOCK = 0x7265736964656E74  # "resident"


def queue() -> None:
    """Wait until no other transaction is adding to the index; others then wait for this one's end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


@dataclass(frozen=True)
class Origin:
    """Who sent the records and in which batch; ``account_id`` is None for the system."""

    source_id: int | None
    batch_id: int | None
    account_id: int | None

    def speaks_for(self) -> list[int] | None:
        """The institutions whose residents the sender may hand over; None for all (nobody but the system itself)."""
        if self.source_id is None:
            return None
        return sorted(organisation.under(self.source_id, clock.today()))


@dataclass(frozen=True)
class Learned:
    """Of rows about known residents: which added something, and which name a manager the sender cannot decide on."""

    changed: NDArray[np.bool_]
    managed_elsewhere: NDArray[np.int64]


def create(incoming: Incoming, origin: Origin, *, with_document: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Add every record as a resident with its numbers and phone; gives their ids.

    ``with_document`` is false where the record's identity number already belongs to somebody else (a review).
    """
    count = len(incoming)
    if count == 0:
        return np.zeros(0, np.int64)
    ids = _new_ids(count)
    spelled = incoming.spelled
    named = incoming.named.tolist()  # 无名氏 and the like compare with nobody
    _copy(
        Resident,
        {
            "id": ids,
            "name": [name or "" for name in incoming.column("name")],
            "name_key": _only(named, incoming.names.keys, ""),
            "pinyin": [s.pinyin[:300] for s in spelled],
            "initials": [s.initials[:100] for s in spelled],
            "surname_sound": [s.surname_sound[:100] for s in spelled],
            "name_grams": [literal(s.grams) for s in spelled],
            "sex": [
                str(sex) if sex else said if said == "9" else "0"
                for sex, said in zip(incoming.sex.tolist(), incoming.column("sex"), strict=True)
            ],
            "birth_date": pl.Series(incoming.born, dtype=pl.Date()),
            "birth_precision": [DAY_PRECISION if born else 0 for born in incoming.born],
            "address": _bytea(seal_many(incoming.column("address"), ADDRESS_CONTEXT)),
            "address_blind": _bytea(incoming.address_blinds),
            "insurance_kind": [kind or "" for kind in incoming.column("insurance_kind")],
            "managing_institution_id": pl.Series(incoming.column("managing_institution_id"), dtype=pl.Int64()),
            "created_at": _same(clock.now().isoformat(), count),
            "created_by_id": _same(origin.account_id, count),
            "source_id": _same(origin.source_id, count),
            "batch_id": _same(origin.batch_id, count),
        },
    )
    everybody = np.arange(count)
    add_numbers(incoming, ids, origin.source_id, patient=everybody, document=everybody[with_document], card=everybody)
    add_phones(incoming, ids, everybody, origin, registering=True)
    keep_households(incoming, ids, origin.source_id)
    return ids


def add_numbers(
    incoming: Incoming,
    ids: NDArray[np.int64],
    source_id: int | None,
    *,
    patient: NDArray[np.int64],
    document: NDArray[np.int64],
    card: NDArray[np.int64],
) -> None:
    """Store the patient numbers, identity documents and cards of the rows named for each, where there are any.

    A number that somebody else came to have in the meantime stays theirs.
    """
    rows: list[tuple[int, str, int | None, str, bytes]] = []

    def take(which: NDArray[np.int64], kinds: Sequence[str | None], source: int | None,
             values: Sequence[str | None], blinds: Sequence[bytes | None]) -> None:  # fmt: skip
        for k in which.tolist():
            value, blind = values[k], blinds[k]
            if value is not None and blind is not None:
                rows.append((int(ids[k]), kinds[k] or "", source, value, blind))

    count = len(incoming)
    patients = incoming.column("patient_no")
    take(patient, [IdentifierKind.PATIENT.value] * count, source_id, patients, incoming.patient_blinds)
    take(document, listed(incoming.id_kind), None, listed(incoming.id_number), incoming.id_blinds)
    take(card, [IdentifierKind.CARD.value] * count, None, incoming.column("card_no"), incoming.card_blinds)
    # Within one frame, two rows may bring the same number: the first one has it (COPY cannot skip, so sort out here).
    seen: set[tuple[bytes, int | None]] = set()
    unique = [row for row in rows if (row[4], row[2]) not in seen and not seen.add((row[4], row[2]))]  # type: ignore[func-returns-value]
    if not unique:
        return
    queue()
    free = _not_taken(unique)
    _copy(
        Identifier,
        {
            "resident_id": [row[0] for row in free],
            "kind": [row[1] for row in free],
            "source_id": pl.Series([row[2] for row in free], dtype=pl.Int64()),
            "value": _bytea(seal_many([row[3] for row in free], IDENTIFIER_CONTEXT)),
            "blind": _bytea([row[4] for row in free]),
            "active": _same(True, len(free)),
        },
    )


def _not_taken(rows: list[tuple[int, str, int | None, str, bytes]]) -> list[tuple[int, str, int | None, str, bytes]]:
    asked = f"unnest({array('bytea')}, {array('bigint')}) WITH ORDINALITY AS k (blind, source_id, n)"
    found = fetch(
        f"""
        SELECT k.n FROM {asked} WHERE k.source_id IS NULL AND EXISTS (
            SELECT FROM residents_identifier i
            WHERE i.blind = k.blind AND i.active AND i.source_id IS NULL OFFSET 0
        )
        UNION ALL
        SELECT k.n FROM {asked} WHERE k.source_id IS NOT NULL AND EXISTS (
            SELECT FROM residents_identifier i
            WHERE i.blind = k.blind AND i.active AND i.source_id = k.source_id OFFSET 0
        )
        """,  # noqa: S608  (constants)
        [packed([row[4] for row in rows]), packed([row[2] for row in rows])] * 2,
    )
    taken = {row[0] - 1 for row in found}
    return [row for k, row in enumerate(rows) if k not in taken] if taken else rows


def add_phones(
    incoming: Incoming,
    ids: NDArray[np.int64],
    which: NDArray[np.int64],
    origin: Origin,
    *,
    registering: bool = False,
) -> NDArray[np.int64]:
    """Store the phones of these rows that their residents don't have yet; gives the rows that were new.

    The phone a person is registered with, and those the managing institution names, are vouched for: they sign in.
    One that only another institution names does not, until a later row of the managing one names it, too.
    """
    asked: dict[tuple[int, bytes], int] = {}
    for k in which.tolist():
        if (blind := incoming.phone_blinds[k]) is not None:
            asked.setdefault((int(ids[k]), blind), k)
    if not asked:
        return np.zeros(0, np.int64)
    pairs = list(asked)
    stored = fetch(
        f"""
        SELECT k.n, k.resident_id, p.id, p.vouched
        FROM unnest({array("bigint")}, {array("bytea")}) WITH ORDINALITY AS k (resident_id, blind, n)
        CROSS JOIN LATERAL (
            SELECT id, vouched FROM residents_phone p
            WHERE p.blind = k.blind AND p.resident_id = k.resident_id OFFSET 0
        ) p
        """,  # noqa: S608  (constants)
        [packed([pair[0] for pair in pairs]), packed([pair[1] for pair in pairs])],
    )
    known = {row[0] - 1 for row in stored}
    fresh = [k for k in range(len(pairs)) if k not in known]
    rows = [asked[pairs[k]] for k in fresh]
    doubted = [(resident_id, phone_id) for _n, resident_id, phone_id, vouched in stored if not vouched]
    sure = None if registering else _managed_by(origin, {pairs[k][0] for k in fresh} | {who for who, _ in doubted})
    if now_sure := [phone_id for who, phone_id in doubted if sure is None or who in sure]:
        Phone.objects.filter(pk__in=now_sure).update(vouched=True)
    phones = listed(incoming.phones)
    _copy(
        Phone,
        {
            "resident_id": [pairs[k][0] for k in fresh],
            "value": _bytea(seal_many([phones[k] for k in rows], PHONE_CONTEXT)),
            "blind": _bytea([pairs[k][1] for k in fresh]),
            "source_id": _same(origin.source_id, len(fresh)),
            "vouched": [sure is None or pairs[k][0] in sure for k in fresh],
        },
    )
    return np.array(rows, np.int64)


def _managed_by(origin: Origin, ids: set[int]) -> set[int] | None:
    """Of these residents, those whom the sender manages, under whichever of their entries; None for all of them."""
    if origin.source_id is None and origin.account_id is None:
        return None
    if not ids or origin.source_id is None:
        return set()
    rows = fetch(
        f"""
        WITH RECURSIVE up AS (
            SELECT k.id AS of, r.id, r.merged_into_id, r.managing_institution_id
            FROM unnest({array("bigint")}) AS k (id) JOIN residents_resident r ON r.id = k.id
            UNION ALL
            SELECT up.of, r.id, r.merged_into_id, r.managing_institution_id
            FROM up JOIN residents_resident r ON r.id = up.merged_into_id
        )
        SELECT of FROM up WHERE merged_into_id IS NULL AND managing_institution_id = %s
        """,  # noqa: S608  (constants)
        [packed(sorted(ids)), origin.source_id],
    )
    return {row[0] for row in rows}


def _new_ids(count: int) -> NDArray[np.int64]:
    """So many consecutive ids. All who add to the index come here and wait for each other: a plain ``nextval`` in
    between could fall among those just taken."""
    queue()
    [[last]] = fetch(
        "SELECT setval(seq, nextval(seq) + %s - 1) "
        "FROM (SELECT pg_get_serial_sequence('residents_resident', 'id')::regclass AS seq) AS its",
        [count],
    )
    return np.arange(last - count + 1, last + 1)


def _copy(model: type[Any], columns: Mapping[str, Any]) -> None:
    rows = pl.DataFrame(columns)
    text = BytesIO()
    rows.write_csv(text, include_header=False)  # writes '' in quotes and null without, as PostgreSQL reads them
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {model._meta.db_table} ({', '.join(rows.columns)}) FROM STDIN (FORMAT csv)") as copy,
    ):
        copy.write(text.getbuffer())


def _bytea(values: Sequence[bytes | None]) -> pl.Series:
    return "\\x" + pl.Series(values, dtype=pl.Binary()).bin.encode("hex")


def _same(value: str | int | bool | None, count: int) -> pl.Series:
    return pl.Series([value]).new_from_index(0, count)


def learn(
    incoming: Incoming,
    ids: NDArray[np.int64],
    origin: Origin,
    *,
    patient: NDArray[np.int64],
    document: NDArray[np.int64],
    card: NDArray[np.int64],
) -> Learned:
    """Add what these records say beyond what is stored of the residents they mean.

    ``patient``, ``document`` and ``card`` are the rows whose number nobody has yet. Phones are added, empty
    details filled, and address, insurance kind and managing institution brought up to date.
    """
    changed = np.zeros(len(incoming), bool)
    add_numbers(incoming, ids, origin.source_id, patient=patient, document=document, card=card)
    for rows in (patient, document, card, add_phones(incoming, ids, np.arange(len(incoming)), origin)):
        changed[rows] = True
    details, elsewhere = _update_details(incoming, ids, origin.speaks_for())
    changed[details] = True
    changed[keep_households(incoming, ids, origin.source_id)] = True
    return Learned(changed, elsewhere)


def _update_details(
    incoming: Incoming, ids: NDArray[np.int64], own: list[int] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Compare with what is stored in one query and write only where something differs; gives the rows written, and
    those naming another manager than the one stored, which is none of ``own``."""
    rows = _that_may_add(incoming, ids).tolist()
    if not rows:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    institutions, insurances = incoming.column("managing_institution_id"), incoming.column("insurance_kind")
    differing = fetch(
        f"""
        SELECT n, address, name, place AND NOT free, address OR place AND free OR insurance OR name OR born OR sex
        FROM (
            SELECT k.n, r.address_blind IS DISTINCT FROM k.address AND k.address IS NOT NULL AS address,
                r.managing_institution_id IS DISTINCT FROM k.institution AND k.institution IS NOT NULL AS place,
                {_FREE} AS free,
                r.insurance_kind <> k.insurance AND k.insurance IS NOT NULL AS insurance,
                r.name_key = '' AND k.named AS name,
                r.birth_date IS NULL AND k.born IS NOT NULL AS born,
                r.sex IN ('0', '9') AND k.sex IN ('1', '2') AS sex
            FROM unnest(
                {array("bigint")}, {array("int")}, {array("bytea")}, {array("bigint")},
                {array("text")}, {array("bool")}, {array("date")}, {array("text")}
            ) AS k (id, n, address, institution, insurance, named, born, sex)
            JOIN residents_resident r ON r.id = k.id
        ) AS compared WHERE address OR place OR insurance OR name OR born OR sex
        """,  # noqa: S608  (constants)
        [
            own,
            own,
            packed(ids[rows].tolist()),
            packed(rows),
            packed([incoming.address_blinds[k] for k in rows]),
            packed([institutions[k] for k in rows]),
            packed([insurances[k] for k in rows]),
            packed([bool(incoming.named[k]) for k in rows]),
            packed([incoming.born[k] for k in rows]),
            packed([int(incoming.sex[k]) for k in rows]),
        ],
    )
    written = [row for row in differing if row[4]]
    where = np.array([row[0] for row in written], np.int64)
    if len(where):
        moved, was_unnamed = [row[1] for row in written], [row[2] for row in written]
        _write_details(incoming.take(where), ids[where], moved, was_unnamed, own)
    return where, np.array([row[0] for row in differing if row[3]], np.int64)


def _that_may_add(incoming: Incoming, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """The last row about each resident, without those that say only what never changes where it is known."""
    _, back = np.unique(ids[::-1], return_index=True)
    rows = np.sort(len(ids) - 1 - back)
    may = np.zeros(len(ids), bool)
    for name in ("address", "managing_institution_id", "insurance_kind"):
        may |= given(incoming.said[name])
    lacking = fetch(
        f"""
        SELECT id FROM residents_resident
        WHERE id = ANY({array("bigint")}) AND (name_key = '' OR birth_date IS NULL OR sex IN ('0', '9'))
        """,  # noqa: S608  (constants)
        [packed(ids[rows[~may[rows]]].tolist())],
    )
    may |= np.isin(ids, [row[0] for row in lacking])
    return rows[may[rows]]


def _write_details(
    incoming: Incoming,
    ids: NDArray[np.int64],
    moved: Sequence[bool],
    was_unnamed: Sequence[bool],
    own: list[int] | None,
) -> None:
    typed = incoming.column("address")
    addresses = seal_many(_only(moved, typed), ADDRESS_CONTEXT)
    spelled = incoming.spelled
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE residents_resident r SET
                address = COALESCE(k.address, r.address),
                address_blind = CASE WHEN k.address IS NULL THEN r.address_blind ELSE k.address_blind END,
                managing_institution_id = CASE WHEN {_FREE}
                    THEN COALESCE(k.institution, r.managing_institution_id) ELSE r.managing_institution_id END,
                insurance_kind = COALESCE(k.insurance, r.insurance_kind),
                birth_precision = CASE WHEN r.birth_date IS NULL AND k.born IS NOT NULL THEN 3
                    ELSE r.birth_precision END,
                birth_date = COALESCE(r.birth_date, k.born),
                sex = CASE WHEN r.sex IN ('0', '9') AND k.sex IN ('1', '2') THEN k.sex ELSE r.sex END,
                name = COALESCE(k.name, r.name), name_key = COALESCE(k.name_key, r.name_key),
                pinyin = COALESCE(k.pinyin, r.pinyin), initials = COALESCE(k.initials, r.initials),
                surname_sound = COALESCE(k.surname, r.surname_sound),
                name_grams = COALESCE(k.grams::text[], r.name_grams)
            FROM unnest(
                {array("bigint")}, {array("bytea")}, {array("bytea")}, {array("bigint")}, {array("text")},
                {array("date")}, {array("text")}, {array("text")}, {array("text")}, {array("text")},
                {array("text")}, {array("text")}, {array("text")}
            ) AS k (
                id, address, address_blind, institution, insurance, born, sex,
                name, name_key, pinyin, initials, surname, grams
            )
            WHERE r.id = k.id
            """,  # noqa: S608  (constants)
            [
                own,
                own,
                packed(ids.tolist()),
                packed(addresses),
                packed(incoming.address_blinds),
                packed(incoming.column("managing_institution_id")),
                packed(incoming.column("insurance_kind")),
                packed(incoming.born),
                packed(incoming.sex.tolist()),
                packed(_only(was_unnamed, incoming.column("name"))),
                packed(_only(was_unnamed, incoming.names.keys)),
                packed(_only(was_unnamed, [s.pinyin[:300] for s in spelled])),
                packed(_only(was_unnamed, [s.initials[:100] for s in spelled])),
                packed(_only(was_unnamed, [s.surname_sound[:100] for s in spelled])),
                packed(_only(was_unnamed, [literal(s.grams) for s in spelled])),
            ],
        )


# Whether the sender may say who manages a resident: nobody does so far, or one of those the sender speaks for.
_FREE = """(r.managing_institution_id IS NULL OR %s::bigint[] IS NULL
    OR r.managing_institution_id = ANY(%s::bigint[]))"""


def _only(wanted: Sequence[bool], values: Sequence[str | None], other: str | None = None) -> list[str | None]:
    return [value if want else other for want, value in zip(wanted, values, strict=True)]
