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


def as_shown(request: HttpRequest, case: Adjustment, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """As ``case_page``. The reader's session keeps since when the adjustment he saw last had stood as he saw it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    now = [case.pk, case.state, case.entered_at.isoformat()]
    shown = request.session.get("prices.shown", now)
    if request.method == "POST" and shown[0] == case.pk and shown != now:
        messages.error(request, _("您打开这个页面以后方案改过，现在显示的是改过的，请核对以后再办理。"))
        whole = {**context, "case": case, "case_page": CasePage(case, actor)}
        response = render(request, template, whole, status=422)
    else:
        response = case_page(request, case, template, context)
    taken = response.status_code == 302
    if taken:
        request.session.pop("prices.shown", None)
    elif request.session.get("prices.shown") != now:
        request.session["prices.shown"] = now
    return response
