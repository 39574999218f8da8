"""The plan page: every clause, what it asks for, who leads, by when, what carries it out and what is missing."""

from itertools import groupby

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from yigongti.domains.oversight.plan_ledger import selectors
from yigongti.domains.oversight.plan_ledger.permissions import VIEW
from yigongti.domains.oversight.plan_ledger.selectors import ClauseView, State
from yigongti.domains.oversight.plan_ledger.web.places import chosen, tabs
from yigongti.kernel import clock
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.policy import api as policy
from yigongti.kernel.ui.filters import ChoiceFilter, TextFilter

Rows = tuple[ClauseView, ...]

DUE = [
    ("late", _("期限已过、仍有缺项")),
    ("year", _("一年内到期")),
    ("later", _("一年以后到期")),
    ("none", _("方案没写期限")),
]


@permission_required(VIEW)
def clauses(request: HttpRequest, place: str | None = None) -> HttpResponse:
    """All clauses of a place's plan by section, with counts and filters."""
    here = chosen(place)
    views = selectors.ledger(request.actor, here.key)  # type: ignore[attr-defined]
    filters = [
        TextFilter("q", _("搜索"), by=_holding, hint=_("条款、内容、单位")).read(request.GET),
        ChoiceFilter("state", _("系统支撑"), by=_standing, choices=[(s.value, s.label) for s in State]).read(
            request.GET
        ),
        ChoiceFilter("lead", _("牵头或责任单位"), by=_of_body, choices=_bodies(views)).read(request.GET),
        ChoiceFilter("due", _("期限"), by=_due, choices=DUE).read(request.GET),
    ]
    shown: Rows = views
    for one in filters:
        shown = one.apply(shown)
    sections = [
        {"number": number, "title": title, "views": list(group)}
        for (number, title), group in groupby(shown, lambda view: (view.clause.section, view.clause.section_title))
    ]
    return render(
        request,
        "plan_ledger/clauses.html",
        {
            "place": here,
            "tabs": tabs("plan_ledger:clauses_of", here),
            "document": views[0].clause.document if views else None,
            "counts": selectors.counts(views),
            "shown": len(shown),
            "filters": filters,
            "narrowed": any(one.in_use for one in filters),
            "sections": sections,
        },
    )


@permission_required(VIEW)
def clause(request: HttpRequest, place: str, number: str) -> HttpResponse:
    """One clause: each thing it asks for with its references, and the figures and organisations that rest on it."""
    here = chosen(place)
    view = selectors.clause(request.actor, here.key, number)  # type: ignore[attr-defined]
    if view is None:
        raise Http404
    return render(
        request,
        "plan_ledger/clause.html",
        {
            "place": here,
            "view": view,
            "values": selectors.values_of_clause(view.clause),
            "labels": {parameter.name: str(parameter.label) for parameter in policy.parameters()},
            "organisations": selectors.organisations_of_clause(view.clause),
            "unnamed": selectors.unnamed_of_clause(view.clause),
        },
    )


def _bodies(views: Rows) -> list[tuple[str, str]]:
    """Everyone who leads, then everyone who answers, in the order of the plan."""
    bodies = {body.key: str(body.name) for view in views for body in view.leads}
    bodies |= {body.key: str(body.name) for view in views for body in view.responsible if body.key not in bodies}
    return list(bodies.items())


def _holding(rows: Rows, text: str) -> Rows:
    def holds(view: ClauseView) -> bool:
        bodies = [body.name for body in (*view.leads, *view.responsible)]
        words = [view.clause.title, *(ask.ask.says for ask in view.asks), *bodies]
        return text in view.number or any(each.contains(text) for each in words)

    return tuple(view for view in rows if holds(view))


def _standing(rows: Rows, state: str) -> Rows:
    return tuple(view for view in rows if view.state == state)


def _of_body(rows: Rows, key: str) -> Rows:
    return tuple(view for view in rows if any(body.key == key for body in (*view.leads, *view.responsible)))


def _due(rows: Rows, when: str) -> Rows:
    today = clock.today()

    def fits(view: ClauseView) -> bool:
        days = [(ask.due - today).days for ask in view.asks if ask.due]
        match when:
            case "late":
                return view.overdue
            case "year":
                return any(0 <= left <= 365 for left in days)
            case "later":
                return any(left > 365 for left in days)
        return not days

    return tuple(view for view in rows if fits(view))
