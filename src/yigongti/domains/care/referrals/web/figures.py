"""Figures of answering and following up, by receiving institution, each with the list of referrals below it."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from yigongti.domains.care.referrals.api import figure_address
from yigongti.domains.care.referrals.figures import Figures, figures
from yigongti.domains.care.referrals.permissions import FIGURES, VIEW
from yigongti.domains.care.referrals.web import asked
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required


@permission_required(FIGURES)
def figures_page(request: HttpRequest) -> HttpResponse:
    """The figures of a period (this month), as far as the reader stands on a side."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    today = clock.today()
    since = asked.day(request.GET.get("since", "")) or clock.month_of(today)
    until = asked.day(request.GET.get("until", "")) or today
    wrong = until < since
    direction = request.GET.get("direction", "")
    direction = direction if direction in ("up", "down", "sideways") else ""
    found = [] if wrong else figures(actor=actor, since=since, until=until, direction=direction)
    rows = [_row(one, since, until, direction, linked=actor.may(VIEW)) for one in found]
    context: dict[str, Any] = {
        "since": since, "until": until, "direction": direction, "wrong": wrong,
        "total": rows[0] if rows else None, "rows": rows[1:],
    }  # fmt: skip
    return render(request, "referrals/figures.html", context)


def _row(one: Figures, since: date, until: date, direction: str, *, linked: bool) -> dict[str, Any]:
    def cell(value: Any, figure: str) -> dict[str, Any]:
        address = figure_address(since, until, figure=figure, receiver_id=one.institution_id, direction=direction)
        return {"value": value, "href": address if linked else ""}

    return {
        "name": one.institution or _("合计"),
        "sent": cell(one.sent, ""),
        "answered": cell(one.answered, "answered"),
        "median": None if one.median_minutes is None else f"{float(one.median_minutes):.0f}",
        "p90": one.p90_minutes,
        "accepted": cell(_percent(one.share_accepted), "accepted"),
        "in_time": cell(_percent(one.share_in_time), "in_time"),
        "overdue": cell(one.overdue, "overdue"),
        "followed_up": cell(_percent(one.share_followed_up), "followed_up_in_time"),
        "follow_ups": cell(one.follow_ups, "follow_up_due"),
    }


def _percent(share: Any) -> str:
    return "–" if share is None else f"{float(share) * 100:.1f}%"
