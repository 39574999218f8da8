"""Reading the master index: who somebody is, and all entries that are one person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from yigongti.domains.base.residents.models import Identifier, Phone, Resident
from yigongti.domains.base.residents.models.people import IdentifierKind, Sex
from yigongti.kernel.privacy.api import mask_id_number, mask_name, mask_phone

_WHY = "a card is shown to whom its reader has let through"


@dataclass(frozen=True)
class Card:
    """A resident as lists show one: nothing that would identify a stranger. ``name`` is masked, ``full_name`` is not."""

    id: int
    name: str
    full_name: str
    sex: str
    sex_label: str
    birth_date: date | None
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
    """The entry that stands for a person: itself, or the one it was merged into. None when there is none."""
    row = Resident.objects.unscoped(_WHY).filter(pk=resident_id).values_list("pk", "merged_into_id").first()
    if row is None:
        return None
    pk, into = row
    return int(into or pk)


def cluster(resident_id: int) -> tuple[int, ...]:
    """Ids of all entries that are this person: facts stay with the entry they came in under."""
    top = whole(resident_id)
    if top is None:
        return ()
    rows = Resident.objects.unscoped(_WHY).filter(Q(pk=top) | Q(merged_into_id=top)).order_by("pk")
    return tuple(rows.values_list("pk", flat=True))


def cards(resident_ids: Iterable[int]) -> dict[int, Card]:
    """Cards by id; three queries however many. Unknown ids are left out."""
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
            id_number=mask_id_number(numbers.get(row.pk, "")),
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
        Number(row.kind, str(IdentifierKind(row.kind).label), mask_id_number(row.value or ""), row.source_id)
        for row in rows
    ]


def phones(resident_id: int) -> list[str]:
    """Phones, masked."""
    return [mask_phone(row.value or "") for row in Phone.objects.filter(resident_id__in=cluster(resident_id))]
