"""A case as it was looked at: whoever takes a step on a page that is out of date is shown what it has become first.

Between the look and the step it may have been taken back, changed and put forward again. When the case came to stand
as it was shown is kept with the reader's session; where he has opened it twice, the later look counts.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from yigongti.kernel.access.api import Actor
from yigongti.kernel.ui.cases import CasePage, case_page
from yigongti.kernel.workflow.api import CaseModel

SHOWN, MOST = "books.shown", 50


def as_shown(request: HttpRequest, case: CaseModel, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """As ``case_page``; a step on what has changed since it was shown is refused, and the page shown as it is now."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    key, now = f"{case.workflow.name}:{case.pk}", f"{case.state} {case.entered_at.isoformat()}"
    shown: dict[str, str] = request.session.get(SHOWN, {})
    if request.method == "POST" and shown.get(key, now) != now:
        messages.error(request, _("您打开这个页面以后内容改过，现在显示的是改过的，请核对以后再办理。"))
        whole = {**context, "case": case, "case_page": CasePage(case, actor)}
        response = render(request, template, whole, status=422)
    else:
        response = case_page(request, case, template, context)
    taken = response.status_code == 302  # he is sent on to look at what it has become
    kept = [(one, stand) for one, stand in shown.items() if one != key][1 - MOST :]
    if shown != (now_shown := dict(kept if taken else [*kept, (key, now)])):
        request.session[SHOWN] = now_shown
    return response
