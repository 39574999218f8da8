"""What waits for somebody to decide, and two entries side by side for the one who decides."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import candidates, concern
from yigongti.domains.base.residents.cleaning import clean_few
from yigongti.domains.base.residents.judging import judge
from yigongti.domains.base.residents.models import DOCUMENTS, Decision, Identifier, Merge, Phone, Resident, Review
from yigongti.domains.base.residents.permissions import DECIDE, MERGE
from yigongti.domains.base.residents.selectors import Housemate, Number, card, cluster, household, numbers, phones
from yigongti.domains.base.residents.weights import TABLE, Reason
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.audit.api import record
from yigongti.kernel.privacy.api import mask_name

_WHY = "shown to somebody who may decide who is who; the look is recorded"
COUNT_TO = 1000


def reviews(actor: Actor) -> QuerySet[Review]:
    """Questions from batches of the organisations where the actor may decide, and whether to hand over residents
    whom one of those manages. Raises Forbidden."""
    actor.require(DECIDE)
    rows = Review.objects.select_related("resident", "candidate", "source", "institution")
    if actor.everything:
        return rows
    where = actor.organisations(DECIDE)
    manages = Q(resident__managing_institution_id__in=where)
    of_manager = Q(question=Review.Question.MANAGER)
    return rows.filter((~of_manager & Q(source_id__in=where)) | ((of_manager | Q(source_id=None)) & manages))


def open_count(actor: Actor) -> int:
    """How many questions wait for the actor, at most ``COUNT_TO``."""
    if not actor.may(DECIDE):
        return 0
    return reviews(actor).filter(state=Review.State.OPEN).order_by()[:COUNT_TO].count()


def merges(actor: Actor) -> QuerySet[Merge]:
    """Merges of residents who concern the actor, for those who may undo them. Raises Forbidden."""
    actor.require(MERGE)
    rows = Merge.objects.select_related("kept", "absorbed")
    if actor.everything:
        return rows
    where = actor.organisations(MERGE)
    return rows.filter(concern.of(where, "kept") | concern.of(where, "absorbed"))


def names_listed(residents: Iterable[Resident | None], *, act: str, actor: Actor) -> dict[int, str]:
    """What a list calls these residents, by id: whole where they concern the actor, else masked; one line in the trail
    says who was listed."""
    shown = {resident.pk: resident for resident in residents if resident is not None}
    if not shown:
        return {}
    record(actor=actor, act=act, subject="residents", resident_ids=shown)
    whole = concern.theirs(shown, actor)
    return {
        pk: (row.name if pk in whole else mask_name(row.name)) or row.temporary_no or "" for pk, row in shown.items()
    }


def label_of(code: str) -> str:
    """A reason's code in words: a level of comparison, or a contradiction found by intake."""
    from yigongti.kernel.intake.api import explain

    for levels in TABLE.values():
        for level in levels.values():
            if level.code == code:
                return str(level.label)
    return explain(code, {})


@dataclass(frozen=True)
class Side:
    """One of two entries, as the person who decides sees it: numbers masked, the name whole.

    ``masked`` where the entry is another institution's and the actor is not asked whether it is one of theirs: name
    masked, no address or phone.
    """

    id: int
    name: str
    pinyin: str
    sex: str
    birth_date: date | None
    numbers: list[Number]
    phones: list[str]
    address: str
    managing: str
    source: str
    created_at: datetime
    temporary_no: str
    deceased_on: date | None
    household: list[Housemate]
    masked: bool = False


@dataclass(frozen=True)
class Pair:
    """Two entries, how alike they are and why, and what people decided about them before (newest first)."""

    one: Side
    other: Side
    score: float
    reasons: tuple[Reason, ...]
    decisions: list[Decision]
    may_decide: bool

    @property
    def same_number_kinds_differ(self) -> bool:
        """Whether both have an identity card, and not the same."""
        return any(reason.code == "id_different" for reason in self.reasons)


def pair(one_id: int, other_id: int, *, actor: Actor) -> Pair:
    """Two entries side by side.

    Raises Forbidden, NotVisible where neither concerns the actor.
    """
    found = concern.concern(one_id, other_id, actor=actor)
    one, other = (side(resident_id, asked=found.asked, actor=actor) for resident_id in (one_id, other_id))
    score, reasons = _compared(one_id, other_id)
    low, high = sorted((one_id, other_id))
    decisions = Decision.objects.filter(low_id=low, high_id=high).order_by("-decided_at", "-pk")
    return Pair(one, other, score, reasons, list(decisions), found.may_decide)


def side(resident_id: int, *, asked: bool = False, actor: Actor) -> Side:
    """One entry, masked unless the person concerns the actor or the actor is ``asked`` about them; the look is in the
    trail. Raises Forbidden, NotVisible for an entry that doesn't exist."""
    actor.require(DECIDE)
    row = Resident.objects.unscoped(_WHY).filter(pk=resident_id).first()
    shown = card(resident_id)
    if row is None or shown is None:
        raise NotVisible
    masked = not (asked or concern.theirs(cluster(resident_id), actor))
    record(actor=actor, act="residents.compare", subject=f"resident:{resident_id}", resident_id=resident_id)
    names = organisation.names({i for i in (row.managing_institution_id, row.source_id) if i is not None})
    return Side(
        id=row.pk,
        name=shown.name if masked else row.name,
        pinyin="" if masked else row.pinyin,
        sex=shown.sex_label,
        birth_date=row.birth_date,
        numbers=numbers(resident_id),
        phones=[] if masked else phones(resident_id),
        address="" if masked else row.address or "",
        managing=names.get(row.managing_institution_id or 0, ""),
        source=names.get(row.source_id or 0, ""),
        created_at=row.created_at,
        temporary_no=row.temporary_no or "",
        deceased_on=row.deceased_on,
        household=[] if masked else household(resident_id),
        masked=masked,
    )


def _compared(one_id: int, other_id: int) -> tuple[float, tuple[Reason, ...]]:
    """The score of two stored entries, one of them taken as if it came in."""
    row = Resident.objects.unscoped(_WHY).get(pk=one_id)
    known = list(Identifier.objects.filter(resident_id=one_id, active=True))
    document = next((n for n in sorted(known, key=lambda n: n.kind) if n.kind in DOCUMENTS), None)
    card_no = next((n for n in known if n.kind == "card"), None)
    phone = Phone.objects.filter(resident_id=one_id).first()
    values: dict[str, Any] = {
        "name": row.name,
        "sex": row.sex,
        "birth_date": row.birth_date,
        "id_type": document.kind if document else None,
        "id_number": document.value if document else None,
        "phone": phone.value if phone else None,
        "card_no": card_no.value if card_no else None,
        "address": row.address,
    }
    incoming = clean_few([values])
    judged = judge(incoming, candidates.one_pair(incoming, other_id))
    return round(float(judged.score[0]), 1), judged.reasons(0)
