"""Figures of groups: by institution, then its departments and groups, then (cases.py) the cases."""

from datetime import date
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from yigongti.domains.money.drg.catalogue import scheme_in_force
from yigongti.domains.money.drg.figures import Figures, Report, report
from yigongti.domains.money.drg.grouping.reasons import STATUS_WORDS
from yigongti.domains.money.drg.permissions import FIGURES
from yigongti.domains.money.drg.policy import LOW_RISK_RULE, SPECIAL_MOST
from yigongti.domains.money.drg.web import asked
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.policy.api import PolicyGap
from yigongti.kernel.ui.chart import Chart, Series


@permission_required(FIGURES)
def by_institution(request: HttpRequest) -> HttpResponse:
    """The figures of a period for each institution the reader stands over."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    since, until = asked.period(request)
    wrong = until < since
    found = None if wrong else report(since, until, actor=actor)
    rows = [_row(one, _institution(one.key, since, until)) for one in found.rows] if found else []
    context = _context(request, since, until, wrong, found) | {"rows": rows, "chart": _chart(found)}
    return render(request, "drg/figures.html", context)


@permission_required(FIGURES)
def institution(request: HttpRequest, pk: int) -> HttpResponse:
    """One institution: its departments, and its groups (of one department, where asked)."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    since, until = asked.period(request)
    if pk > 2**62:
        raise Http404
    if until < since:
        context = _context(request, since, until, True, None) | {"rows": [], "chart": None}
        return render(request, "drg/figures.html", context)
    whole = report(since, until, actor=actor, institution_id=pk)
    if not whole.rows:
        raise Http404
    department = request.GET.get("department", "").replace("\x00", "")[:100] if "department" in request.GET else None
    departments = report(since, until, actor=actor, by="department", institution_id=pk)
    groups = report(since, until, actor=actor, by="group", institution_id=pk, department=department)
    scheme = scheme_in_force(settings.PLACE, until)
    names = {code: drg.name for code, drg in scheme.drgs.items()} if scheme else {}
    period = {"since": since.isoformat(), "until": until.isoformat()}
    context = _context(request, since, until, False, whole) | {
        "institution": whole.rows[0],
        "institution_row": _row(whole.rows[0], _cases(pk, "", department, since, until)),
        "department": department,
        "departments": [
            _row(one, "?" + urlencode(period | {"department": one.key})) | {"name": one.name or _("未填科室")}
            for one in departments.rows
        ],
        "groups": [
            _row(one, _cases(pk, one.key, department, since, until))
            | {"group": STATUS_WORDS.get(one.key, one.key), "group_name": names.get(one.key, "")}
            for one in groups.rows
        ],
    }
    return render(request, "drg/institution.html", context)


def _context(request: HttpRequest, since: date, until: date, wrong: bool, found: Report | None) -> dict[str, Any]:
    rule, special = None, None
    try:
        rule = LOW_RISK_RULE.at(place=settings.PLACE, as_of=until)
        special = SPECIAL_MOST.at(place=settings.PLACE, as_of=until)
    except PolicyGap:
        pass
    scheme = scheme_in_force(settings.PLACE, until)
    return {
        "since": since,
        "until": until,
        "wrong": wrong,
        "waiting": found.waiting if found else 0,
        "region": _row(found.region, "") if found and found.region.cases else None,
        "rule": rule,
        "special": special,
        "low_risk_groups": len(found.low_risk) if found else 0,
        "scheme": scheme,
    }


def _institution(pk: int, since: date, until: date) -> str:
    if not pk:
        return ""
    return f"{reverse('drg:institution', args=[pk])}?{urlencode({'since': since, 'until': until})}"


def _cases(pk: int, group: str, department: str | None, since: date, until: date) -> str:
    query = {"institution": pk, "settled_from": since, "settled_to": until}
    if group:
        query |= {"status": group} if group == "invalid" else {"drg": group}
    if department:
        query["department"] = department
    elif department is not None:
        query["no_department"] = 1
    return f"{reverse('drg:cases')}?{urlencode(query)}"


def _row(one: Figures, href: str) -> dict[str, Any]:
    return {
        "name": one.name or _("其他机构"),
        "href": href,
        "figures": one,
        "cmi": _two(one.cmi, 4),
        "weight": f"{float(one.weight):,.2f}",
        "cost_index": _two(one.cost_index, 2),
        "time_index": _two(one.time_index, 2),
        "mean_stay": _two(one.mean_stay, 1),
        "mortality": _percent(one.low_risk_mortality),
        "without_group": _percent(one.without_group),
        "high": _percent(Fraction(one.high, one.cases) if one.cases else None),
        "balance_fen": one.payment_fen - one.fund_fen,
    }


def _two(value: Fraction | None, places: int) -> str:
    return "–" if value is None else f"{float(value):.{places}f}"


def _percent(value: Fraction | None) -> str:
    return "–" if value is None else f"{float(value) * 100:.2f}%"


def _chart(found: Report | None) -> Chart | None:
    rows = [one for one in (found.rows if found else ()) if one.cmi is not None][:12]
    if len(rows) < 2:
        return None
    return Chart(
        labels=[one.name for one in rows],
        series=[Series(_("病例组合指数（CMI）"), [round(float(one.cmi or 0), 4) for one in rows])],
        kind="bars",
        axis=_("机构"),
    )
