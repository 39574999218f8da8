"""The desk's list, handing a case to a colleague, and the figures by institution."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.care.enquiries import api as enquiries
from yigongti.domains.care.follow_up import api as follow_up
from yigongti.domains.care.referrals import api as referrals
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ui.filters import ChoiceFilter, TextFilter
from yigongti.kernel.ui.forms import Form
from yigongti.kernel.ui.listing import Column, Listing
from yigongti.kernel.ui.words import joined
from yigongti.kernel.workflow.api import StepRefused, assign, case_of, colleagues
from yigongti.portals.centre.permissions import FIGURES, WORK
from yigongti.portals.centre.selectors import Item, counts, kinds, work

LONGEST = timedelta(days=366)
EARLIEST = date(2000, 1, 1)


@permission_required(WORK)
def desk(request: HttpRequest) -> HttpResponseBase:
    """Everything that waits at the desk, the most pressing first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    items = work(actor)
    return Listing(
        request,
        items,
        name="centre",
        title=_("健康管理中心"),
        columns=[
            Column("person", _("居民"), lead=True, value=lambda one: one.person or one.title, href=_address),
            Column("title", _("事项"), chinese=True),
            Column("kind", _("类型"), value=lambda one: str(one.kind)),
            Column("steps", _("可以办理"), value=lambda one: joined([str(step) for step in one.item.steps])),
            Column("due_at", _("期限"), kind="due", sort="due_at"),
            Column("in_hand", _("经办人"), value=_hand, html=_hand_cell),
        ],
        filters=[
            TextFilter("q", _("居民或事项"), by=_saying),
            ChoiceFilter("kind", _("类型"), by=_of_kind, choices=[(k, str(v)) for k, v in kinds().items()]),
            ChoiceFilter(
                "due", _("期限"), by=_due, choices=[("overdue", _("已逾期")), ("today", _("今天到期（含逾期）"))]
            ),
            ChoiceFilter(
                "hand",
                _("经办人"),
                by=lambda rows, value: _in_hand(rows, value, actor),
                choices=[("mine", _("我经办的")), ("nobody", _("没有人经办的")), ("others", _("别人经办的"))],
            ),
        ],
        empty=_("没有等着办的事"),
    ).render("centre/desk.html", {"counts": counts(items), "may_see_figures": actor.may(FIGURES)})


def _address(one: Item) -> str:
    return one.item.address


def _hand(one: Item) -> str:
    return one.in_hand.name if one.in_hand else ""


def _hand_cell(one: Item) -> SafeString:
    words = one.in_hand.name if one.in_hand else _("接手")
    address = reverse("centre:hand_over", args=[one.item.workflow, one.item.case_id])
    return format_html('<a href="{}">{}<span class="visually-hidden"> {}</span></a>', address, words, one.title)


def _saying(rows: Sequence[Item], text: str) -> list[Item]:
    return [one for one in rows if text in one.person or text in one.title]


def _of_kind(rows: Sequence[Item], kind: str) -> list[Item]:
    return [one for one in rows if one.item.workflow == kind]


def _due(rows: Sequence[Item], value: str) -> list[Item]:
    return [one for one in rows if (one.overdue if value == "overdue" else one.due_today)]


def _in_hand(rows: Sequence[Item], value: str, actor: Actor) -> list[Item]:
    if value == "nobody":
        return [one for one in rows if one.in_hand is None]
    return [
        one for one in rows if one.in_hand is not None and (one.in_hand.account_id == actor.id) == (value == "mine")
    ]


class HandOverForm(Form):
    """To whom, and what the colleague should know."""

    to = forms.ChoiceField(label=gettext_lazy("交给"))
    note = forms.CharField(
        label=gettext_lazy("说明"), required=False, max_length=500, widget=forms.Textarea({"rows": 3})
    )


@permission_required(WORK)
def hand_over(request: HttpRequest, workflow: str, case_id: int) -> HttpResponse:
    """Take a case in hand, or hand it to a colleague who may do it as well."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = case_of(workflow, case_id, actor=actor)
    people = colleagues(case)
    form = HandOverForm(request.POST or None, initial={"to": actor.id})
    form.fields["to"].choices = [  # type: ignore[attr-defined]
        (pk, _("我（%(name)s）") % {"name": name} if pk == actor.id else name) for pk, name in people
    ]
    if request.method == "POST" and form.is_valid():
        try:
            assign(case, int(form.cleaned_data["to"]), actor=actor, note=form.cleaned_data["note"])
        except StepRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("已交给%(name)s。") % {"name": dict(people)[int(form.cleaned_data["to"])]})
            return redirect("centre:desk")
    context = {"form": form, "case": case, "address": case.get_absolute_url()}
    return render(request, "centre/hand_over.html", context, status=422 if form.is_bound else 200)


class PeriodForm(Form):
    """From a day to a day, both included."""

    since = forms.DateField(label=gettext_lazy("从"))
    until = forms.DateField(label=gettext_lazy("到"))

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = said.get("since"), said.get("until")
        if since and until and not timedelta(0) <= until - since <= LONGEST:
            self.add_error("until", _("结束日期应不早于开始日期，且不超过一年。"))
        elif since and until and not EARLIEST <= since <= until <= clock.today() + LONGEST:
            self.add_error("until", _("请填写近年的日期。"))
        return said


@permission_required(FIGURES)
def figures(request: HttpRequest) -> HttpResponse:
    """How fast referrals are answered, how many are accepted, how many people are followed up in time."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    today = clock.today()
    asked = {"since": clock.month_of(today).isoformat(), "until": today.isoformat(), **request.GET.dict()}
    form = PeriodForm(asked)
    since, until = clock.month_of(today), today
    if form.is_valid():
        since, until = form.cleaned_data["since"], form.cleaned_data["until"]
    return render(
        request,
        "centre/figures.html",
        {
            "form": form,
            "since": since,
            "until": until,
            "referrals": [_referral_row(one) for one in _referrals(actor, since, until)],
            "follow_ups": _follow_ups(actor, since, until),
            "enquiries": _enquiries(actor, since, until),
        },
    )


def _referrals(actor: Actor, since: date, until: date) -> list[referrals.Figures]:
    return referrals.figures(actor=actor, since=since, until=until) if actor.may(referrals.FIGURES) else []


def _referral_row(one: referrals.Figures) -> dict[str, Any]:
    return {
        "name": one.institution or _("合计"),
        "sent": one.sent,
        "answered": one.answered,
        "median": _minutes(one.median_minutes),
        "p90": _minutes(one.p90_minutes),
        "accepted": _percent(one.share_accepted),
        "in_time": _percent(one.share_in_time),
        "followed_up": _percent(one.share_followed_up),
    }


def _follow_ups(actor: Actor, since: date, until: date) -> list[dict[str, Any]]:
    rows = follow_up.figures(actor, since=since, until=until) if actor.may(follow_up.VIEW) else []
    names = organisation.names([one.institution_id for one in rows])
    return [
        {
            "name": names.get(one.institution_id, ""),
            "due": one.due,
            "done": one.done,
            "in_time": _percent(Fraction(one.in_time, one.due)),
            "overdue": one.overdue,
            "query": f"?due_from={since}&due_to={until}&at={one.institution_id}",
        }
        for one in rows
    ]


def _enquiries(actor: Actor, since: date, until: date) -> list[dict[str, Any]]:
    rows = enquiries.figures(actor, since=since, until=until) if actor.may(enquiries.FIGURES) else []
    return [
        {
            "name": one.institution,
            "asked": one.asked,
            "answered": one.answered,
            "median": _minutes(None if one.median_hours is None else one.median_hours * 60),
            "waiting": one.waiting,
        }
        for one in rows
    ]


def _percent(value: Fraction | None) -> str:
    return "–" if value is None else f"{float(value) * 100:.1f} %"


def _minutes(value: Fraction | float | None) -> str:
    """Minutes as people say them."""
    if value is None:
        return "–"
    minutes = round(value)
    if minutes < 60:
        return _("%(n)s 分钟") % {"n": minutes}
    hours = minutes / 60
    return _("%(n)s 小时") % {"n": f"{hours:.1f}"} if hours < 48 else _("%(n)s 天") % {"n": f"{hours / 24:.1f}"}
