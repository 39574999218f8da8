"""One claim: the settlement list, its versions and reversals, its certificate, and what other domains make of it."""

from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.referrals import api as referrals
from yigongti.domains.money.claims import findings, selectors, sheet
from yigongti.domains.money.claims.claim_view import ClaimView
from yigongti.domains.money.claims.matching import CertificateMatch, Match, match_of, reimbursement
from yigongti.domains.money.claims.panels import panels_for
from yigongti.domains.money.claims.permissions import IDENTIFY, VIEW
from yigongti.domains.money.claims.register import is_late
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.money import yuan
from yigongti.kernel.policy.api import PolicyGap
from yigongti.kernel.ui import words
from yigongti.kernel.ui.shell import organisation_name


@permission_required(VIEW)
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """The settlement list of one claim, in the version asked for. The look is in the trail."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if pk > 2**62:
        raise Http404
    shown = selectors.get(pk, actor=actor)
    said = selectors.versions_of(shown)
    lines = selectors.lines_of(shown)
    charged = sum(line.amount_fen for line in lines)
    match, chain = match_of(shown), selectors.chain(shown)
    context = {
        "claim": shown,
        "tags": _tags(shown, said, match, chain),
        "card": residents.card(shown.resident_id),
        "named": actor.may(IDENTIFY, shown.source_id),
        "managing": organisation_name(shown.managing_id),
        "diagnoses": sheet.diagnoses(shown),
        "procedures": sheet.procedures(shown),
        "charges": sheet.charges(lines),
        "classes": sheet.class_labels(),
        "charged_fen": charged,
        "uncharged_fen": shown.total_fen - charged if lines else 0,
        "payments": sheet.payments(shown),
        "further": sheet.further(shown),
        "versions": _versions(said),
        "chain": chain,
        "match": match,
        "certificate_address": _certificate_address(match, actor),
        "either": _either(shown, match),
        "panels": panels_for(shown, actor),
        "findings": findings.of_claim(shown.source_id, shown.record_no, actor),
        "newest": said[0] if said and said[0].id != shown.id else None,
    }
    return render(request, "claims/claim.html", context)


def _tags(
    claim: ClaimView, said: list[ClaimView], match: CertificateMatch, chain: selectors.Chain
) -> list[tuple[str, str]]:
    found = [("", claim.setting_label)]
    if not claim.inside_county:
        found.append(("", _("县域外")))
    if claim.reverses:
        found.append(("attention", _("冲销")))
    elif chain.reversals:
        found.append(("bad", _("已被冲销")) if not chain.left_fen else ("attention", _("部分冲销")))
    if claim.withdrawn:
        found.append(("bad", _("已撤回")))
    elif not claim.stands:
        found.append(("bad", _("已被新版本取代")))
    if len(said) > 1:
        found.append(("info", _("第 %(n)d 版") % {"n": claim.version}))
    if claim.stands and is_late(claim):
        found.append(("attention", _("迟到")))
    if match.match is not Match.NOT_NEEDED:
        found.append((match.match.kind, match.match.label))
    return found


def _versions(said: list[ClaimView]) -> list[dict[str, Any]]:
    """Each version with what it says differently from the one before it, newest first."""
    found = []
    for number, one in enumerate(said):
        older = said[number + 1] if number + 1 < len(said) else None
        rows = selectors.changes(one, older) if older else []
        found.append(
            {
                "claim": one,
                "changes": [
                    {"label": sheet.field_label(name), "before": _plain(name, before), "after": _plain(name, after)}
                    for name, before, after in rows
                ],
            }
        )
    return found


def _plain(name: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if name.endswith("_fen"):
        return yuan(int(value))
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if name == "resident_id":
        card = residents.card(int(value))
        return card.name if card else "–"
    if isinstance(value, datetime):
        return words.moment(value)
    if isinstance(value, date):
        return words.day(value)
    return str(value)


def _certificate_address(match: CertificateMatch, actor: Actor) -> str:
    if match.certificate_id is None or not actor.may(referrals.VIEW):
        return ""
    return reverse("referrals:certificate", args=[match.certificate_id])


def _either(claim: ClaimView, match: CertificateMatch) -> dict[str, Any] | None:
    """The fund's part with and without a referral, with the rule it follows; or what is missing to say it."""
    try:
        found = reimbursement(claim, match)
    except PolicyGap as gap:
        return {"gap": str(gap)}
    return {"found": found} if found else None
