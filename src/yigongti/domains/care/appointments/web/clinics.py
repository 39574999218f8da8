"""Schedules: what can be booked, its weekly hours and its exceptions."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.care.appointments import selectors
from yigongti.domains.care.appointments.models import Kind, Schedule
from yigongti.domains.care.appointments.permissions import KEEP, VIEW
from yigongti.domains.care.appointments.refusals import ClinicRefused
from yigongti.domains.care.appointments.services.schedules import Hours, add_pattern, end_pattern, keep_schedule
from yigongti.domains.care.appointments.services.sessions import except_day, remove_exception
from yigongti.domains.care.appointments.web import choosing
from yigongti.domains.care.appointments.web.forms import ExceptionForm, PatternForm, ScheduleForm
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ui.filters import ChoiceFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing


@permission_required(VIEW)
def schedules(request: HttpRequest) -> HttpResponseBase:
    """What can be booked, at all institutions."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = selectors.schedules(actor)
    names = organisation.names(set(rows.values_list("institution_id", flat=True)))
    return Listing(
        request,
        rows,
        name="schedules",
        title=_("出诊安排"),
        order=("institution_id", "department", "kind", "doctor", "pk"),
        columns=[
            Column("label", _("门诊"), lead=True, href=lambda row: row.get_absolute_url()),
            Column("institution", _("机构"), value=lambda row: names.get(row.institution_id, "")),
            Column("kind", _("类别"), value=lambda row: row.get_kind_display()),
            Column(
                "expert",
                _("专家号"),
                kind="tag",
                value=lambda row: _("专家") if row.expert else None,
                tag=lambda _r: "brand",
            ),
            Column("location", _("就诊地点")),
            Column(
                "active",
                _("状态"),
                kind="tag",
                value=lambda row: _("启用") if row.active else _("停用"),
                tag=lambda row: "good" if row.active else "",
            ),
        ],
        filters=[
            TextFilter("q", _("科室"), by="department__icontains"),
            ChoiceFilter(
                "institution",
                _("机构"),
                by="institution_id",
                choices=lambda: [(str(pk), name) for pk, name in choosing.clinics()],
            ),
            ChoiceFilter("kind", _("类别"), by="kind", choices=Kind.choices),
        ],
        empty=_("还没有出诊安排"),
    ).render("appointments/schedules.html", {"may_keep": actor.may(KEEP)})


@permission_required(KEEP)
def new(request: HttpRequest) -> HttpResponse:
    """Enter a schedule."""
    return _edit(request, None)


@permission_required(KEEP)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a schedule."""
    row = selectors.schedule(pk, request.actor)  # type: ignore[attr-defined]
    request.actor.require(KEEP, row.institution_id)  # type: ignore[attr-defined]
    return _edit(request, row)


def _edit(request: HttpRequest, row: Schedule | None) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    own = choosing.own_institutions(actor, KEEP)
    if row is not None:
        own = [pair for pair in own if pair[0] == row.institution_id] or choosing.named([row.institution_id])
    names = ("kind", "department", "doctor", "professional_title", "expert", "location", "active")
    initial = {name: getattr(row, name) for name in names} | {"institution": row.institution_id} if row else {}
    form = ScheduleForm(request.POST or None, initial=initial, institutions=own)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            values = dict(form.cleaned_data)
            try:
                kept = keep_schedule(
                    row.pk if row else None, actor=actor, institution_id=values.pop("institution"), **values
                )
                messages.success(request, _("已保存。"))
                return HttpResponseRedirect(kept.get_absolute_url())
            except ClinicRefused as refused:
                form.add_error(None, str(refused))
    return render(request, "appointments/schedule_form.html", {"form": form, "schedule": row}, status=status)


@permission_required(VIEW)
def schedule(request: HttpRequest, pk: int) -> HttpResponse:
    """One schedule: its hours, exceptions, and what is published; who keeps it changes them here."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = selectors.schedule(pk, actor)
    hours, exception, status = PatternForm(prefix="hours"), ExceptionForm(prefix="day"), 200
    if request.method == "POST":
        actor.require(KEEP, row.institution_id)
        asked = request.POST.get("do", "")
        if asked == "add_hours":
            hours = PatternForm(request.POST, prefix="hours")
            if hours.is_valid() and _done(request, hours, lambda: _add_hours(row, hours.cleaned_data, actor)):
                return redirect(row.get_absolute_url())
        elif asked == "except":
            exception = ExceptionForm(request.POST, prefix="day")
            values = exception.cleaned_data if exception.is_valid() else {}
            if values and _done(request, exception, lambda: except_day(row.pk, actor=actor, **values)):
                return redirect(row.get_absolute_url())
        else:
            return _take_away(request, row, asked, actor)
        status = 422
    today = clock.today()
    return render(
        request,
        "appointments/schedule.html",
        {
            "schedule": row,
            "institution": organisation.names([row.institution_id]).get(row.institution_id, ""),
            "patterns": row.patterns.order_by("weekday", "starts", "valid_from"),
            "exceptions": row.exceptions.filter(day__gte=today).order_by("day"),
            "sessions": [
                one for one in selectors.week(actor, row.institution_id, today, days=62) if one.schedule_id == pk
            ],
            "may_keep": actor.may(KEEP, row.institution_id),
            "hours": hours,
            "exception": exception,
        },
        status=status,
    )


def _add_hours(row: Schedule, values: dict[str, Any], actor: Actor) -> None:
    weekdays = values.pop("weekdays")
    for weekday in weekdays:
        add_pattern(row.pk, Hours(weekday=weekday, **values), actor=actor)


def _done(request: HttpRequest, form: Any, change: Any) -> bool:
    try:
        with transaction.atomic():
            change()
    except ClinicRefused as refused:
        form.add_error(None, str(refused))
        return False
    messages.success(request, _("已保存。"))
    return True


def _take_away(request: HttpRequest, row: Schedule, asked: str, actor: Actor) -> HttpResponse:
    pk = choosing.number(request, "pk") or 0
    try:
        if asked == "remove_hours" and row.patterns.filter(pk=pk).exists():
            end_pattern(pk, last_day=None, actor=actor)
            messages.success(request, _("已删除。已发布的号源不受影响。"))
        elif asked == "remove_exception" and row.exceptions.filter(pk=pk).exists():
            remove_exception(pk, actor=actor)
            messages.success(request, _("已删除。已停诊的不会恢复。"))
        else:
            messages.error(request, _("没有这一步操作。"))
    except ClinicRefused as refused:
        messages.error(request, str(refused))
    return redirect(reverse("appointments:schedule", args=[row.pk]))
