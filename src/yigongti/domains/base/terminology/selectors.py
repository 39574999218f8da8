"""Reading terminology: look-up by code, Chinese or pinyin initials; a code's meaning on a day. Open to all staff."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Length
from django.utils.translation import get_language

from yigongti.domains.base.terminology.formulas import fold, wanted_initials, wanted_text
from yigongti.domains.base.terminology.models import CodeSystem, Concept, Edition
from yigongti.kernel import clock

LONGEST_QUERY = 60


@dataclass(frozen=True)
class Coded:
    """A code with its meaning, as of one edition."""

    system: str
    code: str
    display: str
    display_en: str
    parent: str
    unit: str
    version: str
    active: bool

    @property
    def label(self) -> str:
        """The name in the active language (Chinese where there is no English one)."""
        english = (get_language() or "").startswith("en")
        return self.display_en if english and self.display_en else self.display


@dataclass(frozen=True)
class EditionView:
    """An edition of a code system, for pages."""

    id: int
    version: str
    complete: bool
    starts_on: date | None
    ends_on: date | None
    source: str
    evidence: str
    concept_count: int
    holds: bool


@dataclass(frozen=True)
class SystemView:
    """A code system with its editions, newest first."""

    key: str
    name: str
    name_en: str
    kind: str
    kind_label: str
    publisher: str
    oid: str
    uri: str
    editions: tuple[EditionView, ...]

    @property
    def label(self) -> str:
        english = (get_language() or "").startswith("en")
        return self.name_en if english and self.name_en else self.name

    @property
    def current(self) -> EditionView | None:
        """The edition that holds today."""
        holding = [edition for edition in self.editions if edition.holds]
        return next((e for e in holding if e.complete), next(iter(holding), None))


def _holds(on: date, prefix: str = "") -> Q:
    starts, ends = f"{prefix}starts_on", f"{prefix}ends_on"
    return (Q(**{f"{starts}__isnull": True}) | Q(**{f"{starts}__lte": on})) & (
        Q(**{f"{ends}__isnull": True}) | Q(**{f"{ends}__gt": on})
    )


def _edition_ids(system: str, on: date) -> list[int]:
    """Editions to look in on a day: the complete one, else the partial ones."""
    held = list(Edition.objects.filter(_holds(on), system__key=system).values_list("pk", "complete"))
    return [pk for pk, complete in held if complete] or [pk for pk, _complete in held]


def _coded(concepts: Iterable[Concept]) -> list[Coded]:
    return [
        Coded(
            system=concept.edition.system.key,
            code=concept.code,
            display=concept.display,
            display_en=concept.display_en,
            parent=concept.parent_code,
            unit=concept.unit,
            version=concept.edition.version,
            active=concept.status == Concept.Status.ACTIVE,
        )
        for concept in concepts
    ]


def _usable(system: str, on: date | None) -> QuerySet[Concept]:
    on = on or clock.today()
    return (
        Concept.objects.filter(_holds(on), edition_id__in=_edition_ids(system, on), status=Concept.Status.ACTIVE)
        .select_related("edition__system")
        .defer("folded", "initials", "grams")
    )


def systems() -> list[SystemView]:
    """All code systems with their editions."""
    today = clock.today()
    rows = CodeSystem.objects.prefetch_related("editions")
    return [_system_view(row, today) for row in rows]


def system_view(key: str) -> SystemView | None:
    """One code system by key, with its editions."""
    row = CodeSystem.objects.filter(key=key).prefetch_related("editions").first()
    return _system_view(row, clock.today()) if row else None


def _system_view(row: CodeSystem, today: date) -> SystemView:
    newest_first = sorted(row.editions.all(), key=lambda e: (e.starts_on or date.min, e.pk), reverse=True)
    editions = tuple(
        EditionView(
            id=edition.pk,
            version=edition.version,
            complete=edition.complete,
            starts_on=edition.starts_on,
            ends_on=edition.ends_on,
            source=edition.source,
            evidence=edition.evidence,
            concept_count=edition.concept_count,
            holds=(edition.starts_on or today) <= today < (edition.ends_on or date.max),
        )
        for edition in newest_first
    )
    return SystemView(
        row.key, row.name, row.name_en, row.kind, row.get_kind_display(), row.publisher, row.oid, row.uri, editions
    )


def system_of(uri: str) -> str | None:
    """The key of the code system that outside records name by this address or OID (``urn:oid:…`` too)."""
    oid = uri.removeprefix("urn:oid:")
    match = Q(uri=uri) | Q(oid=oid) if uri else Q(pk__isnull=True)
    return CodeSystem.objects.filter(match).values_list("key", flat=True).first()


def find(system: str, code: str, on: date | None = None) -> Coded | None:
    """What a code means in the edition that holds on a day (today); where it holds in none, in the latest that had it.

    ``active`` is False for a code that is withdrawn or outside its dates. None for a code no edition ever had.
    """
    on = on or clock.today()
    ids = _edition_ids(system, on)
    rows = (
        Concept.objects.filter(edition__system__key=system, code=code)
        .select_related("edition__system")
        .annotate(here=Case(When(edition_id__in=ids, then=1), default=0, output_field=IntegerField()))
        .order_by("-here", "-edition__complete", F("edition__starts_on").desc(nulls_last=True))
    )
    best = rows.first()
    if best is None:
        return None
    within = (best.starts_on or on) <= on < (best.ends_on or date.max)
    found = _coded([best])[0]
    if best.here and within:
        return found
    return Coded(**{**found.__dict__, "active": False})


def display(system: str, code: str, on: date | None = None) -> str:
    """The name of a code in the active language; the code itself where it is unknown."""
    found = find(system, code, on) if code else None
    return found.label if found else code


def value_set(system: str, on: date | None = None) -> tuple[Coded, ...]:
    """Every code of a small code system that holds on a day (today), in order of code."""
    return tuple(_coded(_usable(system, on).order_by("code")))


def choices(system: str, on: date | None = None) -> list[tuple[str, str]]:
    """A value set as the choices of a form field, in the active language."""
    return [(coded.code, coded.label) for coded in value_set(system, on)]


def browse(
    system: str, *, parent: str = "", on: date | None = None, offset: int = 0, limit: int = 50
) -> tuple[list[Coded], int]:
    """A page of the codes directly under ``parent`` (of the top, when empty) and how many there are."""
    rows = _usable(system, on).filter(parent_code=parent)
    return _coded(rows.order_by("code")[offset : offset + limit]), rows.count()


def with_children(system: str, codes: Iterable[str], on: date | None = None) -> frozenset[str]:
    """Which of these codes have codes under them."""
    found = _usable(system, on).filter(parent_code__in=list(codes)).values("parent_code")
    return frozenset(found.annotate(n=Count("pk")).values_list("parent_code", flat=True))


def search(system: str, query: str, *, on: date | None = None, limit: int = 20) -> list[Coded]:
    """Codes that hold on a day and match what was typed, best first.

    One word is tried as the beginning of a code, as text inside the name, and as pinyin initials inside it; several
    words must all be in the name. Order: the code itself, the name itself, beginnings of names, of codes, of initials,
    then the rest; shorter names first. Takes 5–15 ms over 33,000 codes.
    """
    typed = fold(query[:LONGEST_QUERY])
    words = typed.split(" ")
    if not typed:
        return []
    condition = Q()
    for word in words:
        grams = wanted_text(word)
        condition &= Q(folded__contains=word) & (Q(grams__contains=grams) if grams else Q())
    text_needs_index = any(wanted_text(word) for word in words)
    either = condition if text_needs_index else Q(pk__in=[])
    whens = [
        When(folded=typed, then=Value(1)),
        When(folded__startswith=typed + " ", then=Value(1)),
        When(folded__startswith=typed, then=Value(2 if len(typed) > 1 else 5)),
    ]
    if len(words) == 1:
        starts, same = Q(), Q()
        for code in _spellings(query.strip()):
            starts, same = starts | Q(code__startswith=code), same | Q(code=code)
        either |= starts
        whens = [When(same, then=Value(0)), *whens, When(starts, then=Value(3))]
        initials = wanted_initials(typed)
        if initials:
            either |= Q(grams__contains=initials, initials__contains=f" {typed}" if len(typed) == 1 else typed)
            whens += [
                When(initials__contains=f" {typed} ", then=Value(4)),
                When(initials__contains=f" {typed}", then=Value(5)),
            ]
        whens.append(When(folded__contains=typed, then=Value(6)))
    whens.sort(key=lambda when: when.result.value)
    ranked = (
        _usable(system, on)
        .filter(either)
        .annotate(rank=Case(*whens, default=Value(7), output_field=IntegerField()))
        .order_by("rank", Case(When(rank=3, then=0), default=Length("display")), "code")
    )
    return _coded(ranked[:limit])


def _spellings(code: str) -> set[str]:
    """How a typed code may be published: as typed, in capitals, or with small letters inside (``I10.x00x002``)."""
    return {code, code.upper(), code[:1].upper() + code[1:].lower()}
