"""Who may book which place now: the moments stored with a slot against who asks (Kunshan 二（四）1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.care.appointments import formulas, policy
from yigongti.domains.care.appointments.formulas import EARLY, GREEN, Release
from yigongti.domains.care.appointments.models import Slot
from yigongti.domains.care.appointments.permissions import BOOK_EARLY
from yigongti.kernel.access.api import Actor


@dataclass(frozen=True)
class Place:
    """Where a right holds: at an institution, in one of its departments ("" all of them)."""

    institution_id: int
    department: str = ""

    def has(self, slot: Slot) -> bool:
        session = slot.session
        return session.institution_id == self.institution_id and self.department in ("", session.schedule.department)

    def slots(self) -> Q:
        """The same as a condition on slots."""
        here = Q(session__institution_id=self.institution_id)
        return here & Q(session__schedule__department=self.department) if self.department else here


@dataclass(frozen=True)
class Rights:
    """What opens places before the public: being a family doctor; where a referral is to; where such a place was held.

    Only the first holds everywhere.
    """

    family_doctor: bool = False
    referral: Place | None = None
    held_early: Place | None = None


def rights_of(
    actor: Actor,
    booked_by_id: int | None,
    *,
    referral: Place | None = None,
    known: "Mapping[int, organisation.OrganisationView] | None" = None,
) -> Rights:
    """A family doctor is a clinician who books on behalf of a primary or village institution.

    ``known``: organisations that have been looked up already.
    """
    if booked_by_id is None or actor.is_resident or not actor.may(BOOK_EARLY, booked_by_id):
        return Rights(referral=referral)
    booker = (organisation.get_many([booked_by_id]) if known is None else known).get(booked_by_id)
    return Rights(family_doctor=booker is not None and booker.is_grass_roots, referral=referral)


def bookable_now(slot: Slot, rights: Rights, now: datetime) -> bool:
    """Whether the slot's places are open to somebody with these rights at a moment."""
    if slot.public_from <= now:
        return True
    if slot.pool == EARLY:
        held = rights.held_early is not None and rights.held_early.has(slot)
        opened = slot.family_doctor_from is not None and slot.family_doctor_from <= now
        return opened and (rights.family_doctor or held)
    return slot.pool == GREEN and rights.referral is not None and rights.referral.has(slot)


def bookable(rights: Rights, now: datetime) -> Q:
    """The same as a condition on slots."""
    condition = Q(public_from__lte=now)
    early = Q(pool=EARLY, family_doctor_from__lte=now)
    if rights.family_doctor:
        condition |= early
    elif rights.held_early is not None:
        condition |= early & rights.held_early.slots()
    if rights.referral is not None:
        condition |= Q(pool=GREEN) & rights.referral.slots()
    return condition


def rules() -> Release:
    """The place's rules of today."""
    return Release(
        public_days=policy.PUBLIC_DAYS.at().value,
        opening_time=formulas.time_of(policy.OPENING_TIME.at().value),
        early_days=policy.EARLY_DAYS.at().value,
        early_back_days=policy.EARLY_BACK_DAYS.at().value,
        early_back_time=formulas.time_of(policy.EARLY_BACK_TIME.at().value),
        green_back_days=policy.GREEN_BACK_DAYS.at().value,
        green_back_time=formulas.time_of(policy.GREEN_BACK_TIME.at().value),
    )


def percents(*, expert: bool, institution_id: int) -> tuple[int, int]:
    """The early and the green share of a session, in %: experts' places open early, and hospitals keep some green."""
    institution = organisation.get_many([institution_id]).get(institution_id)
    receives = institution is not None and institution.tier in ("secondary", "tertiary")
    return (
        policy.EARLY_PERCENT.at().value if expert else 0,
        policy.GREEN_PERCENT.at().value if receives else 0,
    )
