"""The schemes an installation has: what each says of itself, its groups and weights, and what checking it found."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.drg import selectors
from yigongti.domains.money.drg.catalogue import scheme_named
from yigongti.domains.money.drg.permissions import SCHEME
from yigongti.domains.money.drg.scheme.loading import check
from yigongti.domains.money.drg.scheme.reading import Finding
from yigongti.kernel import clock
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ui.filters import ChoiceFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing


@permission_required(SCHEME)
def listing(request: HttpRequest) -> HttpResponse:
    """All schemes; which is in force."""
    return render(request, "drg/schemes.html", {"schemes": selectors.schemes()})


@permission_required(SCHEME)
def scheme(request: HttpRequest, version: str) -> Any:
    """One scheme: groups with weights, and what its check says."""
    held = next((one for one, _now in selectors.schemes() if one.about.version == version), None)
    found = scheme_named(version, settings.PLACE)
    if held is None or found is None:
        raise Http404
    today = clock.today()
    rows = []
    for mdc in found.mdcs:
        for adrg in mdc.adrgs:
            for drg in adrg.drgs:
                weight = found.weight(drg.code, today)
                rows.append(
                    {
                        "code": drg.code,
                        "name": drg.name,
                        "mdc": f"{mdc.code} {mdc.name}",
                        "mdc_code": mdc.code,
                        "weight": f"{weight.weight_e4 / 10_000:.4f}" if weight else "–",
                        "cost_fen": weight.mean_cost_fen if weight else None,
                        "stay": f"{weight.mean_stay_e2 / 100:.1f}" if weight else "–",
                        "low_risk": _("低风险") if weight and weight.low_risk else "",
                    }
                )
    findings = _findings(held.folder, found.digest, get_language() or "")
    return Listing(
        request,
        rows,
        name="drg_groups",
        title=found.about.name,
        page_size=50,
        columns=[
            Column("code", _("病组"), value=lambda row: row["code"], lead=True),
            Column("name", _("名称"), value=lambda row: row["name"], chinese=True),
            Column("mdc", _("主要诊断大类"), value=lambda row: row["mdc"], chinese=True),
            Column("weight", _("权重"), value=lambda row: row["weight"], kind="number"),
            Column("cost", _("均次费用"), value=lambda row: row["cost_fen"], kind="yuan"),
            Column("stay", _("平均住院日"), value=lambda row: row["stay"], kind="number"),
            Column("low_risk", _("风险"), value=lambda row: row["low_risk"]),
        ],
        filters=[
            TextFilter(
                "q",
                _("代码或名称"),
                by=lambda rows, text: [r for r in rows if text.upper() in r["code"] or text in r["name"]],
            ),
            ChoiceFilter(
                "mdc",
                _("主要诊断大类"),
                by=lambda rows, key: [r for r in rows if r["mdc_code"] == key],
                choices=[(mdc.code, f"{mdc.code} {mdc.name}") for mdc in found.mdcs],
            ),
        ],
        export=SCHEME,
        empty=_("没有病组"),
    ).render("drg/scheme.html", {"scheme": found, "about": found.about, "findings": findings, "groups": len(rows)})


@lru_cache(maxsize=8)
def _findings(folder: Path, digest: str, language: str) -> tuple[Finding, ...]:
    """What a check found; kept, since a large scheme takes seconds to check."""
    return tuple(check(folder)[1])
