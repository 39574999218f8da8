"""Health records, for everybody above: the record itself, lists of facts, relations, break-glass, corrections."""

from collections.abc import Iterable
from datetime import date

from yigongti.domains.base.health_record import selectors
from yigongti.domains.base.health_record.claims import (
    ClaimFact,
    claim_facts,
    claim_months,
    claim_versions,
    claims_numbered,
    claims_reversing,
    deaths,
    managed_before,
    persons,
    version_numbers,
)
from yigongti.domains.base.health_record.discharges import Discharge, discharges
from yigongti.domains.base.health_record.fact_view import FactView
from yigongti.domains.base.health_record.listing import Concerning, concerning
from yigongti.domains.base.health_record.permissions import CORRECT, LIST, OBSERVE, VIEW
from yigongti.domains.base.health_record.relations import NoRelation, Relation, register_relation, relation
from yigongti.domains.base.health_record.selectors import Filters, Look, Timeline, looks, timeline
from yigongti.domains.base.health_record.services.break_glass import break_glass
from yigongti.domains.base.health_record.services.corrections import correct, withdraw
from yigongti.domains.base.health_record.services.observing import Reading, latest, observe
from yigongti.kernel.access.api import Actor

__all__ = [
    "CORRECT",
    "LIST",
    "OBSERVE",
    "VIEW",
    "ClaimFact",
    "Concerning",
    "Discharge",
    "FactView",
    "Filters",
    "Look",
    "NoRelation",
    "Reading",
    "Relation",
    "Timeline",
    "break_glass",
    "claim_facts",
    "claim_months",
    "claim_versions",
    "claims_numbered",
    "claims_reversing",
    "concerning",
    "correct",
    "deaths",
    "discharges",
    "facts",
    "latest",
    "looks",
    "managed_before",
    "observe",
    "persons",
    "register_relation",
    "relation",
    "timeline",
    "version_numbers",
    "withdraw",
]


def facts(pairs: Iterable[tuple[date, int]], *, actor: Actor) -> list[FactView]:
    """Facts by (happened_on, id), in the order asked, as far as the actor's institutions reach; names masked."""
    return selectors.facts(pairs, actor=actor)
