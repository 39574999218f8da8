"""The audit trail's pages."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.kernel.access.permissions import READ_TRAIL
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit import api as audit
from yigongti.kernel.audit.acts import in_words
from yigongti.kernel.ui.filters import ChoiceFilter, DayRangeFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing


@permission_required(READ_TRAIL)
def index(request: HttpRequest) -> HttpResponseBase:
    """Who did what, newest first, for the organisations the reader answers for. Lines of no organisation are for the
    auditor of the whole place."""
    actor = request.actor  # type: ignore[attr-defined]
    scope = actor.organisations(READ_TRAIL)
    top = organisation.root(settings.PLACE)
    names = organisation.names(scope)
    acts = cache(in_words)  # the same few on every page: one translation each instead of one a row
    outcomes = _outcomes()
    return Listing(
        request,
        audit.lines(organisation_ids=scope, of_nobody=top is not None and top.id in scope),
        name="audit",
        title=_("审计日志"),
        columns=[
            Column("at", _("时间"), kind="moment", lead=True),
            Column("actor_name", _("谁")),
            Column("organisation", _("机构"), value=lambda line: names.get(line.organisation_id, "")),
            Column("act", _("做了什么"), value=lambda line: acts(line.act)),
            Column("subject", _("对象")),
            Column(
                "outcome",
                _("结果"),
                kind="tag",
                value=lambda line: outcomes[line.outcome],
                tag=lambda line: "bad" if line.outcome == "refused" else "good",
            ),
            Column("why", _("说明"), value=lambda line: line.detail.get("why", "")),
        ],
        filters=[
            DayRangeFilter("at", _("日期"), by="at"),
            TextFilter("who", _("谁"), by="actor_name__contains"),
            TextFilter("subject", _("对象"), by="subject__startswith", hint=_("例如 account:3")),
            ChoiceFilter("outcome", _("结果"), by="outcome", choices=list(outcomes.items())),
        ],
        order=("-at", "-pk"),
        keyset=True,
        page_size=50,
        export=READ_TRAIL,
        empty=_("这个范围内没有记录"),
    ).render("administration/trail.html")


@permission_required(READ_TRAIL)
def verify(request: HttpRequest) -> HttpResponse:
    """Walk the chains now and say whether the trail is as it was written."""
    result: Any = audit.verify() if request.method == "POST" else None
    return render(request, "administration/verify.html", {"result": result})


def _outcomes() -> dict[str, str]:
    return {"done": _("完成"), "refused": _("被拒绝")}
