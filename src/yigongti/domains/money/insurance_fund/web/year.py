"""The list of years, opening one, and a year's own page: where it stands, how it is going, what can be done."""

from collections.abc import Sequence
from typing import Any

from django import forms as django_forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.insurance_fund import checks, gathering, selectors, warnings
from yigongti.domains.money.insurance_fund.gathering import Gathered
from yigongti.domains.money.insurance_fund.models import FundKind, FundYear, Paid
from yigongti.domains.money.insurance_fund.permissions import APPROVE, CLAIMS, PREPARE, TRY, VIEW
from yigongti.domains.money.insurance_fund.services import correcting, drafting
from yigongti.domains.money.insurance_fund.workflow import FUND_YEAR
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.policy.api import place as place_named
from yigongti.kernel.ui.cases import case_page
from yigongti.kernel.ui.chart import Chart, Series
from yigongti.kernel.ui.forms import Form
from yigongti.kernel.ui.listing import Column, Listing
from yigongti.kernel.workflow.api import StepRefused

COLOURS = {"drafting": "", "proposed": "attention", "approved": "info", "running": "info", "clearing": "attention",
           "cleared": "good", "settled": "good"}  # fmt: skip
FLOW = ("drafting", "proposed", "approved", "running", "clearing", "cleared", "settled")


@permission_required(VIEW)
def listing(request: HttpRequest) -> HttpResponseBase:
    """The years the reader takes part in, the latest first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return Listing(
        request,
        selectors.years(actor).select_related("payer"),
        name="fund-years",
        title=_("医保基金"),
        columns=[
            Column("year", gettext_lazy("年度"), lead=True, value=lambda row: row.title,
                   href=lambda row: row.get_absolute_url()),
            Column("place", gettext_lazy("地区"), value=lambda row: str(place_named(row.place).name)),
            Column("state", gettext_lazy("状态"), kind="tag", value=lambda row: row.state_label,
                   tag=lambda row: COLOURS[row.state]),
            Column("agreement_no", gettext_lazy("协议编号")),
            Column("payer.name", gettext_lazy("医保机构"), value=lambda row: row.payer.short_name or row.payer.name),
        ],
        order=("-year", "fund_kind", "pk"),
        empty=_("还没有年度"),
    ).render("insurance_fund/list.html", {"may_open": actor.may(PREPARE)})  # fmt: skip


class OpenForm(Form):
    year = django_forms.IntegerField(label=gettext_lazy("年度"), min_value=drafting.FIRST_YEAR, max_value=2100)
    fund_kind = django_forms.ChoiceField(
        label=gettext_lazy("基金"), choices=FundKind.choices, widget=django_forms.RadioSelect
    )


@permission_required(PREPARE)
def new(request: HttpRequest) -> HttpResponse:
    """Begin a year."""
    form = OpenForm(request.POST or None, initial={"year": clock.today().year, "fund_kind": FundKind.RESIDENTS})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = drafting.open_year(settings.PLACE, actor=request.actor, **form.cleaned_data)  # type: ignore[attr-defined]
            except drafting.DraftRefused as refused:
                form.add_error(refused.field or None, str(refused))
            else:
                messages.success(request, _("已建立。参保人数和往年支付已按现有数据填入，请核对后补齐其他资料。"))
                return HttpResponseRedirect(reverse("insurance_fund:inputs", args=[made.pk]))
    return render(request, "insurance_fund/new.html", {"form": form}, status=status)


@permission_required(VIEW)
def year(request: HttpRequest, pk: int) -> HttpResponse:
    """A year: where it stands, use against budget, what can be done now."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = selectors.year(pk, actor=actor)
    found = gathering.gather(case)
    context = {**head(found, actor, "year"), **_going(found)}
    if case.state == "running" and (actor.may(PREPARE, case.payer_id) or actor.may(APPROVE, case.payer_id)):
        try:
            context["waiting"] = correcting.waiting(found)
        except StepRefused as gone:
            messages.error(request, str(gone))
    if case.state in ("proposed", "clearing") and actor.may(APPROVE, case.payer_id):
        context["blocking"] = checks.blocking(checks.findings(found, clearing=case.state == "clearing"))
    return case_page(request, case, "insurance_fund/year.html", context)


def head(found: Gathered, actor: Actor, here: str) -> dict[str, Any]:
    """What every page of a year has: its name, its state, its tabs."""
    case = found.year
    at_payer = actor.may(PREPARE, case.payer_id) or actor.may(APPROVE, case.payer_id)
    pages: list[tuple[str, Any, bool]] = [
        ("year", _("年度概况"), True),
        ("inputs", _("预算资料"), actor.may(PREPARE, case.payer_id) and case.state in ("drafting", "running")),
        ("budget", _("预算"), found.statement is not None),
        ("clearing", _("清算表"), found.statement is not None and found.sums is not None),
        ("members", _("成员单位"), found.statement is not None and found.sums is not None),
        ("pace", _("进度与预警"), found.sums is not None and not found.frozen),
        ("checks", _("核对"), at_payer),
        ("corrections", _("更正"), bool(found.inputs.corrections) and actor.may(CLAIMS)),
        ("late", _("迟到的结算单"), at_payer and found.frozen),
        ("what_if", _("测算"), actor.may(TRY) and found.statement is not None),
    ]
    return {
        "year": case,
        "found": found,
        "colour": COLOURS[case.state],
        "tabs": [
            {"label": label, "href": reverse(f"insurance_fund:{name}", args=[case.pk]), "current": name == here}
            for name, label, shown in pages
            if shown or name == here
        ],
        "flow": _flow(case),
        "notes": found.statement.notes if found.statement else (),
    }


def _flow(case: FundYear) -> list[dict[str, Any]]:
    at = FLOW.index(case.state)
    return [
        {"label": FUND_YEAR.states[name],
         "state": "done" if i < at or case.state == "settled" else "current" if i == at else "todo"}
        for i, name in enumerate(FLOW)
    ]  # fmt: skip


def _going(found: Gathered) -> dict[str, Any]:
    """Use by month against the budget, prepayments, and each holder's pace."""
    paces = warnings.paces(found)
    months = [f"{found.year.year}-{n:02}" for n in range(1, 13)]
    chart = None
    if paces and any(v is not None for one in paces for v in one.monthly):
        together = [
            None if any(v is None for v in month) else sum(month)
            for month in zip(*(p.monthly for p in paces), strict=True)
        ]
        series = [Series(_("合计"), _in_ten_thousands(together))] if len(paces) > 1 else []
        chart = Chart(
            labels=months,
            series=[*series, *(Series(one.name, _in_ten_thousands(one.monthly)) for one in paces)],
            unit=_("万元"), axis=_("月份"), from_zero=True,
            target=sum(one.budget for one in paces) // 12 / 1_000_000,
            target_label=_("平均月预算"),
        )  # fmt: skip
    return {"paces": paces, "chart": chart, "prepayments": _prepayments(found)}


def _in_ten_thousands(amounts: Sequence[int | None]) -> list[float | None]:
    """Fen as ten thousand yuan, for drawing."""
    return [None if v is None else round(v / 1_000_000, 2) for v in amounts]


def _prepayments(found: Gathered) -> list[dict[str, Any]]:
    if found.statement is None:
        return []
    paid = {(p.holder_id, p.nth): p for p in Paid.objects.filter(year=found.year, what="prepayment")}
    rows = []
    for month in range(1, 13):
        cells = []
        for holder in found.inputs.holders:
            line = found.statement.get("prepayment", holder.id, month)
            given = paid.get((holder.id, month))
            cells.append({
                "fen": given.fen if given else line.fen if line else None, "on": given.on if given else None,
                "href": reverse("insurance_fund:line", args=[found.year.pk, line.key]) if line else "",
            })  # fmt: skip
        rows.append({"month": month, "cells": cells, "paid": month in found.year.paid_months})
    return rows
