"""The prices in force on a day, one item's prices over time, and the adjustments."""

from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.prices import selectors
from yigongti.domains.money.prices.models import TIER_LABELS, TIERS, Adjustment, Price
from yigongti.domains.money.prices.permissions import FOLLOW, PREPARE, VIEW
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ui.filters import ChoiceFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing

COLOURS = {"draft": "", "submitted": "attention", "approved": "good", "discarded": ""}


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text.strip()[:10])
    except ValueError:
        return clock.today()
    return found if date(2000, 1, 1) <= found <= date(2100, 12, 31) else clock.today()


@permission_required(VIEW)
def index(request: HttpRequest) -> HttpResponseBase:
    """What every item costs on a day, a column a tier."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    on = _day(request.GET.get("on", ""))
    items = selectors.items_on(settings.PLACE, on)

    def price(tier: str) -> Any:
        return lambda row: row["prices"].get(tier)

    return Listing(
        request,
        items,
        name="prices",
        title=_("医疗服务价格"),
        page_size=50,
        columns=[
            Column("code", _("项目编码"), sort="code", href=lambda row: reverse("prices:item", args=[row["code"]])),
            Column("name", _("项目名称"), lead=True, chinese=True,
                   href=lambda row: reverse("prices:item", args=[row["code"]])),
            Column("unit", _("计价单位"), chinese=True),
            *(Column(tier, TIER_LABELS[tier], kind="yuan", value=price(tier)) for tier in TIERS),
        ],
        filters=[TextFilter("q", _("项目编码或名称"), by=_matching)],
        export=VIEW,
        empty=_("还没有价格"),
    ).render(
        "prices/index.html", {"on": on, "may_prepare": actor.may(PREPARE), "may_follow": actor.may(FOLLOW)}
    )  # fmt: skip


def _matching(rows: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    text = text.casefold()
    return [row for row in rows if text in row["code"].casefold() or text in row["name"].casefold()]


@permission_required(VIEW)
def item(request: HttpRequest, code: str) -> HttpResponse:
    """One item's prices, the latest first, each with the document that set it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not code.isprintable():
        raise NotVisible
    rows = list(
        Price.objects.filter(place=settings.PLACE, code=code)
        .select_related("adjustment").order_by("-starts_on", "tier")[:200]
    )  # fmt: skip
    if not rows:
        raise NotVisible
    days: dict[date, dict[str, Any]] = {}
    for row in rows:
        at = days.setdefault(row.starts_on, {"adjustment": row.adjustment, "prices": {}})
        at["prices"][row.tier] = row
    tiers = [tier for tier in TIERS if any(tier in at["prices"] for at in days.values())]
    context = {
        "item": rows[0],
        "tiers": [(tier, TIER_LABELS[tier]) for tier in tiers],
        "days": [
            (day, at["adjustment"], [(TIER_LABELS[tier], at["prices"].get(tier)) for tier in tiers])
            for day, at in days.items()
        ],
        "may_follow": actor.may(FOLLOW),
    }
    return render(request, "prices/item.html", context)


@permission_required(FOLLOW)
def adjustments(request: HttpRequest) -> HttpResponseBase:
    """All adjustments, the newest first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return Listing(
        request,
        selectors.adjustments(settings.PLACE),
        name="adjustments",
        title=_("价格调整"),
        order=("-starts_on", "-pk"),
        columns=[
            Column("name", _("方案名称"), lead=True, href=lambda row: row.get_absolute_url(), chinese=True),
            Column("document", _("依据文件"), chinese=True),
            Column("starts_on", _("执行日期"), kind="day", sort="starts_on"),
            Column("change", _("总费用变化（元）"), kind="yuan", value=_change),
            Column("state_label", _("状态"), kind="tag", tag=lambda row: COLOURS[row.state]),
        ],
        filters=[
            TextFilter("q", _("方案名称"), by="name__icontains"),
            ChoiceFilter("state", _("状态"), by="state", choices=list(Adjustment.workflow.states.items())),
        ],
        export=FOLLOW,
        empty=_("还没有价格调整"),
    ).render("prices/adjustments.html", {"may_prepare": actor.may(PREPARE)})


def _change(row: Adjustment) -> int | None:
    return row.after_fen - row.before_fen if row.after_fen is not None and row.before_fen is not None else None
