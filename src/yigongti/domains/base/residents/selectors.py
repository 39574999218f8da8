"""Reading the master index: who somebody is, and all entries that are one person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents.columns import fetch
from yigongti.domains.base.residents.models import Identifier, IdentifierKind, Phone, Resident, Sex
from yigongti.kernel.privacy.api import mask_id_number, mask_name, mask_phone

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
    """Ids of all entries that are this person: facts stay with the entry they came in under."""
    rows = fetch(
        """
        WITH RECURSIVE chain AS (
            SELECT id, merged_into_id FROM residents_resident WHERE id = %s
            UNION ALL
            SELECT r.id, r.merged_into_id FROM chain c JOIN residents_resident r ON r.id = c.merged_into_id
        ), person AS (
            SELECT id FROM chain WHERE merged_into_id IS NULL
            UNION ALL
            SELECT r.id FROM person p JOIN residents_resident r ON r.merged_into_id = p.id
        )
        SELECT id FROM person ORDER BY id
        """,
        [resident_id],
    )
    return tuple(row[0] for row in rows)


def cards(resident_ids: Iterable[int]) -> dict[int, Card]:
    """Cards by id; two queries however many. Unknown ids are left out."""
    ids = set(resident_ids)
    numbers = dict(
        Identifier.objects.filter(resident_id__in=ids, active=True, kind=IdentifierKind.ID_CARD).values_list(
            "resident_id", "value"
        )
    )
    rows = Resident.objects.unscoped(_WHY).filter(pk__in=ids)
    return {
        row.pk: Card(
            id=row.pk,
            name=mask_name(row.name),
            full_name=row.name,
            sex=row.sex,
            sex_label=str(Sex(row.sex).label),
            birth_date=row.birth_date,
            birth_precision=row.birth_precision,
            id_number=mask_id_number(str(numbers.get(row.pk, ""))),
            managing_institution_id=row.managing_institution_id,
            deceased_on=row.deceased_on,
            temporary_no=row.temporary_no or "",
        )
        for row in rows
    }


def card(resident_id: int) -> Card | None:
    """One resident's card, or None."""
    return cards([resident_id]).get(resident_id)


def numbers(resident_id: int) -> list[Number]:
    """The numbers a person is known by, masked, documents first."""
    rows = Identifier.objects.filter(resident_id__in=cluster(resident_id), active=True).order_by("kind", "pk")
    return [
        Number(row.kind, str(IdentifierKind(row.kind).label), mask_id_number(str(row.value)), row.source_id)
        for row in rows
    ]


def phones(resident_id: int) -> list[str]:
    """Phones, masked."""
    rows = Phone.objects.filter(resident_id__in=cluster(resident_id)).order_by("pk")
    return list(dict.fromkeys(mask_phone(str(row.value)) for row in rows))


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
