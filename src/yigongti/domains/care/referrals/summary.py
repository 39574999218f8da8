"""The summary that goes with a referral: what the sender chooses from the record, kept as it stood that day.

Conditions, medicines, the newest result of each kind, allergies. Read through the record's own door, so it needs the
sender's relation to the resident and is in the audit trail.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.health_record.api import FactView, Filters
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor

BACK = timedelta(days=730)
MOST_FACTS = 400
MOST_OF_A_KIND = 12
GROUPS = ("allergy", "condition", "medication", "observation")


@dataclass(frozen=True)
class Item:
    """One thing of the record; ``on`` is its day (ISO), ``where`` the institution."""

    key: str
    group: str
    code: str
    display: str
    result: str
    on: str
    where: str


def candidates(resident_id: int, *, actor: Actor) -> dict[str, list[Item]]:
    """What there is to choose from, by group, newest first; the newest of each code only.

    Raises Forbidden, NotVisible, NoRelation, as the record does.
    """
    filters = Filters(kinds=("condition", "medication", "observation", "encounter"), since=clock.today() - BACK)
    found = health_record.timeline(resident_id, actor=actor, filters=filters, limit=MOST_FACTS)
    groups: dict[str, list[Item]] = {group: [] for group in GROUPS}
    seen: set[tuple[str, str]] = set()
    for day in found.days:
        for entry in day.entries:
            for fact in (entry.fact, *entry.parts):
                item = _item(fact)
                if item is None or (item.group, item.code or item.display) in seen:
                    continue
                seen.add((item.group, item.code or item.display))
                if len(groups[item.group]) < MOST_OF_A_KIND:
                    groups[item.group].append(item)
    return groups


def _item(fact: FactView) -> Item | None:
    group = {"condition": "condition", "encounter": "condition", "medication": "medication"}.get(
        fact.kind, "observation"
    )
    if not fact.display and not fact.code:
        return None
    if group == "condition" and _is_allergy(fact):
        group = "allergy"
    result = f"{fact.result} {fact.unit}".strip() if group == "observation" else ""
    return Item(
        key=f"{fact.happened_on.isoformat()}.{fact.id}",
        group=group,
        code=fact.code,
        display=fact.display or fact.code,
        result=result,
        on=fact.happened_on.isoformat(),
        where=fact.institution,
    )


def _is_allergy(fact: FactView) -> bool:
    """ICD-10 Z88 (personal history of allergy to drugs), T78 (allergy), or a diagnosis that says so."""
    return fact.code.upper().startswith(("Z88", "T78.4")) or "过敏" in fact.display


def snapshot(
    chosen: Iterable[str], *, resident_id: int, actor: Actor, allergies: str = "", on: date | None = None
) -> dict[str, Any]:
    """What was chosen, as it stands now; keys that are not the resident's are left out."""
    wanted = set(chosen)
    groups = candidates(resident_id, actor=actor) if wanted else {}
    items = [asdict(item) for group in GROUPS for item in groups.get(group, []) if item.key in wanted]
    return {"taken_on": (on or clock.today()).isoformat(), "items": items, "allergies": allergies.strip()[:500]}
