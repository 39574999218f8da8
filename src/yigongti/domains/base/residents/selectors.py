"""Reading the master index: who somebody is, and all entries that are one person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents.columns import fetch
from yigongti.domains.base.residents.models import Identifier, IdentifierKind, Phone, Resident, Sex
from yigongti.kernel.privacy.api import mask_id_number, mask_name, mask_phone, unseal

_WHY = "a card is shown to whom its reader has let through"


@dataclass(frozen=True)
class Card:
    """A resident as lists show one: nothing that would identify a stranger. ``name`` is masked, not ``full_name``."""

    id: int
    name: str
    full_name: str
    sex: str
    sex_label: str
    birth_date: date | None
    birth_precision: int
    id_number: str  # masked
    managing_institution_id: int | None
    deceased_on: date | None
    temporary_no: str

    @property
    def unknown(self) -> bool:
        """A newborn or unknown person without a number of their own."""
        return bool(self.temporary_no)


@dataclass(frozen=True)
class Number:
    """A number a person is known by, masked; ``source_id`` where it holds inside one institution."""

    kind: str
    kind_label: str
    masked: str
    source_id: int | None


def whole(resident_id: int) -> int | None:
    """The entry that stands for a person: itself, or the one it was finally merged into. None when there is none."""
    rows = fetch(
        """
        WITH RECURSIVE chain AS (
            SELECT id, merged_into_id FROM residents_resident WHERE id = %s
            UNION ALL
            SELECT r.id, r.merged_into_id FROM chain c JOIN residents_resident r ON r.id = c.merged_into_id
        )
        SELECT id FROM chain WHERE merged_into_id IS NULL
        """,
        [resident_id],
    )
    return int(rows[0][0]) if rows else None


def cluster(resident_id: int) -> tuple[int, ...]:
    """Ids of all entries that are this person, first the one that stands for the person (as ``whole`` gives it).

    Facts stay with the entry they came in under.
    """
    rows = fetch(
        """
        WITH RECURSIVE chain AS (
            SELECT id, merged_into_id FROM residents_resident WHERE id = %s
            UNION ALL
            SELECT r.id, r.merged_into_id FROM chain c JOIN residents_resident r ON r.id = c.merged_into_id
        ), person AS (
            SELECT id, 0 AS absorbed FROM chain WHERE merged_into_id IS NULL
            UNION ALL
            SELECT r.id, 1 FROM person p JOIN residents_resident r ON r.merged_into_id = p.id
        )
        SELECT id FROM person ORDER BY absorbed, id
        """,
        [resident_id],
    )
    return tuple(row[0] for row in rows)


def cards(resident_ids: Iterable[int]) -> dict[int, Card]:
    """Cards by id; two queries however many. Unknown ids are left out."""
    ids = set(resident_ids)
    numbers = {of: unseal(bytes(value), _NUMBER_CONTEXT) for of, value in fetch(_ID_CARDS, [list(ids)])}
    sexes = _sexes()
    rows = Resident.objects.unscoped(_WHY).filter(pk__in=ids).values_list(*_ON_CARD)
    return {row[0]: _card(row, numbers.get(row[0]), sexes) for row in rows}


# Who has no identity card of their own shows that of an entry merged into them.
_ID_CARDS = """
    WITH RECURSIVE entry AS (
        SELECT id AS of, id, 0 AS depth FROM unnest(%s::bigint[]) AS k (id)
        UNION ALL
        SELECT e.of, r.id, e.depth + 1 FROM entry e JOIN residents_resident r ON r.merged_into_id = e.id
    )
    SELECT DISTINCT ON (e.of) e.of, i.value FROM entry e
    JOIN residents_identifier i ON i.resident_id = e.id AND i.kind = '01' AND i.active
    ORDER BY e.of, e.depth, i.id
"""


_ON_CARD = (
    "pk", "name", "sex", "birth_date", "birth_precision", "managing_institution_id", "deceased_on", "temporary_no"
)  # fmt: skip


def _sexes() -> dict[str, str]:
    return {str(sex.value): str(sex.label) for sex in Sex}


def _card(row: tuple[Any, ...], id_number: object, sexes: dict[str, str]) -> Card:
    pk, name, sex, birth_date, birth_precision, managing_institution_id, deceased_on, temporary_no = row
    return Card(
        id=pk,
        name=mask_name(name),
        full_name=name,
        sex=sex,
        sex_label=sexes[sex],
        birth_date=birth_date,
        birth_precision=birth_precision,
        id_number=mask_id_number(str(id_number or "")),
        managing_institution_id=managing_institution_id,
        deceased_on=deceased_on,
        temporary_no=temporary_no or "",
    )


@dataclass(frozen=True)
class Standing:
    """Who looks after a person, and whether there is one to look after."""

    managing_institution_id: int | None
    deceased_on: date | None


def standing(resident_id: int) -> Standing | None:
    """Of an entry, in one query and without its numbers; None when there is none."""
    rows = fetch("SELECT managing_institution_id, deceased_on FROM residents_resident WHERE id = %s", [resident_id])
    return Standing(*rows[0]) if rows else None


def insured_counts(insurance_kind: str, on: date) -> dict[int | None, int]:
    """Living people of an insurance kind by managing institution (None: nobody manages them), entries that were merged
    counted once. The index keeps no earlier insurance kinds: ``on`` decides who is still alive."""
    return dict(fetch(_INSURED, {"kind": insurance_kind, "on": on}))


_INSURED = """
    SELECT managing_institution_id, count(*) FROM residents_resident
    WHERE merged_into_id IS NULL AND insurance_kind = %(kind)s AND (deceased_on IS NULL OR deceased_on > %(on)s)
    GROUP BY 1
"""


@dataclass(frozen=True)
class Identity:
    """Who a person is, for the head of a page about them: card, numbers and phones, masked like those of a list."""

    card: Card
    numbers: tuple[Number, ...]
    phones: tuple[str, ...]


def identity(entries: tuple[int, ...]) -> Identity | None:
    """What all entries of one person (``cluster``) say together, in one query; None without entries."""
    if not entries:
        return None
    rows = fetch(_IDENTITY, {"standing": entries[0], "entries": list(entries)})
    if not rows:
        return None
    card = rows[0][: len(_ON_CARD)]
    said = [row[len(_ON_CARD) :] for row in rows]
    known = [
        (of, kind, source_id, unseal(bytes(value), _NUMBER_CONTEXT))
        for of, kind, source_id, value in said
        if value is not None and kind != _PHONE
    ]
    phones = [unseal(bytes(value), _PHONE_CONTEXT) for _of, kind, _source_id, value in said if kind == _PHONE]
    cards = sorted((of != card[0], value) for of, kind, _source_id, value in known if kind == _ID_CARD)
    return Identity(_card(card, cards[0][1] if cards else None, _sexes()), _numbers(known), _phones(phones))


_PHONE = "phone"
_NUMBER_CONTEXT: str = Identifier._meta.get_field("value").context
_PHONE_CONTEXT: str = Phone._meta.get_field("value").context
_IDENTITY = """
    SELECT r.id, r.name, r.sex, r.birth_date, r.birth_precision, r.managing_institution_id, r.deceased_on,
        r.temporary_no, n.resident_id, n.kind, n.source_id, n.value
    FROM residents_resident r LEFT JOIN (
        SELECT id, resident_id, kind, source_id, value, 0 AS place FROM residents_identifier
        WHERE resident_id = ANY(%(entries)s) AND active
        UNION ALL
        SELECT id, resident_id, 'phone', NULL, value, 1 FROM residents_phone WHERE resident_id = ANY(%(entries)s)
    ) n ON true
    WHERE r.id = %(standing)s
    ORDER BY n.place, n.kind, n.id
"""
_ID_CARD = IdentifierKind.ID_CARD.value


def card(resident_id: int) -> Card | None:
    """One resident's card, or None."""
    return cards([resident_id]).get(resident_id)


def numbers(resident_id: int) -> list[Number]:
    """The numbers a person is known by, masked, documents first."""
    found = identity(cluster(resident_id))
    return list(found.numbers) if found else []


def _numbers(rows: Iterable[tuple[int, str, int | None, str]]) -> tuple[Number, ...]:
    return tuple(
        Number(kind, str(IdentifierKind(kind).label), mask_id_number(value), source_id)
        for _resident_id, kind, source_id, value in rows
    )


def phones(resident_id: int) -> list[str]:
    """Phones, masked."""
    found = identity(cluster(resident_id))
    return list(found.phones) if found else []


def _phones(plain: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(mask_phone(phone) for phone in plain))


@dataclass(frozen=True)
class Housemate:
    """Another member of a household, as lists show one."""

    card: Card
    relation: str


def household(resident_id: int) -> list[Housemate]:
    """Who else lives under the same household number today."""
    own = cluster(resident_id)
    rows = fetch(
        """
        SELECT DISTINCT ON (other.resident_id) other.resident_id, other.relation
        FROM residents_membership mine
        JOIN residents_membership other ON other.household_id = mine.household_id AND other.ends_on IS NULL
        WHERE mine.resident_id = ANY(%s) AND mine.ends_on IS NULL AND other.resident_id <> ALL(%s)
        ORDER BY other.resident_id, other.id
        """,
        [list(own), list(own)],
    )
    found = cards(row[0] for row in rows)
    return [Housemate(found[resident_id], relation) for resident_id, relation in rows if resident_id in found]


def institution_names(shown: Iterable[Card]) -> dict[int, str]:
    """Names of the managing institutions of some cards, by id."""
    return dict(organisation.names({c.managing_institution_id for c in shown if c.managing_institution_id}))
