"""An adjustment as it was looked at: a step taken on a page that is out of date is refused, and the page shown anew."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from yigongti.domains.money.prices.models import Adjustment
from yigongti.kernel.access.api import Actor
from yigongti.kernel.ui.cases import CasePage, case_page

SHOWN, MOST = "prices.shown", 50


def as_shown(request: HttpRequest, case: Adjustment, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """As ``case_page``. The reader's session keeps since when an adjustment he saw had stood as he saw it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    key, now = str(case.pk), f"{case.state} {case.entered_at.isoformat()}"
    shown: dict[str, str] = request.session.get(SHOWN, {})
    if request.method == "POST" and shown.get(key, now) != now:
        messages.error(request, _("您打开这个页面以后方案改过，现在显示的是改过的，请核对以后再办理。"))
        whole = {**context, "case": case, "case_page": CasePage(case, actor)}
        response = render(request, template, whole, status=422)
    else:
        response = case_page(request, case, template, context)
    others = [(one, stand) for one, stand in shown.items() if one != key][1 - MOST :]
    if shown != (seen := dict(others if response.status_code == 302 else [*others, (key, now)])):
        request.session[SHOWN] = seen
    return response
