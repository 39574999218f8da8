"""Institutions' coefficients: the tables of each year, working out a new one, one table with its two persons."""

from fractions import Fraction
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.drg import coefficients as reading
from yigongti.domains.money.drg.formulas import E4
from yigongti.domains.money.drg.models import Coefficient, CoefficientTable
from yigongti.domains.money.drg.permissions import COEFFICIENT_PROPOSE, FIGURES
from yigongti.domains.money.drg.policy import COEFFICIENT_RULE, COEFFICIENTS
from yigongti.domains.money.drg.services.coefficients import payer_of, propose
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Forbidden, NotVisible
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.policy.api import PolicyGap
from yigongti.kernel.ui.cases import case_page
from yigongti.kernel.ui.forms import Form

COLOURS = {"proposed": "attention", "approved": "good", "rejected": "bad"}
LEVELS = {
    "tertiary": gettext_lazy("三级"), "secondary": gettext_lazy("二级"), "primary": gettext_lazy("一级和基层")
}  # fmt: skip


@permission_required(FIGURES)
def listing(request: HttpRequest) -> HttpResponse:
    """All tables, the newest first; which is in force; what a level's own coefficient is today."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    today, place = clock.today(), settings.PLACE
    now = reading.Held(place).table_on(today)
    rows = reading.tables(actor)
    context: dict[str, Any] = {
        "tables": [{"table": one, "colour": COLOURS[one.state], "now": one.pk == now} for one in rows],
        "may_propose": payer_of(actor) is not None,
    }
    try:
        context["rule"] = COEFFICIENT_RULE.at(place=place)
        context["levels"] = [(LEVELS[key], one.at(place=place)) for key, one in COEFFICIENTS.items()]
    except PolicyGap as gap:
        context["gap"] = str(gap)
    return render(request, "drg/coefficients.html", context)


class ProposalForm(Form):
    """From when the coefficients are to hold."""

    starts_on = forms.DateField(
        label=gettext_lazy("生效日期"), help_text=gettext_lazy("到当年年底有效；按上一年的病例计算")
    )


@permission_required(COEFFICIENT_PROPOSE)
def new(request: HttpRequest) -> HttpResponse:
    """Work out a table and put it forward."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if payer_of(actor) is None:
        raise Forbidden(COEFFICIENT_PROPOSE)
    form = ProposalForm(request.POST or None, initial={"starts_on": clock.today().replace(month=1, day=1)})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = propose(form.cleaned_data["starts_on"], actor=actor)
            except (reading.CoefficientsRefused, PolicyGap) as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("已算出并提交批准。"))
                return HttpResponseRedirect(made.get_absolute_url())
    return render(request, "drg/coefficients_new.html", {"form": form}, status=status)


@permission_required(FIGURES)
def of_year(request: HttpRequest, pk: int) -> HttpResponse:
    """One table: each institution's CMI, its level's, the coefficient that makes; the steps open to the reader."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if pk > 2**62:
        raise Http404
    found: CoefficientTable | None = next((one for one in reading.tables(actor) if one.pk == pk), None)
    if found is None:
        raise NotVisible
    lines = found.lines.order_by("level", "-coefficient", "institution_name")
    context = {
        "colour": COLOURS[found.state],
        "lines": [_line(one) for one in lines],
        "now": reading.Held(found.place).table_on(clock.today()) == found.pk,
    }
    return case_page(request, found, "drg/coefficient_table.html", context)


def _line(one: Coefficient) -> dict[str, Any]:
    own = Fraction(one.weight_e4, E4 * one.cases)
    mean = Fraction(one.level_weight_e4, E4 * one.level_cases)
    away = (own / mean - 1) * 100 if mean else Fraction(0)
    return {
        "line": one,
        "level": LEVELS[one.level],
        "cmi": f"{float(own):.4f}",
        "mean": f"{float(mean):.4f}",
        "away": f"{float(away):+.2f}%",
        "level_coefficient": f"{one.level_coefficient.normalize():f}",
        "coefficient": f"{one.coefficient.normalize():f}",
    }
