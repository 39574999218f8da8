"""Joining and leaving: the list, starting one, and the page of one."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.organisation import selectors
from yigongti.domains.base.organisation.models import Joining, Leaving, MembershipCase
from yigongti.domains.base.organisation.permissions import APPLY, VIEW_CASES
from yigongti.domains.base.organisation.services.cases import start_joining, start_leaving
from yigongti.domains.base.organisation.services.tree import OrganisationRefused
from yigongti.domains.base.organisation.web.forms import JoiningForm, LeavingForm, own_institutions
from yigongti.domains.base.organisation.workflow import JOINING, LEAVING
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ui.cases import case_page
from yigongti.kernel.ui.filters import ChoiceFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing
from yigongti.kernel.workflow.api import history

# Kunshan's five steps; the last one, the agreement, takes two signatures.
STAGES = (
    _("与牵头医院达成意向"),
    _("属地党委政府批准"),
    _("指导中心批准"),
    _("工作专班会议审议"),
    _("签订协议"),
)
_COLOURS = {"joined": "good", "left": "good", "refused": "bad", "withdrawn": ""}


def stages(case: MembershipCase) -> list[dict[str, Any]]:
    """The five stages for ``<c-steps>``: every step that is no way out leads one on."""
    if case.state in ("joined", "left"):
        return [{"label": label, "state": "done"} for label in STAGES]
    steps_on = len(history(case)) - (1 if case.is_open else 2)
    now = min(steps_on, len(STAGES) - 1)
    here = {"refused": "refused", "withdrawn": "todo"}.get(case.state, "current")
    return [
        {"label": label, "state": "done" if n < now else here if n == now else "todo"} for n, label in enumerate(STAGES)
    ]


@permission_required(VIEW_CASES)
def listing(request: HttpRequest) -> HttpResponseBase:
    """Joining and leaving cases in which the reader stands on a side, the open ones first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = [*selectors.joinings(actor), *selectors.leavings(actor)]
    rows.sort(key=lambda case: (not case.is_open, -case.opened_at.timestamp()))
    return Listing(
        request,
        rows,
        name="membership-cases",
        title=_("加入和退出"),
        columns=[
            Column("title", _("事项"), lead=True, href=lambda case: case.get_absolute_url()),
            Column("workflow.label", _("类别")),
            Column(
                "state_label",
                _("状态"),
                kind="tag",
                tag=lambda case: _COLOURS.get(case.state, "attention"),
            ),
            Column("opened_at", _("提出时间"), kind="moment"),
            Column("effective_on", _("生效日期"), kind="day"),
        ],
        filters=[
            TextFilter("q", _("申请单位"), by=lambda found, text: [c for c in found if text in str(c.applicant)]),
            ChoiceFilter(
                "kind",
                _("类别"),
                by=lambda found, name: [c for c in found if c.workflow.name == name],
                choices=[(table.name, table.label) for table in (JOINING, LEAVING)],
            ),
            ChoiceFilter(
                "open",
                _("办理情况"),
                by=lambda found, value: [c for c in found if c.is_open == (value == "yes")],
                choices=[("yes", _("办理中")), ("no", _("已办结"))],
            ),
        ],
        empty=_("还没有加入或退出的事项"),
    ).render("organisation/cases.html", {"may_apply": actor.may(APPLY)})


@permission_required(APPLY)
def new_joining(request: HttpRequest) -> HttpResponse:
    """State the intention to join."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    applicants = own_institutions(actor.organisations(APPLY), settings.PLACE, members=False)
    form = JoiningForm(request.POST or None, initial=_preset(request), applicants=applicants, place=settings.PLACE)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            group_id, lead_id = map(int, form.cleaned_data["target"].split(":"))
            try:
                case = start_joining(
                    actor=actor,
                    applicant_id=form.cleaned_data["applicant"].pk,
                    group_id=group_id,
                    lead_hospital_id=lead_id,
                    local_authority_id=form.cleaned_data["local_authority"].pk,
                    reason=form.cleaned_data["reason"],
                )
                return HttpResponseRedirect(case.get_absolute_url())
            except OrganisationRefused as refused:
                form.add_error(None, str(refused))
        status = 422
    return render(request, "organisation/new_joining.html", {"form": form, "stages": STAGES}, status=status)


@permission_required(APPLY)
def new_leaving(request: HttpRequest) -> HttpResponse:
    """State the wish to leave."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    applicants = own_institutions(actor.organisations(APPLY), settings.PLACE, members=True)
    form = LeavingForm(request.POST or None, initial=_preset(request), applicants=applicants, place=settings.PLACE)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                case = start_leaving(
                    actor=actor,
                    applicant_id=form.cleaned_data["applicant"].pk,
                    local_authority_id=form.cleaned_data["local_authority"].pk,
                    reason=form.cleaned_data["reason"],
                )
                return HttpResponseRedirect(case.get_absolute_url())
            except OrganisationRefused as refused:
                form.add_error(None, str(refused))
        status = 422
    return render(request, "organisation/new_leaving.html", {"form": form, "stages": STAGES}, status=status)


def _preset(request: HttpRequest) -> dict[str, Any]:
    return {"applicant": request.GET.get("applicant")}


@permission_required(VIEW_CASES)
def joining(request: HttpRequest, pk: int) -> HttpResponse:
    """One joining case."""
    case: Joining = selectors.joining(request.actor, pk)  # type: ignore[attr-defined]
    return _page(request, case)


@permission_required(VIEW_CASES)
def leaving(request: HttpRequest, pk: int) -> HttpResponse:
    """One leaving case."""
    case: Leaving = selectors.leaving(request.actor, pk)  # type: ignore[attr-defined]
    return _page(request, case)


def _page(request: HttpRequest, case: MembershipCase) -> HttpResponse:
    context = {"stages": stages(case), "colour": _COLOURS.get(case.state, "attention")}
    return case_page(request, case, "organisation/case.html", context)
