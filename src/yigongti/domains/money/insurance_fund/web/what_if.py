"""What if: other rules side by side with the present, and the year's pace with who and what drives it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.insurance_fund import gathering, selectors, trying, warnings
from yigongti.domains.money.insurance_fund.models import Scenario
from yigongti.domains.money.insurance_fund.permissions import TRY, VIEW
from yigongti.domains.money.insurance_fund.services import deciding, drafting
from yigongti.domains.money.insurance_fund.web.year import head
from yigongti.domains.money.insurance_fund.words import LINES, whose
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.policy.api import Parameter

GROUPS = {
    "budget": gettext_lazy("预算怎样分"),
    "set_aside": gettext_lazy("预先留出多少"),
    "outcome": gettext_lazy("结余与超支"),
    "deposit": gettext_lazy("质量保证金返还"),
    "distribution": gettext_lazy("成员单位之间怎样分"),
}


@permission_required(TRY)
def what_if(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a share, a rate, a cap, a band or a rule; nothing is stored unless it is saved under a name."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = selectors.year(pk, actor=actor)
    found = gathering.gather(case)
    asked = request.POST if request.method == "POST" else request.GET
    changes, wrong = trying.changes_from(asked, found)
    trial = trying.attempt(found, changes)
    status = 200
    refused_because = ""
    if request.method == "POST":
        status = 422
        if not wrong and not trial.why and changes:
            try:
                made = deciding.save_scenario(
                    case, request.POST.get("scenario", ""), changes, [row.as_json() for row in trial.rows], actor=actor
                )
            except drafting.DraftRefused as refused:
                refused_because = str(refused)
            else:
                messages.success(request, _("已保存方案“%(name)s”。") % {"name": made.name})
                address = reverse("insurance_fund:what_if", args=[pk])
                return HttpResponseRedirect(f"{address}?{urlencode(made.changes)}")
        else:
            refused_because = _("没有可以保存的改动。")
    names = whose(found)
    context = {
        **head(found, actor, "what_if"),
        "groups": [
            {"label": GROUPS[name], "open": nth == 0 or any(p.name in changes or p.name in wrong for p in group),
             "fields": [_field(p, found, asked, wrong) for p in group]}
            for nth, (name, group) in enumerate(trying.GROUPS)
        ],
        "trial": trial,
        "changes": [
            {"label": str(p.label), "now": found.rules.values[p.name].shown if p.name in found.rules.values else "–",
             "then": found.rules.trying(changes).values[p.name].shown}
            for p in trying.OFFERED if p.name in changes
        ],
        "holders": [
            {"name": h.name, "rows": [row for row in trial.of_holder(h.id).values() if row.now or row.then]}
            for h in found.inputs.holders
        ],
        "labels": {name: str(label) for name, label in LINES.items()},
        "members": [
            {"name": names.get(row.of, ""), "holder": names.get(row.nth or 0, ""), "row": row}
            for row in trial.rows if row.nth is not None and (row.now or row.then)
        ],
        "scenarios": [
            {"row": s, "href": f"{reverse('insurance_fund:what_if', args=[pk])}?{urlencode(s.changes)}"}
            for s in Scenario.objects.filter(year=case).order_by("-saved_at")
        ],
        "refused": refused_because,
        "scenario": request.POST.get("scenario", ""),
        "present": reverse("insurance_fund:what_if", args=[pk]),
    }  # fmt: skip
    return render(request, "insurance_fund/what_if.html", context, status=status)


def _field(parameter: Parameter[Any], found: gathering.Gathered, asked: Any, wrong: dict[str, str]) -> dict[str, Any]:
    known = found.rules.values.get(parameter.name)
    present = str(known.value) if known else ""
    options = getattr(parameter.kind, "options", None)
    return {
        "name": parameter.name, "label": str(parameter.label),
        "unit": {"%": "%", "yuan": _("元")}.get(parameter.unit, ""),
        "value": asked.get(parameter.name, "")[:40] or present, "present": known.shown if known else _("未规定"),
        "options": [(key, str(label)) for key, label in options.items()] if options else None,
        "error": _("这不是可用的值") if parameter.name in wrong else "",
    }  # fmt: skip


@permission_required(VIEW)
def pace(request: HttpRequest, pk: int) -> HttpResponse:
    """How the year is going, where it would end, and what drives it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = selectors.year(pk, actor=actor)
    found = gathering.gather(case)
    if found.sums is None:
        raise Http404
    diseases, members = warnings.disease_drivers(found), warnings.member_drivers(found)
    context = {
        **head(found, actor, "pace"),
        "paces": [
            {"pace": one, "diseases": diseases.get(one.id, []), "members": members.get(one.id, [])}
            for one in warnings.paces(found)
        ],
        "months": len(warnings.complete_months(found)),
    }
    return render(request, "insurance_fund/pace.html", context)
