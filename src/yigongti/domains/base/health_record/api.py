"""Health records, for everybody above."""

from yigongti.domains.base.health_record.permissions import LIST_FACTS, VIEW
from yigongti.domains.base.health_record.relations import NoRelation, Opening, Relation, break_glass, opening
from yigongti.domains.base.health_record.selectors import FactView, Filters, Timeline, facts, timeline

__all__ = [
    "LIST_FACTS",
    "VIEW",
    "FactView",
    "Filters",
    "NoRelation",
    "Opening",
    "Relation",
    "Timeline",
    "break_glass",
    "facts",
    "opening",
    "timeline",
]
