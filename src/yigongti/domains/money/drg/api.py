"""Grouping, for the domains above: cases, schemes, what a case comes to."""

from yigongti.domains.money.drg.grouping.case import Case
from yigongti.domains.money.drg.grouping.one import Grouped, Line, group
from yigongti.domains.money.drg.grouping.reasons import Reason, Status
from yigongti.domains.money.drg.scheme.loading import load as load_scheme
from yigongti.domains.money.drg.scheme.reading import Finding, SchemeRefused
from yigongti.domains.money.drg.scheme.rules import Qy
from yigongti.domains.money.drg.scheme.scheme import Scheme

__all__ = [
    "Case",
    "Finding",
    "Grouped",
    "Line",
    "Qy",
    "Reason",
    "Scheme",
    "SchemeRefused",
    "Status",
    "group",
    "load_scheme",
]
