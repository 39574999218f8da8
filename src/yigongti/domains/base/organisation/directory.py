"""What the organisation domain hands to others: frozen, by value, as of a day."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from yigongti.domains.base.organisation.models import INSTITUTION_KINDS, Kind, Tier


class AmbiguousOrganisation(LookupError):
    """A name that two organisations answer to equally well. ``str()`` is a sentence for people."""

    def __init__(self, text: str, names: tuple[str, ...]) -> None:
        super().__init__(_("“%(text)s”对应多家机构：%(names)s") % {"text": text, "names": "、".join(names)})
        self.text = text
        self.names = names


@dataclass(frozen=True)
class OrganisationView:
    """An organisation on one day. ``tier`` is "" where none holds; ``parent_id`` None at the root."""

    id: int
    place: str
    key: str
    name: str
    short_name: str
    kind: str
    tier: str
    tier_evidence: str
    parent_id: int | None
    legal_person: bool
    uscc: str
    division_code: str
    towns: tuple[str, ...]
    led_by: tuple[int, ...]
    document: str
    clause: str
    opened_on: date | None
    closed_on: date | None

    def exists_on(self, on: date) -> bool:
        return (self.opened_on is None or self.opened_on <= on) and (self.closed_on is None or on < self.closed_on)

    @property
    def is_institution(self) -> bool:
        return self.kind in INSTITUTION_KINDS

    @property
    def is_grass_roots(self) -> bool:
        """Primary and village institutions (基层医疗卫生机构)."""
        return self.tier in (Tier.PRIMARY, Tier.VILLAGE)

    @property
    def kind_label(self) -> str:
        return str(Kind(self.kind).label)

    @property
    def tier_label(self) -> str:
        return str(Tier(self.tier).label) if self.tier else ""

    @property
    def label(self) -> str:
        """What pages call it."""
        return self.short_name or self.name
