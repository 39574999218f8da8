"""Payment by group, for the domains above: grouping a case, the scheme in force, results of claims, figures."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from yigongti.domains.money.drg.catalogue import scheme_in_force, scheme_named
from yigongti.domains.money.drg.figures import Figures, Report, institution_figures, report
from yigongti.domains.money.drg.grouping.case import Case
from yigongti.domains.money.drg.grouping.one import Grouped, Line, group
from yigongti.domains.money.drg.grouping.reasons import Reason, Status
from yigongti.domains.money.drg.permissions import FIGURES
from yigongti.domains.money.drg.scheme.loading import load as load_scheme
from yigongti.domains.money.drg.scheme.reading import Finding, SchemeRefused
from yigongti.domains.money.drg.scheme.rules import Qy
from yigongti.domains.money.drg.scheme.scheme import Scheme
from yigongti.kernel.access.api import Actor

__all__ = [
    "FIGURES",
    "Case",
    "Figures",
    "Finding",
    "Grouped",
    "GroupedClaim",
    "Line",
    "Qy",
    "Reason",
    "Report",
    "Scheme",
    "SchemeRefused",
    "Status",
    "group",
    "grouped_claims",
    "institution_figures",
    "load_scheme",
    "report",
    "scheme_in_force",
    "scheme_named",
]


@dataclass(frozen=True)
class GroupedClaim:
    """The standing result of a claim: weight × 10,000, fen; ``outlier``: what it is paid as."""

    claim_id: int
    settled_on: date
    mdc: str
    adrg: str
    drg: str
    status: str
    outlier: str
    weight_e4: int
    standard_fen: int
    payment_fen: int
    scheme: str


def grouped_claims(claim_ids: Iterable[int], *, actor: Actor) -> dict[int, GroupedClaim]:
    """Standing results of claims by claim id, as far as the actor sees them. Raises Forbidden."""
    from yigongti.domains.money.drg.selectors import cases

    names = list(GroupedClaim.__dataclass_fields__)
    rows = cases(actor).filter(claim_id__in=set(claim_ids)).values_list(*names)
    return {row[0]: GroupedClaim(*row) for row in rows}
