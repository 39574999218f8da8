"""Where a disease belongs: the lowest tier and the institutions that treat it, by the catalogue in force on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.care.referrals.formulas import TIER_RANK, merged, within
from yigongti.domains.care.referrals.models import CatalogueEdition, CatalogueLine
from yigongti.domains.care.referrals.models.catalogue import TIER_LABELS, TIERS
from yigongti.kernel import clock

NATIONAL = "national"


@dataclass(frozen=True)
class Place:
    """An institution that treats it: by a line of its own, or because its tier does."""

    id: int
    name: str
    tier_label: str
    by_line: bool


@dataclass(frozen=True)
class LineView:
    """A line of a catalogue; ``where`` is the tier or the institution in words."""

    number: int
    first: str
    last: str
    name: str
    tier: str
    institution_id: int | None
    where: str
    condition: str

    @property
    def codes(self) -> str:
        return self.first if self.first == self.last else f"{self.first}–{self.last}"


@dataclass(frozen=True)
class Belongs:
    """Where a code belongs on a day, and why. ``tier`` is the lowest that treats it, "" where only single
    institutions do; ``lines`` are those of the edition that hold the code, the narrowest first."""

    code: str
    tier: str
    institutions: tuple[Place, ...]
    lines: tuple[LineView, ...]
    edition_id: int
    edition: str
    document: str
    clause: str
    evidence: str
    default: bool

    @property
    def tier_label(self) -> str:
        return str(TIER_LABELS[self.tier]) if self.tier else ""

    @property
    def why(self) -> str:
        """In one sentence: document, clause, line."""
        line = self.lines[0]
        return _("按%(document)s%(clause)s第 %(line)d 行“%(name)s（%(codes)s）”") % {
            "document": self.document, "clause": self.clause, "line": line.number, "name": line.name,
            "codes": line.codes,
        }  # fmt: skip

    def treated_at(self, tier: str) -> bool:
        """Whether a tier treats it: the lowest one and every one above."""
        return bool(self.tier) and tier in TIER_RANK and TIER_RANK[tier] >= TIER_RANK[self.tier]

    @property
    def kept(self) -> dict[str, Any]:
        """What a referral keeps of it."""
        return {"tier": self.tier, "why": self.why, "edition_id": self.edition_id, "default": self.default}


def edition_on(on: date | None = None, place: str | None = None) -> CatalogueEdition | None:
    """The edition in force at a place on a day (today): its own that began last, else the national default."""
    on = on or clock.today()
    for at in (place or settings.PLACE, NATIONAL):
        found = CatalogueEdition.objects.filter(place=at, starts_on__lte=on).order_by("-starts_on").first()
        if found is not None:
            return found
    return None


def where_it_belongs(code: str, on: date | None = None, *, place: str | None = None) -> Belongs | None:
    """Where an ICD-10 code (any edition, any length) belongs; None where the catalogue does not list it.

    The finest lines for tiers decide (E11.1 before E10–E14), among those the lowest tier. An institution treats what
    its own lines say, and what its tier or a lower one treats.
    """
    on, at = on or clock.today(), place or settings.PLACE
    edition = edition_on(on, at)
    if edition is None or len(code.strip()) < 3:
        return None
    letter = code.strip().upper()[0]
    near = edition.lines.filter(first__lte=letter + "Z", last__gte=letter).order_by("number")
    lines = [line for line in near if within(code, line.first, line.last)]
    if not lines:
        return None
    finest = max((len(line.first) for line in lines if line.tier), default=0)
    lines = [line for line in lines if not line.tier or len(line.first) == finest]
    tiers = sorted({line.tier for line in lines if line.tier}, key=TIERS.index)
    lowest = tiers[0] if tiers else ""
    named = {line.institution_id for line in lines if line.institution_id}
    institutions = tuple(
        Place(view.id, view.label, view.tier_label, view.id in named)
        for view in organisation.institutions(at, on)
        if view.id in named or (lowest and view.tier in TIER_RANK and TIER_RANK[view.tier] >= TIER_RANK[lowest])
    )
    ordered = sorted(lines, key=lambda line: (line.tier != lowest, -len(line.first), line.number))
    return Belongs(
        code=code.strip(),
        tier=lowest,
        institutions=tuple(sorted(institutions, key=lambda one: not one.by_line)),
        lines=line_views(ordered),
        edition_id=edition.pk,
        edition=edition.name,
        document=edition.document,
        clause=edition.clause,
        evidence=edition.evidence,
        default=edition.place == NATIONAL,
    )


def tier_categories(tier: str, on: date | None = None, *, place: str | None = None) -> tuple[tuple[str, str], ...]:
    """Ranges (first, last) of three-character ICD-10 categories that a tier treats on a day: those of lines for it and
    for lower tiers, without overlaps, in order. Lines finer than a category are left out. Raises ValueError for an
    unknown tier."""
    if tier not in TIER_RANK:
        raise ValueError(tier)
    edition = edition_on(on, place)
    if edition is None:
        return ()
    lower = [one for one in TIERS if TIER_RANK[one] <= TIER_RANK[tier]]
    rows = edition.lines.filter(tier__in=lower).values_list("first", "last")
    return merged((first, last) for first, last in rows if len(first) == len(last) == 3)


def line_views(rows: Iterable[CatalogueLine]) -> tuple[LineView, ...]:
    rows = list(rows)
    names = organisation.names({row.institution_id for row in rows if row.institution_id})
    return tuple(
        LineView(
            number=row.number,
            first=row.first,
            last=row.last,
            name=row.name,
            tier=row.tier,
            institution_id=row.institution_id,
            where=str(TIER_LABELS[row.tier]) if row.tier else names.get(row.institution_id or 0, ""),
            condition=row.condition,
        )
        for row in rows
    )
