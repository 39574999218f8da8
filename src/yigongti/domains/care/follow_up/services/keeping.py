"""Asking for follow-ups, doing them, and seeing that none is forgotten."""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.health_record.api import Reading
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.follow_up import policy
from yigongti.domains.care.follow_up.formulas import Limits, Measured, Risk, due_on, risk
from yigongti.domains.care.follow_up.lake import mark_changed
from yigongti.domains.care.follow_up.models import FollowUp, Reason
from yigongti.domains.care.follow_up.permissions import FOLLOW_UP, VIEW
from yigongti.domains.care.referrals import api as referrals
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible, system_actor
from yigongti.kernel.notices.api import in_the_places_language, notify, settle
from yigongti.kernel.workflow.api import StepRefused, open_case, take_step
from yigongti.kernel.workflow.table import Answers

SYSTOLIC, DIASTOLIC, GLUCOSE = "8480-6", "8462-4", "14771-0"
PULSE, TEMPERATURE = "8867-4", "8310-5"


@dataclass(frozen=True)
class Visit:
    """What was found at a follow-up. Pressures in mmHg, glucose fasting in mmol/L, pulse per minute, °C; ``way`` is a
    code of follow_up_way, ``symptoms`` codes of ``referrals.SYMPTOMS``, ``next_on`` the next agreed day."""

    way: str
    at: datetime
    systolic: Decimal | None = None
    diastolic: Decimal | None = None
    glucose: Decimal | None = None
    pulse: Decimal | None = None
    temperature: Decimal | None = None
    symptoms: tuple[str, ...] = ()
    adherence: str = ""
    note: str = ""
    next_on: date | None = None

    def measured(self) -> dict[str, Any]:
        """What was measured, by name."""
        names = ("systolic", "diastolic", "glucose", "pulse", "temperature")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def readings(self) -> list[Reading]:
        """What was measured, as the record keeps it."""
        said = (
            (SYSTOLIC, _("收缩压"), self.systolic, "mmHg"),
            (DIASTOLIC, _("舒张压"), self.diastolic, "mmHg"),
            (GLUCOSE, _("空腹血糖"), self.glucose, "mmol/L"),
            (PULSE, _("心率"), self.pulse, "/min"),
            (TEMPERATURE, _("体温"), self.temperature, "Cel"),
        )
        return [Reading(code, label, value, unit) for code, label, value, unit in said if value is not None]


@dataclass(frozen=True)
class Found:
    """What came of a follow-up: the criteria of urgent referral that were met, and the next one agreed."""

    criteria: tuple[referrals.Criterion, ...] = ()
    next: FollowUp | None = None
    facts: list[int] = field(default_factory=list)


def ask_for(
    resident_id: int,
    reason: Reason,
    *,
    institution_id: int,
    actor: Actor,
    about: str,
    due: date,
    asked_by_id: int | None = None,
    referral_id: int | None = None,
    fact_id: int | None = None,
    care_plan: str = "",
    medicines: str = "",
    next_checks: str = "",
) -> FollowUp | None:
    """Open a follow-up; None where the same referral or discharge has one for this reason already.

    Called by the platform when something happened that asks for one, and by ``record_visit`` for the next agreed day:
    the caller has checked the permission.
    """
    whole = residents.whole(resident_id)
    if whole is None:
        raise NotVisible
    with transaction.atomic():
        known = FollowUp.objects.unscoped("asks whether there is one")
        if referral_id is not None and known.filter(referral_id=referral_id, reason=reason).exists():
            return None
        if fact_id is not None and known.filter(fact_id=fact_id).exists():
            return None
        band, why = _risk_of(whole, urgent=reason == Reason.URGENT_REFERRAL)
        made = FollowUp(
            resident_id=whole,
            institution_id=institution_id,
            asked_by_id=asked_by_id,
            reason=reason,
            about=about[:200],
            care_plan=care_plan,
            medicines=medicines,
            next_checks=next_checks,
            referral_id=referral_id,
            fact_id=fact_id,
            risk=band,
            why=why[:200],
            due_on=due,
        )
        open_case(made, actor=actor)
        mark_changed([made])
        if reason in (Reason.RETURNED, Reason.DISCHARGED):
            _tell_asked(made)
    return made


@transaction.atomic
def record_visit(case: FollowUp, visit: Visit, *, actor: Actor) -> Found:
    """Do a follow-up: the readings go into the record, the case is done, a referral that waited for it goes on.

    Raises StepRefused (nothing is stored then), Forbidden, ValueError for a moment still to come.
    """
    day = visit.at.astimezone(clock.ZONE).date()
    done = take_step(case, "done", actor=actor, answers={"note": visit.note or _("已随访"), "done_on": day})
    found = _measure(done.resident_id, done.institution_id, visit, actor)
    done.findings = _findings(visit, found.criteria)
    done.save(update_fields=["findings"])
    following = None
    if visit.next_on is not None:
        following = ask_for(
            done.resident_id,
            Reason.PLANNED,
            institution_id=done.institution_id,
            actor=actor,
            about=done.about,
            due=visit.next_on,
            care_plan=done.care_plan,
            medicines=done.medicines,
        )
    return Found(found.criteria, following, found.facts)


@transaction.atomic
def measure(resident_id: int, visit: Visit, *, institution_id: int, actor: Actor) -> tuple[FollowUp, Found]:
    """Measure somebody whom no follow-up waits for: it is one, opened and done at once.

    It shows what was measured elsewhere, so it takes a relation to the resident, as the record does. Raises Forbidden,
    NotVisible for nobody's id, NoRelation, ValueError.
    """
    actor.require(FOLLOW_UP, institution_id)
    if health_record.relation(actor, resident_id) is None:
        raise health_record.NoRelation
    made = ask_for(
        resident_id,
        Reason.UNPLANNED,
        institution_id=institution_id,
        actor=actor,
        about=_("测量"),
        due=clock.today(),
    )
    assert made is not None  # only a referral's or a discharge's may be there already
    return made, record_visit(made, visit, actor=actor)


def _measure(resident_id: int, institution_id: int, visit: Visit, actor: Actor) -> Found:
    facts = health_record.observe(
        resident_id, visit.readings(), institution_id=institution_id, actor=actor, at=visit.at
    )
    criteria = referrals.urgent_criteria(
        **visit.measured(), symptoms=visit.symptoms, as_of=visit.at.astimezone(clock.ZONE).date()
    )
    whole = residents.whole(resident_id)
    if whole is not None and facts:
        _look_again(whole, urgent=bool(criteria))
    return Found(criteria, None, facts)


def _look_again(resident_id: int, *, urgent: bool) -> None:
    """A new reading changes how pressing the person's waiting follow-ups are."""
    waiting = FollowUp.objects.unscoped("a reading concerns all of the person's").filter(
        resident_id=resident_id, state__in=("open", "late")
    )
    for case in waiting.select_for_update():
        band, why = _risk_of(resident_id, urgent=urgent or case.reason == Reason.URGENT_REFERRAL)
        waiting.filter(pk=case.pk).update(risk=band, why=why[:200])


def _findings(visit: Visit, criteria: tuple[referrals.Criterion, ...]) -> dict[str, Any]:
    said = {
        "way": visit.way,
        "symptoms": list(visit.symptoms),
        "adherence": visit.adherence,
        "measured": {name: str(value) for name, value in visit.measured().items()},
        "urgent": bool(criteria),
    }
    return {name: value for name, value in said.items() if value}


@in_the_places_language()
def _risk_of(resident_id: int, *, urgent: bool) -> tuple[Risk, str]:
    """The band of a person, and in words what it comes from."""
    newest = health_record.latest(resident_id, (SYSTOLIC, DIASTOLIC, GLUCOSE))
    value = {code: found[0] for code, found in newest.items()}
    measured = Measured(value.get(SYSTOLIC), value.get(DIASTOLIC), value.get(GLUCOSE))
    meets = referrals.urgent_criteria(**asdict(measured))
    words = []
    if measured.systolic is not None and measured.diastolic is not None:
        words.append(_("血压 %(systolic)s/%(diastolic)s") % {
            "systolic": f"{measured.systolic:.0f}", "diastolic": f"{measured.diastolic:.0f}",
        })  # fmt: skip
    if measured.glucose is not None:
        words.append(_("空腹血糖 %(glucose)s") % {"glucose": f"{measured.glucose:.1f}"})
    return risk(measured, _limits(), urgent=urgent or bool(meets)), "，".join(words)


def _limits() -> Limits:
    return Limits(
        high=Measured(
            Decimal(policy.HIGH_SYSTOLIC.at().value),
            Decimal(policy.HIGH_DIASTOLIC.at().value),
            policy.HIGH_GLUCOSE.at().value,
        ),
        raised=Measured(
            Decimal(policy.RAISED_SYSTOLIC.at().value),
            Decimal(policy.RAISED_DIASTOLIC.at().value),
            policy.RAISED_GLUCOSE.at().value,
        ),
    )


# What the steps do; called by the state table inside the step's transaction.


def note_done(case: FollowUp, actor: Actor, answers: Answers) -> None:
    """The day it was done; a referral whose care plan was followed up goes on, unless it was entered there."""
    day = date.fromisoformat(answers["done_on"]) if answers.get("done_on") else clock.today()
    if day > clock.today():
        raise StepRefused(_("随访日期不能在今天之后。"))
    case.done_on = day
    _ended(case)
    if case.referral_id is not None and case.reason == Reason.RETURNED and not actor.everything:
        referrals.followed_up(case.referral_id, actor=actor, note=case.about, done_on=day)


def note_dropped(case: FollowUp, actor: Actor, answers: Answers) -> None:
    """No longer followed up: what was found out (died, moved away) is what the hospital that asked is told, and the
    referral that waited for it goes on. One entered by mistake leaves the referral as it is."""
    _ended(case)
    if case.referral_id is not None and case.reason == Reason.RETURNED and answers["why"] != "mistake":
        why = dict(case.workflow.step("drop").asks[0].offered(case)).get(answers["why"], "")
        note = _("不再随访：%(why)s") % {"why": why}
        referrals.followed_up(case.referral_id, actor=actor, note=note, done_on=clock.today())


def _ended(case: FollowUp) -> None:
    """Counted anew, and nobody needs to be told of it any more."""
    mark_changed([case])
    settle(f"follow_up.asked:{case.pk}", f"follow_up.late:{case.pk}:0", f"follow_up.late:{case.pk}:1")


def drop_for_the_dead() -> int:
    """Nobody is asked to follow up who has died meanwhile; returns how many were waiting."""
    waiting = FollowUp.objects.unscoped("the platform asks nobody to visit the dead").filter(state__in=("open", "late"))
    cards = residents.cards(waiting.values_list("resident_id", flat=True).distinct())
    dead = [pk for pk, card in cards.items() if card.deceased_on is not None]
    for case in list(waiting.filter(resident_id__in=dead)):
        take_step(case, "drop", actor=system_actor("follow_up"), answers={"why": "died"})
    return len(dead)


def done_elsewhere(referral_id: int, *, actor: Actor) -> None:
    """A returned patient's follow-up was entered with the referral: what waits for it here is done, on that day."""
    waiting = FollowUp.objects.unscoped("the platform keeps the two together")
    for case in waiting.filter(referral_id=referral_id, reason=Reason.RETURNED, state__in=("open", "late")):
        day = referrals.get(referral_id, actor=actor).followed_up_on
        take_step(case, "done", actor=actor, answers={"note": _("已在转诊单上登记随访"), "done_on": day})


def renew_urgent(resident_id: int, institution_id: int, referral_id: int) -> bool:
    """An urgent referral was sent on to another hospital: the follow-up that waits already is of the new one, and keeps
    its day. False where none waits."""
    waiting = FollowUp.objects.unscoped("the platform keeps the two together").filter(
        resident_id__in=residents.cluster(resident_id),
        institution_id=institution_id,
        reason=Reason.URGENT_REFERRAL,
        state__in=("open", "late"),
    )
    latest = waiting.order_by("-pk").first()
    return latest is not None and waiting.filter(pk=latest.pk).update(referral_id=referral_id) == 1


@in_the_places_language()
def _tell_asked(case: FollowUp) -> None:
    notify(
        f"follow_up.asked:{case.pk}",
        title=_("有居民需要您机构随访：%(about)s") % {"about": case.about},
        body=_("请在 %(due)s 前完成。") % {"due": case.due_on.isoformat()},
        address=case.get_absolute_url(),
        desk=(FOLLOW_UP, case.institution_id),
    )


@in_the_places_language()
def tell_late(case: FollowUp) -> None:
    """One that is late is told to whoever was to do it and to whoever asked."""
    mark_changed([case])
    for n, organisation_id in enumerate(dict.fromkeys((case.institution_id, case.asked_by_id))):
        if organisation_id is not None:
            notify(
                f"follow_up.late:{case.pk}:{n}",
                title=_("随访已逾期：%(about)s") % {"about": case.about},
                address=case.get_absolute_url(),
                desk=(FOLLOW_UP if organisation_id == case.institution_id else VIEW, organisation_id),
            )


def open_for_discharges() -> int:
    """Ask for a follow-up of everybody discharged lately, by who looks after them; returns how many are new.

    Who is looked after by no institution of the place, or by the hospital itself, is followed up by the hospital.
    """
    today, made = clock.today(), 0
    days = policy.DISCHARGE_DAYS.at().value
    for stay in health_record.discharges(since=due_on(today, -policy.DISCHARGE_LOOK_BACK_DAYS.at().value), until=today):
        card = residents.card(stay.resident_id)
        if card is None or card.deceased_on is not None:
            continue
        managing = organisation.get(card.managing_institution_id) if card.managing_institution_id else None
        by = managing.id if managing is not None and managing.is_grass_roots else stay.institution_id
        new = ask_for(
            stay.resident_id,
            Reason.DISCHARGED,
            institution_id=by,
            asked_by_id=stay.institution_id,
            actor=system_actor("follow_up"),
            about=_("出院：%(diagnosis)s") % {"diagnosis": stay.diagnosis or "–"},
            due=due_on(stay.on, days),
            fact_id=stay.fact_id,
        )
        made += new is not None
    return made
