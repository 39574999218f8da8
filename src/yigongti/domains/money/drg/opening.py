"""Opening a stay of one's own institution from the resident's record, to try its group: codes and figures, no name."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.residents import api as residents
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor

BACK = timedelta(days=180)
MOST_FACTS = 300


@dataclass(frozen=True)
class Stay:
    """``open``: the patient has not left. ``fields``: what the coder's page begins with."""

    started_on: date
    open: bool
    department: str
    fields: dict[str, Any]


def newest_stay(resident_id: int, *, actor: Actor) -> Stay | None:
    """The stay that is open, else the newest, at the actor's institution. Raises Forbidden, NotVisible, NoRelation.

    The look at the record is in the trail, as every look is.
    """
    home = actor.home_organisation_id
    filters = health_record.Filters(
        kinds=("encounter", "condition", "procedure"), institution=f"id:{home}", since=clock.today() - BACK
    )
    found = health_record.timeline(resident_id, actor=actor, filters=filters, limit=MOST_FACTS)
    facts = [fact for day in found.days for entry in day.entries for fact in (entry.fact, *entry.parts)]
    stays = [fact for fact in facts if fact.kind == "encounter" and fact.setting == "inpatient"]
    if not stays:
        return None
    stay = max(stays, key=lambda fact: (fact.ended_at is None, fact.happened_at))
    of_stay = [fact for fact in facts if stay.encounter_no and fact.encounter_no == stay.encounter_no]
    diagnoses = sorted(
        (fact for fact in of_stay if fact.kind == "condition" and fact.code), key=lambda fact: _rank(fact.detail)
    )
    principal = stay.code or (diagnoses[0].code if diagnoses else "")
    others = dict.fromkeys(fact.code for fact in diagnoses if fact.code != principal)
    operations = dict.fromkeys(fact.code for fact in of_stay if fact.kind == "procedure" and fact.code)
    until = stay.ended_at.astimezone(clock.ZONE).date() if stay.ended_at else clock.today()
    card = residents.card(resident_id)
    fields: dict[str, Any] = {
        "sex": card.sex if card and card.sex in ("1", "2") else "",
        "principal_diagnosis": principal,
        "other_diagnoses": "\n".join(others),
        "procedures": "\n".join(operations),
        "stay_days": max((until - stay.happened_on).days, 1),
        **_age(card.birth_date if card else None, stay.happened_on),
    }
    if stay.total_fen is not None:
        fields["total_yuan"] = f"{stay.total_fen / 100:.2f}"
    return Stay(stay.happened_on, stay.ended_at is None, stay.department, fields)


def _rank(detail: dict[str, Any]) -> int:
    rank = detail.get("rank")
    return rank if isinstance(rank, int) else 99


def _age(born: date | None, on: date) -> dict[str, int]:
    if born is None or born > on:
        return {}
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return {"age_years": years} | ({"age_days": (on - born).days} if years == 0 else {})
