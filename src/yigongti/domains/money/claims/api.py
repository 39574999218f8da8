"""Claims, for everybody above: one, many by id, their list's address, certificates, panels on a claim's page."""

from collections.abc import Iterable
from datetime import date

from django.urls import reverse
from django.utils.http import urlencode

from yigongti.domains.money.claims.claim_view import ClaimView
from yigongti.domains.money.claims.confirmed import ConfirmedAmount, FundPart, confirmed_amounts
from yigongti.domains.money.claims.findings import FindingView, finding, findings
from yigongti.domains.money.claims.formulas import EitherWay, either_way
from yigongti.domains.money.claims.matching import (
    CertificateMatch,
    Match,
    Reimbursement,
    certificate_matches,
    match_of,
    reimbursement,
)
from yigongti.domains.money.claims.panels import Panel, register_panel
from yigongti.domains.money.claims.permissions import VIEW
from yigongti.domains.money.claims.register import Claims, Line, Sums, Which
from yigongti.domains.money.claims.selectors import Chain, chain, claims_by_id, get, versions
from yigongti.domains.money.claims.services.screening import screen

__all__ = [
    "VIEW",
    "CertificateMatch",
    "Chain",
    "ClaimView",
    "Claims",
    "ConfirmedAmount",
    "EitherWay",
    "FindingView",
    "FundPart",
    "Line",
    "Match",
    "Panel",
    "Reimbursement",
    "Sums",
    "Which",
    "certificate_matches",
    "chain",
    "claim_list_address",
    "claims_by_id",
    "confirmed_amounts",
    "either_way",
    "finding",
    "findings",
    "get",
    "match_of",
    "register_panel",
    "reimbursement",
    "screen",
    "versions",
]

IDS_IN_AN_ADDRESS = 200


def claim_list_address(
    ids: Iterable[int] = (),
    *,
    since: date | None = None,
    until: date | None = None,
    institution: int | None = None,
    managing: int | None = None,
    setting: str = "",
    inside: bool | None = None,
    insurance_kind: str = "",
    match: str = "",
) -> str:
    """The address of the list of claims, narrowed: settled from ``since`` to ``until`` (both included), at or under an
    institution, of persons looked after at or under an organisation, inside or outside the county. Of ``ids`` the
    first 200 go into the address.
    """
    asked = {
        "settled_from": since.isoformat() if since else "",
        "settled_to": until.isoformat() if until else "",
        "institution": institution or "",
        "managing": managing or "",
        "setting": setting,
        "where": "" if inside is None else ("inside" if inside else "outside"),
        "insurance": insurance_kind,
        "match": match,
        "ids": ",".join(str(one) for one in list(ids)[:IDS_IN_AN_ADDRESS]),
    }
    query = urlencode({name: value for name, value in asked.items() if value != ""})
    return reverse("claims:list") + (f"?{query}" if query else "")
