"""The policy page: parameters by subject with value, dates, document, clause and evidence; gaps and unconfirmed."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from yigongti.domains.oversight.plan_ledger import selectors
from yigongti.domains.oversight.plan_ledger.permissions import VIEW
from yigongti.domains.oversight.plan_ledger.selectors import ParameterView
from yigongti.domains.oversight.plan_ledger.web.places import chosen, tabs
from yigongti.kernel import clock
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.policy import api as policy
from yigongti.kernel.policy.api import Place
from yigongti.kernel.ui.filters import ChoiceFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing

Rows = tuple[ParameterView, ...]

STANDS = [
    ("unconfirmed", _("待确认")),
    ("gap", _("缺少取值")),
    ("set", _("已确认")),
    ("none", _("当日无取值，暂无功能使用")),
]


@permission_required(VIEW)
def parameters(request: HttpRequest, place: str | None = None) -> HttpResponseBase:
    """Every parameter of a place as of a day (``?on=``, today)."""
    here = chosen(place)
    day, wrong = _day(request)
    rows = selectors.parameters(request.actor, here.key, day)  # type: ignore[attr-defined]
    subjects = {row.parameter.subject: policy.subject_label(row.parameter.subject) for row in rows}
    listing = Listing(
        request,
        rows,
        name="policy",
        title=_now("%(place)s的政策参数") % {"place": here},
        page_size=50,
        export=VIEW,
        columns=[
            Column("label", _("参数"), lead=True, href=lambda row: _address(here, row, request)),
            Column("subject", _("类别"), value=lambda row: subjects[row.parameter.subject]),
            Column("value", _("取值"), value=lambda row: row.value if row.value else _now("没有取值")),
            Column("from", _("生效日期"), value=lambda row: row.value and row.value.effective_from, kind="day"),
            Column(
                "until",
                _("失效日期"),
                value=lambda row: row.value and row.value.effective_to,
                kind="day",
                on_page=False,
            ),
            Column("due", _("达成期限"), value=lambda row: row.value and row.value.due, kind="day"),
            Column("citation", _("文件和条款"), value=lambda row: row.value and row.value.citation, href=_clause_url),
            Column("place", _("出自"), value=lambda row: row.value and policy.place(row.value.place)),
            Column("evidence", _("依据"), value=lambda row: row.value and row.value.evidence.label),
            Column("stands", _("状态"), kind="tag", value=_words, tag=_colour),
            Column("name", _("参数代码"), on_page=False),
        ],
        filters=[
            TextFilter("q", _("搜索"), by=_holding, hint=_("参数、取值、文件、条款")),
            ChoiceFilter("subject", _("类别"), by=_of_subject, choices=list(subjects.items())),
            ChoiceFilter("stands", _("状态"), by=_standing, choices=STANDS),
            TextFilter("on", _("哪一天的取值"), by=_as_is, hint="2026-01-31"),
        ],
    )
    return listing.render(
        "plan_ledger/parameters.html",
        {
            "place": here,
            "tabs": tabs("plan_ledger:parameters_of", here, national=True),
            "day": day,
            "wrong_day": wrong,
            "gaps": [row for row in rows if row.gap],
            "unconfirmed": sum(row.unconfirmed for row in rows),
            "documents": policy.documents(here.key),
        },
    )


@permission_required(VIEW)
def parameter(request: HttpRequest, place: str, name: str) -> HttpResponse:
    """One parameter: the value in force and every value it ever had, at the place and above it."""
    here = chosen(place)
    day, wrong = _day(request)
    rows = selectors.parameters(request.actor, here.key, day)  # type: ignore[attr-defined]
    row = next((row for row in rows if row.name == name), None)
    if row is None:
        raise Http404
    return render(
        request,
        "plan_ledger/parameter.html",
        {
            "place": here,
            "row": row,
            "day": day,
            "wrong_day": wrong,
            "subject": policy.subject_label(row.parameter.subject),
            "unit": row.parameter.unit,
            "state": (_words(row), _colour(row)),
            "history": [
                {
                    "value": value,
                    "place": policy.place(value.place),
                    "in_force": value == row.value,
                    "clause_url": _clause_address(value.place, value.document.key, value.clause),
                }
                for value in policy.history(name, here.key)
            ],
            "elsewhere": _elsewhere(name, here, day),
        },
    )


def _elsewhere(name: str, here: Place, day: date) -> list[dict[str, object]]:
    """What the other places have on the same day, for comparing plans."""
    return [
        {"place": place, "value": value, "url": reverse("plan_ledger:parameter", args=[place.key, name])}
        for place in policy.places()
        if place != here and (value := policy.find(name, place.key, day))
    ]


def _day(request: HttpRequest) -> tuple[date, str]:
    asked = request.GET.get("on", "")
    if not asked:
        return clock.today(), ""
    try:
        return date.fromisoformat(asked), ""
    except ValueError:
        return clock.today(), _now("日期应写成 2026-01-31 这样")


def _clause_url(row: ParameterView) -> str | None:
    return _clause_address(row.value.place, row.value.document.key, row.value.clause) if row.value else None


def _clause_address(place: str, document: str, clause: str) -> str | None:
    first = clause.split("；")[0]
    listed = any(c.number == first and c.document.key == document for c in policy.clauses(place))
    return reverse("plan_ledger:clause", args=[place, first]) if listed else None


def _words(row: ParameterView) -> str:
    if row.value is None:
        return _now("缺少取值") if row.gap else _now("当日无取值")
    return _now("已确认") if row.value.confirmed else _now("待确认")


def _colour(row: ParameterView) -> str:
    if row.value is None:
        return "bad" if row.gap else ""
    return "good" if row.value.confirmed else "attention"


def _address(place: Place, row: ParameterView, request: HttpRequest) -> str:
    asked = request.GET.get("on")
    address = reverse("plan_ledger:parameter", args=[place.key, row.name])
    return f"{address}?{urlencode({'on': asked})}" if asked else address


def _as_is(rows: Rows, _value: str) -> Rows:
    """The day is in the rows already."""
    return rows


def _holding(rows: Rows, text: str) -> Rows:
    return tuple(row for row in rows if row.holds(text))


def _of_subject(rows: Rows, subject: str) -> Rows:
    return tuple(row for row in rows if row.parameter.subject == subject)


def _standing(rows: Rows, stands: str) -> Rows:
    match stands:
        case "unconfirmed":
            return tuple(row for row in rows if row.unconfirmed)
        case "gap":
            return tuple(row for row in rows if row.gap)
        case "none":
            return tuple(row for row in rows if row.value is None and not row.gap)
    return tuple(row for row in rows if row.value is not None and row.value.confirmed)
