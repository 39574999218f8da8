"""A resident's record: the timeline, who looked at it, and opening it in an emergency."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.health_record import relations
from yigongti.domains.base.health_record.models import FactKind
from yigongti.domains.base.health_record.permissions import VIEW, WHO_LOOKED
from yigongti.domains.base.health_record.selectors import LIMIT, Filters, timeline, trend
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit import api as audit
from yigongti.kernel.ui.chart import Chart, Series
from yigongti.kernel.ui.forms import Form

SYSTOLIC, DIASTOLIC = ("8480-6", "SBP"), ("8462-4", "DBP")
GLUCOSE = ("1558-6", "14771-0", "2339-0", "FPG")


class FiltersForm(Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("类别"), required=False, choices=[("", gettext_lazy("全部")), *FactKind.choices]
    )
    institution = forms.TypedChoiceField(label=gettext_lazy("机构"), required=False, coerce=int, empty_value=None)
    since = forms.DateField(label=gettext_lazy("从"), required=False)
    until = forms.DateField(label=gettext_lazy("到"), required=False)
    text = forms.CharField(label=gettext_lazy("包含文字"), required=False, max_length=60)

    def __init__(self, *args: Any, institutions: tuple[tuple[int, str], ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["institution"].choices = [("", _("全部")), *institutions]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("since") and values.get("until") and values["until"] < values["since"]:
            self.add_error("until", _("结束日期不能早于开始日期。"))
        return values


class BreakGlassForm(Form):
    reason = forms.CharField(
        label=gettext_lazy("紧急查阅的理由"),
        min_length=relations.SHORTEST_REASON,
        max_length=500,
        widget=forms.Textarea(),
        help_text=gettext_lazy("例如：急诊昏迷患者，需要了解过敏史和用药。理由会记入审计日志，居民本人可以看到。"),
    )


@permission_required(VIEW)
def record(request: HttpRequest, resident_id: int) -> HttpResponse:
    """The timeline, or the offer to open it in an emergency."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    known = tuple((o.id, o.label) for o in organisation.institutions(settings.PLACE))
    form = FiltersForm(request.GET or None, institutions=known)
    asked = form.cleaned_data if form.is_bound and form.is_valid() else {}
    number = int(request.GET["page"]) if request.GET.get("page", "").isdigit() else 1
    filters = Filters(
        kind=asked.get("kind") or "",
        institution_id=asked.get("institution") or None,
        since=asked.get("since"),
        until=asked.get("until"),
        text=(asked.get("text") or "").strip(),
    )
    try:
        found = timeline(resident_id, filters, actor=actor, page=max(number, 1))
        charts = _charts(resident_id, actor)
    except relations.NoRelation:
        return _closed(request, resident_id, BreakGlassForm())
    form.fields["institution"].choices = [("", _("全部")), *found.institutions]  # type: ignore[attr-defined]
    return render(
        request,
        "health_record/record.html",
        {
            **_person(resident_id),
            "timeline": found,
            "form": form,
            "narrowed": filters != Filters(),
            "kinds": [(kind.label, found.counts[kind]) for kind in FactKind if found.counts.get(kind)],
            "charts": charts,
            "page": Paginator(range(found.total), LIMIT).get_page(number),
            "may_see_lookers": actor.may(WHO_LOOKED),
        },
        status=422 if form.is_bound and not form.is_valid() else 200,
    )


@permission_required(WHO_LOOKED)
def who_looked(request: HttpRequest, resident_id: int) -> HttpResponse:
    """Everyone who looked at the record, with the reason (PIPL art. 45)."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.may(VIEW):
        try:
            relations.require_relation(resident_id, actor)
        except relations.NoRelation:
            return _closed(request, resident_id, BreakGlassForm())
    elif residents.whole(resident_id) is None:
        raise Http404
    lines = audit.who_looked(list(residents.cluster(resident_id)))
    names = organisation.get_many({line.organisation_id for line in lines if line.organisation_id})
    rows = [
        {
            "line": line,
            "where": names[line.organisation_id].label if line.organisation_id in names else "",
            "why": _why(line),
        }
        for line in lines
    ]
    return render(request, "health_record/who_looked.html", {**_person(resident_id), "rows": rows})


@permission_required(VIEW)
def break_glass(request: HttpRequest, resident_id: int) -> HttpResponse:
    """Open the record without a relation, for a stated reason."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = BreakGlassForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        relations.break_glass(resident_id, form.cleaned_data["reason"], actor=actor)
        return HttpResponseRedirect(reverse("health_record:record", args=[resident_id]))
    return _closed(request, resident_id, form, status=422 if request.method == "POST" else 200)


def _closed(request: HttpRequest, resident_id: int, form: BreakGlassForm, status: int = 403) -> HttpResponse:
    card = residents.card(resident_id)
    if card is None:
        raise Http404
    return render(request, "health_record/closed.html", {"card": card, "form": form}, status=status)


def _person(resident_id: int) -> dict[str, Any]:
    whole = residents.whole(resident_id)
    card = residents.card(whole) if whole else None
    if card is None:
        raise Http404
    managing = organisation.get_many([card.managing_institution_id] if card.managing_institution_id else [])
    return {
        "card": card,
        "numbers": residents.numbers(card.id),
        "phones": residents.phones(card.id),
        "managing": next((one.label for one in managing.values()), ""),
    }


def _charts(resident_id: int, actor: Actor) -> list[dict[str, Any]]:
    """Blood pressure and glucose over time, where there are at least two values."""
    values = trend(resident_id, (*SYSTOLIC, *DIASTOLIC, *GLUCOSE), actor=actor)
    made = []
    for key, title, unit, lines in (
        ("pressure", _("血压"), "mmHg", ((_("收缩压"), SYSTOLIC), (_("舒张压"), DIASTOLIC))),
        ("glucose", _("血糖"), "mmol/L", ((_("血糖"), GLUCOSE),)),
    ):
        days = sorted({day for day, code, _value in values if any(code in codes for _name, codes in lines)})
        if len(days) < 2:
            continue
        series = []
        for name, codes in lines:
            by_day = {day: float(value) for day, code, value in values if code in codes}
            series.append(Series(name, [by_day.get(day) for day in days]))
        chart = Chart(labels=[f"{day:%Y-%m-%d}" for day in days], series=series, unit=unit, axis=_("日期"))
        made.append({"id": key, "title": title, "chart": chart})
    return made


def _why(line: audit.LineView) -> str:
    if line.act == "health_record.break_glass":
        return _("紧急查阅：%(reason)s") % {"reason": line.detail.get("reason", "")}
    relation = line.detail.get("relation", "")
    return relations.Relation(relation).label if relation in set(relations.Relation) else ""
