"""The workbench and the whole inbox."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from yigongti.kernel import clock
from yigongti.kernel.access.web.guard import signed_in
from yigongti.kernel.ui.filters import ChoiceFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing
from yigongti.kernel.ui.words import joined
from yigongti.kernel.ui.workbench import cards_for, links_for
from yigongti.kernel.workflow.api import InboxItem, inbox
from yigongti.portals.workbench.selectors import waiting

SHOWN = 6


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """The first page after sign-in."""
    actor = request.actor  # type: ignore[attr-defined]
    groups = waiting(actor)
    cards = [(card, context, _address(card.more)) for card, context in cards_for(actor)]
    return render(
        request,
        "workbench/home.html",
        {
            "greeting": _greeting(),
            "groups": [(group, group.items[:SHOWN], len(group.items) - SHOWN) for group in groups],
            "count": sum(len(group.items) for group in groups),
            "overdue": sum(group.overdue for group in groups),
            "links": [(link, address) for link in links_for(actor) if (address := _address(link.url_name))],
            "wide_cards": [one for one in cards if not one[0].side],
            "side_cards": [one for one in cards if one[0].side],
        },
    )


@signed_in
def inbox_page(request: HttpRequest) -> HttpResponseBase:
    """Everything that waits for me, as a list."""
    items = inbox(request.actor)  # type: ignore[attr-defined]
    kinds = sorted({(item.workflow, str(item.workflow_label)) for item in items})
    return Listing(
        request,
        items,
        name="inbox",
        title=_("待办"),
        columns=[
            Column("title", _("事项"), lead=True, href=lambda item: item.address, chinese=True),
            Column("workflow_label", _("类型"), sort="workflow_label", value=lambda item: str(item.workflow_label)),
            Column("steps", _("可以办理"), value=lambda item: joined([str(step) for step in item.steps])),
            Column("since", _("到达时间"), kind="moment", sort="since"),
            Column("due_at", _("期限"), kind="due", sort="due_at"),
        ],
        filters=[
            TextFilter("q", _("事项"), by=_titled),
            ChoiceFilter("kind", _("类型"), by=_of_kind, choices=kinds),
        ],
        empty=_("没有待办，都处理完了"),
    ).render("workbench/inbox.html")


def _titled(items: Sequence[InboxItem], text: str) -> list[InboxItem]:
    return [item for item in items if text in item.title]


def _of_kind(items: Sequence[InboxItem], kind: str) -> list[InboxItem]:
    return [item for item in items if item.workflow == kind]


def _greeting() -> str:
    hour = clock.now().hour
    if hour < 6:
        return _("夜深了，辛苦了")
    if hour < 12:
        return _("上午好")
    return _("下午好") if hour < 18 else _("晚上好")


def _address(url_name: str) -> str:
    try:
        return reverse(url_name) if url_name else ""
    except NoReverseMatch:
        return ""
