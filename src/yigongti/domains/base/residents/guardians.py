"""Who acts for whom today, and how a resident who acts is called in the trail.

Consent is what makes it lawful to let somebody else see health data (PIPL art. 13, 28–29; under 14 the guardian's,
art. 31; Civil Code art. 17, 27: of age at 18). So a relation holds for exactly the days on record: a child's never
beyond the 18th birthday, whatever was written down, nobody's beyond a death. Persons that were merged count as one.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from yigongti.domains.base.residents.candidates import standing
from yigongti.domains.base.residents.models import Guardianship, Resident
from yigongti.domains.base.residents.selectors import Card, cards, cluster
from yigongti.kernel import clock

OF_AGE = 18
"""Years (Civil Code art. 17)."""
CONSENTING_FROM = 14
"""Years from which a minor's own consent is needed as well (PIPL art. 31 e contrario)."""

_WHY = "who acts for whom is asked before anything is shown"
_SELF, _GUARDIAN = "（居民本人）", "（居民代办人）"


@dataclass(frozen=True)
class Acting:
    """One relation: ``person`` is the other side (the ward, or the guardian), as lists show one."""

    id: int
    person: Card
    kind: str
    kind_label: str
    consent_label: str
    consent_no: str
    institution_id: int | None
    recorded_at: datetime
    starts_on: date
    ends_on: date | None
    ended_by: str = ""
    end_reason: str = ""


def birthday(born: date, years: int) -> date:
    """The day somebody reaches an age: who was born on 29 February reaches it on 1 March of a common year."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def is_of_age(born: date | None, on: date | None = None, *, years: int = OF_AGE) -> bool:
    """Whether somebody has reached an age on a day (today). Of whom no birth is known, nobody can say so."""
    return born is not None and birthday(born, years) <= (on or clock.today())


def wards(resident_id: int, on: date | None = None) -> list[Acting]:
    """Whom a person acts for on a day (today), by the entries that stand for them, the youngest last."""
    return _in_force(Q(guardian_id__in=cluster(resident_id)), "ward_id", on or clock.today())


def guardians(resident_id: int, on: date | None = None) -> list[Acting]:
    """Who acts for a person on a day (today)."""
    return _in_force(Q(ward_id__in=cluster(resident_id)), "guardian_id", on or clock.today())


def has_died(entries: tuple[int, ...]) -> bool:
    """Whether a death is on record under any entry of a person; ``entries`` as ``cluster`` gives them."""
    rows = Resident.objects.unscoped(_WHY).filter(pk__in=entries, deceased_on__isnull=False)
    return bool(rows.exists())


def ward_ids(guardian_entries: tuple[int, ...], on: date | None = None) -> frozenset[int]:
    """The standing entries of a person's wards, in two queries; ``guardian_entries`` as ``cluster`` gives them."""
    on = on or clock.today()
    rows = list(_holding(Q(guardian_id__in=guardian_entries), on).values_list("ward_id", "kind"))
    if not rows:
        return frozenset()
    merged = {entry: who for entry, (who, _name) in standing({ward for ward, _kind in rows}).items()}
    persons = {
        pk: (born, died)
        for pk, born, died in Resident.objects.unscoped(_WHY)
        .filter(pk__in=set(merged.values()))
        .values_list("pk", "birth_date", "deceased_on")
    }
    found = ((merged[ward], kind) for ward, kind in rows if ward in merged)
    return frozenset(
        who for who, kind in found if who in persons and who not in guardian_entries and _lasts(kind, *persons[who], on)
    )


def past(resident_id: int) -> tuple[list[Acting], list[Acting]]:
    """All relations of a person, whether they hold or not: whom they act for, and who acts for them; newest first."""
    own = cluster(resident_id)
    return (
        _views(list(Guardianship.objects.unscoped(_WHY).filter(guardian_id__in=own).order_by("-pk")), "ward_id"),
        _views(list(Guardianship.objects.unscoped(_WHY).filter(ward_id__in=own).order_by("-pk")), "guardian_id"),
    )


def _holding(of: Q, on: date) -> QuerySet[Guardianship]:
    found: QuerySet[Guardianship] = Guardianship.objects.unscoped(_WHY).filter(
        of, Q(ends_on__isnull=True) | Q(ends_on__gt=on), starts_on__lte=on
    )
    return found


def _in_force(of: Q, other: str, on: date) -> list[Acting]:
    rows = list(_holding(of, on).order_by("pk"))
    shown = _views(rows, other)
    merged = whole_ids({row.ward_id for row in rows})
    ward_cards = cards(merged.values())
    kept: dict[int, Acting] = {}
    for row, view in zip(rows, shown, strict=True):
        ward = ward_cards.get(merged.get(row.ward_id, 0))
        if ward is None or view.person.deceased_on is not None:
            continue
        if not _lasts(row.kind, ward.birth_date, ward.deceased_on, on):
            continue
        kept.setdefault(view.person.id, view)
    return sorted(kept.values(), key=lambda one: (one.person.birth_date or date.max, one.person.id))


def _lasts(kind: str, born: date | None, died: date | None, on: date) -> bool:
    if died is not None and died <= on:
        return False
    return kind != Guardianship.Kind.CHILD or not is_of_age(born, on)


def whole_ids(entries: set[int]) -> dict[int, int]:
    """The standing entry of each."""
    return {entry: who for entry, (who, _name) in standing(entries).items()}


def _views(rows: list[Guardianship], other: str) -> list[Acting]:
    merged = whole_ids({getattr(row, other) for row in rows})
    persons = cards(merged.values())
    return [
        Acting(
            id=row.pk,
            person=persons[merged[getattr(row, other)]],
            kind=row.kind,
            kind_label=str(row.get_kind_display()),
            consent_label=str(row.get_consent_display()),
            consent_no=row.consent_no,
            institution_id=row.institution_id,
            recorded_at=row.recorded_at,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            ended_by=row.ended_by_name,
            end_reason=row.end_reason,
        )
        for row in rows
    ]


def signature(name: str, *, for_oneself: bool) -> str:
    """How the trail calls a resident who acts: 王秀英（居民本人） or, for somebody else, 王秀英（居民代办人）."""
    return f"{name}{_SELF if for_oneself else _GUARDIAN}"[:100]


def signed_by(actor_name: str) -> str:
    """Whether a line of the trail is a resident's own: "self", "guardian", or "" for staff and the platform."""
    if actor_name.endswith(_SELF):
        return "self"
    return "guardian" if actor_name.endswith(_GUARDIAN) else ""


def plain_name(actor_name: str) -> str:
    """The name in a line of the trail without how a resident acted."""
    return actor_name.removesuffix(_SELF).removesuffix(_GUARDIAN)
