"""Entering one person by hand: somebody with papers, a newborn, somebody unknown.

A newborn is entered under the mother and the order of birth, an unknown person under the day; both get a temporary
number that begins with T and says what it is. An identity number is never made up.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yigongti.domains.base.residents import intake
from yigongti.domains.base.residents.cleaning import clean_few
from yigongti.domains.base.residents.events import ResidentRegistered
from yigongti.domains.base.residents.formulas import ORDER
from yigongti.domains.base.residents.incoming import Incoming
from yigongti.domains.base.residents.judging import Outcome
from yigongti.domains.base.residents.matching import MatchResult, Person, match
from yigongti.domains.base.residents.models import Resident, Review
from yigongti.domains.base.residents.permissions import REGISTER
from yigongti.domains.base.residents.selectors import whole
from yigongti.domains.base.residents.services import storing
from yigongti.domains.base.residents.services.storing import Origin
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.audit.api import record
from yigongti.kernel.events import emit
from yigongti.kernel.intake.api import explain

_WHY = "the permission to register holds for the whole county"
MOST_CHILDREN = 9  # born at once


class NotRegistered(Exception):
    """What was typed cannot be entered. ``str()`` is a sentence for people; ``column`` names the field."""

    def __init__(self, code: str, column: str, sentence: str = "") -> None:
        super().__init__(sentence or explain(code, {}))
        self.code, self.column = code, column


@dataclass(frozen=True)
class Registered:
    """``resident_id`` is None where the person is, or may be, known already and nobody has said otherwise yet."""

    resident_id: int | None
    match: MatchResult


@transaction.atomic
def register(person: Person, *, actor: Actor, although_alike: bool = False) -> Registered:
    """Enter a person whom the index does not know.

    Somebody who is surely known is not entered again. Where a candidate is only possible, the person is entered if
    ``although_alike`` says that staff have looked, and the question goes to those who decide. Raises Forbidden,
    NotRegistered for an impossible identity number, a birth date in the future, or nothing to go by.
    """
    actor.require(REGISTER)
    incoming = _one(person)
    _refuse_faulty(incoming)
    storing.queue()
    found = match(person)
    if found.outcome is Outcome.LINK or (found.outcome is Outcome.REVIEW and not although_alike):
        return Registered(None, found)
    same_number = found.outcome is Outcome.REVIEW and "id_equal" in {reason.code for reason in found.reasons}
    resident_id = _create(incoming, actor, with_document=not same_number)
    if found.outcome is Outcome.REVIEW:
        Review.objects.create(
            resident_id=resident_id,
            candidate_id=found.resident_id,
            score=found.score,
            reasons=[reason.code for reason in found.reasons],
            source_id=actor.home_organisation_id,
            opened_at=clock.now(),
        )
    _tell(resident_id, "person", actor)
    return Registered(resident_id, found)


@transaction.atomic
def register_newborn(
    mother_id: int, born: date, birth_order: int = 1, *, sex: str = "0", name: str = "", actor: Actor
) -> int:
    """Enter a child under its mother and order of birth (1 for the first of that day). Gives the child's id.

    Raises Forbidden, NotVisible for an unknown mother, NotRegistered for a day in the future, an impossible order,
    or a child of that order entered already.
    """
    actor.require(REGISTER)
    mother = whole(mother_id)
    if mother is None:
        raise NotVisible
    if born > clock.today():
        raise NotRegistered("future", "birth_date", _("出生日期在将来。"))
    if not 1 <= birth_order <= MOST_CHILDREN:
        raise NotRegistered("birth_order", "birth_order", _("胎次序号应为 1 到 9。"))
    kept = Resident.objects.unscoped(_WHY).get(pk=mother)
    called = name or (f"{kept.name}之{'子' if sex == '1' else '女' if sex == '2' else '婴'}" if kept.name else "")
    child = Person(name=called, sex=sex, birth_date=born)
    resident_id = _create(_one(child), actor, with_document=True)
    try:
        with transaction.atomic():
            Resident.objects.unscoped(_WHY).filter(pk=resident_id).update(
                mother=mother,
                birth_order=birth_order,
                temporary_no=f"TN{born:%Y%m%d}-{mother}-{birth_order}",
                managing_institution=kept.managing_institution_id,
            )
    except IntegrityError:
        raise NotRegistered("newborn_known", "birth_order", _("这位母亲当天同一胎次的新生儿已经登记过。")) from None
    _tell(resident_id, "newborn", actor)
    return resident_id


@transaction.atomic
def register_unknown(*, sex: str = "0", birth_year: int | None = None, actor: Actor) -> int:
    """Enter somebody who cannot say who they are; ``birth_year`` is a guess. Gives the new id.

    Raises Forbidden, NotRegistered for a year in the future.
    """
    actor.require(REGISTER)
    day = clock.today()
    if birth_year is not None and birth_year > day.year:
        raise NotRegistered("future", "birth_year", _("出生年份在将来。"))
    guess = date(birth_year, 1, 1) if birth_year is not None else None
    resident_id = _create(_one(Person(name="无名氏", sex=sex, birth_date=guess)), actor, with_document=True)
    Resident.objects.unscoped(_WHY).filter(pk=resident_id).update(
        temporary_no=f"TU{day:%Y%m%d}-{resident_id}", birth_precision=1 if guess else 0
    )
    _tell(resident_id, "unknown", actor)
    return resident_id


def _one(person: Person) -> Incoming:
    return clean_few([vars(person)])


def _refuse_faulty(incoming: Incoming) -> None:
    if incoming.id_fault[0] >= 0:
        raise NotRegistered(intake.FAULTS[ORDER[incoming.id_fault[0]]], "id_number")
    if not incoming.names.keys[0] and not incoming.has_id[0]:
        raise NotRegistered(intake.NO_IDENTITY, "name")
    born = incoming.born[0]
    if born is not None and born > clock.today():
        raise NotRegistered("future", "birth_date", _("出生日期在将来。"))
    for differs, code, column in (
        (incoming.birth_date_differs, intake.BIRTH_DATE_DIFFERS, "birth_date"),
        (incoming.sex_differs, intake.SEX_DIFFERS, "sex"),
    ):
        if differs[0]:
            raise NotRegistered(code, column)


def _create(incoming: Incoming, actor: Actor, *, with_document: bool) -> int:
    origin = Origin(actor.home_organisation_id, None, actor.id)
    [resident_id] = storing.create(incoming, origin, with_document=np.array([with_document]))
    return int(resident_id)


def _tell(resident_id: int, kind: str, actor: Actor) -> None:
    record(
        actor=actor,
        act="residents.register",
        subject=f"resident:{resident_id}",
        resident_id=resident_id,
        detail={"kind": kind},
    )
    emit(ResidentRegistered(resident_id))
