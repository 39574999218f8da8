"""Entering a year's data, and the checks with their findings."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.insurance_fund import checks, gathering, selectors
from yigongti.domains.money.insurance_fund.formulas.distribution import LEVELS
from yigongti.domains.money.insurance_fund.models import MOST_FEN, FundYear, Participant
from yigongti.domains.money.insurance_fund.permissions import APPROVE, PREPARE
from yigongti.domains.money.insurance_fund.services import deciding, drafting
from yigongti.domains.money.insurance_fund.web.year import head
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ui.forms import Form

SMALL = ("village_clinic", "community_station")
MOST_YUAN = Decimal(MOST_FEN // 100)


def _yuan(label: Any, *, required: bool = False, initial: int | None = None) -> django_forms.DecimalField:
    return django_forms.DecimalField(
        label=label, required=required, min_value=0, max_value=MOST_YUAN, decimal_places=2,
        initial=None if initial is None else Decimal(initial) / 100,
    )  # fmt: skip


class InputsForm(Form):
    """Contributions, each holder's figures and past years, each member's insured persons and points."""

    def __init__(self, year: FundYear, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.year = year
        self.holders = year.holders() if year.state == "drafting" else []
        prefetch_related_objects(self.holders, "past")
        self.members = [m for m in year.members() if m.kind not in SMALL or m.persons or m.tier in LEVELS]
        if year.state == "drafting":
            self._drafted(year)
        for row in self.members:
            self.add(f"m{row.pk}_points", django_forms.DecimalField(
                label=_("考核得分"), required=False, min_value=0, max_value=100_000, decimal_places=2,
                initial=row.points
            ))  # fmt: skip

    def _drafted(self, year: FundYear) -> None:
        """What can be entered until the budget is proposed."""
        self.add("individual", _yuan(_("个人缴费标准（元/人）"), initial=year.individual_fen))
        self.add("subsidy", _yuan(_("财政补助标准（元/人）"), initial=year.subsidy_fen))
        self.add("given", _yuan(_("医保部门下达的基金总额（元）"), initial=year.given_fen))
        self.fields["given"].help_text = _("按下达金额预算的基金填写；按标准筹资的留空")
        for row in self.holders:
            self._holder(row)
        for row in self.members:
            field = django_forms.IntegerField(
                label=_("参保人数"), required=False, min_value=0, max_value=100_000_000, initial=row.persons
            )
            self.add(f"m{row.pk}_persons", field)

    def _holder(self, row: Participant) -> None:
        self.add(
            f"h{row.pk}_factor",
            django_forms.DecimalField(
                label=_("风险系数"),
                min_value=Decimal("0.01"),
                max_value=100,
                decimal_places=4,
                initial=row.factor.normalize(),
            ),
        )
        self.add(
            f"h{row.pk}_growth",
            django_forms.DecimalField(
                label=_("额度增减（%）"),
                min_value=-100,
                max_value=100,
                decimal_places=3,
                initial=row.growth.normalize(),
            ),
        )
        self.add(f"h{row.pk}_last", _yuan(_("上年额度（元）"), initial=row.last_budget_fen))
        known = {p.year: p for p in row.past.all()}
        for n in range(1, drafting.PAST_YEARS + 1):
            year = self.year.year - n
            past = known.get(year)
            self.add(
                f"h{row.pk}_paid{n}",
                _yuan(_("%(year)d年基金支付（元）") % {"year": year}, initial=past.payments_fen if past else None),
            )
            self.add(f"h{row.pk}_done{n}", django_forms.IntegerField(
                label=_("%(year)d年服务量（人次）") % {"year": year}, required=False, min_value=0, max_value=10**12,
                initial=past.services if past else None))  # fmt: skip

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for row in self.holders:
            for n in range(1, drafting.PAST_YEARS + 1):
                paid, done = said.get(f"h{row.pk}_paid{n}"), said.get(f"h{row.pk}_done{n}")
                if (paid is None) != (done is None) and f"h{row.pk}_paid{n}" not in self.errors:
                    self.add_error(f"h{row.pk}_done{n}" if done is None else f"h{row.pk}_paid{n}",
                                   _("支付和服务量要一起填写"))  # fmt: skip
        return said

    def holder_fields(self) -> Iterator[tuple[Participant, list[Any]]]:
        for row in self.holders:
            yield row, [self[name] for name in self.fields if name.startswith(f"h{row.pk}_")]

    def member_fields(self) -> Iterator[tuple[Participant, Any, Any]]:
        for row in self.members:
            yield (
                row,
                self[f"m{row.pk}_persons"] if f"m{row.pk}_persons" in self.fields else None,
                self[f"m{row.pk}_points"],
            )

    def entries(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "individual_fen": _fen(said["individual"]) or 0,
            "subsidy_fen": _fen(said["subsidy"]) or 0,
            "given_fen": _fen(said["given"]),
            "holders": {
                row.pk: drafting.HolderEntry(
                    factor=said[f"h{row.pk}_factor"],
                    growth=said[f"h{row.pk}_growth"],
                    last_budget_fen=_fen(said[f"h{row.pk}_last"]),
                    past={
                        self.year.year - n: None
                        if said[f"h{row.pk}_paid{n}"] is None
                        else (_fen(said[f"h{row.pk}_paid{n}"]) or 0, said[f"h{row.pk}_done{n}"])
                        for n in range(1, drafting.PAST_YEARS + 1)
                    },
                )
                for row in self.holders
            },
            "persons": {row.pk: said[f"m{row.pk}_persons"] for row in self.members},
            "points": self.points(),
        }

    def points(self) -> dict[int, Decimal | None]:
        return {row.pk: self.cleaned_data[f"m{row.pk}_points"] for row in self.members}


def _fen(yuan: Decimal | None) -> int | None:
    return None if yuan is None else int(yuan * 100)


@permission_required(PREPARE)
def inputs(request: HttpRequest, pk: int) -> HttpResponse:
    """What the year is computed from; while it runs only the members' points may change."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = selectors.year(pk, actor=actor)
    actor.require(PREPARE, case.payer_id)
    form = InputsForm(case, request.POST if request.method == "POST" else None)
    drafted, status = case.state == "drafting", 200
    if request.method == "POST":
        status = 422
        if request.POST.get("do") == "count" and drafted:
            drafting.count_persons(case, actor=actor)
            messages.success(request, _("已按现在的居民档案重新统计参保人数。"))
            return HttpResponseRedirect(request.path)
        if form.is_valid():
            try:
                if drafted:
                    drafting.enter(case, actor=actor, **form.entries())
                else:
                    drafting.set_points(case, form.points(), actor=actor)
            except drafting.DraftRefused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("已保存。"))
                return HttpResponseRedirect(request.path)
    context = {**head(gathering.gather(case), actor, "inputs"), "form": form, "drafted": drafted,
               "open": case.state in ("drafting", "running")}  # fmt: skip
    return render(request, "insurance_fund/inputs.html", context, status=status)


class AcceptForm(Form):
    reason = django_forms.CharField(label=gettext_lazy("为什么没有问题"), max_length=500)


@permission_required(PREPARE, APPROVE)
def findings(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands in the way of approving the budget or the year, row by row."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = selectors.year(pk, actor=actor)
    if not (actor.may(PREPARE, case.payer_id) or actor.may(APPROVE, case.payer_id)):
        actor.require(PREPARE, case.payer_id)
    found = gathering.gather(case)
    form = AcceptForm(request.POST if request.method == "POST" else None)
    status, tried = 200, ""
    if request.method == "POST":
        tried, status = request.POST.get("name", ""), 422
        if form.is_valid():
            try:
                deciding.accept(case, tried, request.POST.get("digest", "")[:64], form.cleaned_data["reason"],
                                actor=actor)  # fmt: skip
            except drafting.DraftRefused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("已记录。"))
                return HttpResponseRedirect(request.path)
    clearing = case.state not in ("drafting", "proposed", "approved")
    made = (
        [checks.Finding.frozen(one, found) for one in case.closing.findings]
        if found.frozen
        else checks.findings(found, clearing=clearing)
    )
    context = {
        **head(found, actor, "checks"), "findings": made, "form": form, "tried": tried, "clearing": clearing,
        "may_accept": actor.may(PREPARE, case.payer_id) and not found.frozen
        and case.state not in deciding.WAITING,
        "claims": reverse("insurance_fund:claims", args=[case.pk]),
    }  # fmt: skip
    return render(request, "insurance_fund/checks.html", context, status=status)
