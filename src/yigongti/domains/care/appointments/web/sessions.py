"""The week of an institution, and one clinic on a date: publishing, stopping, another doctor, more places."""

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.appointments import selectors
from yigongti.domains.care.appointments.models import Appointment, Session, SessionState
from yigongti.domains.care.appointments.permissions import BOOK, KEEP, RECEIVE, VIEW
from yigongti.domains.care.appointments.refusals import ClinicRefused
from yigongti.domains.care.appointments.services import publishing
from yigongti.domains.care.appointments.services import sessions as services
from yigongti.domains.care.appointments.views import WITH_SLOT, appointment_views, day_words
from yigongti.domains.care.appointments.web import choosing
from yigongti.domains.care.appointments.web.forms import PublishForm, StopForm, SubstituteForm
from yigongti.domains.care.appointments.working_days import CalendarGap, workday
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit.api import record

COLOURS = {SessionState.DRAFT: "attention", SessionState.PUBLISHED: "good", SessionState.STOPPED: "bad"}


@permission_required(VIEW)
def week(request: HttpRequest) -> HttpResponse:
    """Seven days of an institution's clinics with the places left; who keeps them publishes here."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    own = [pair[0] for pair in choosing.own_institutions(actor, VIEW)]
    choices = choosing.clinics()
    known = dict(choices)
    asked = choosing.number(request, "institution")
    institution_id = asked if asked in known else next((pk for pk in own if pk in known), next(iter(known), None))
    first = choosing.day(request, "first") or clock.today()
    form, status = PublishForm(initial={"since": first, "until": first + timedelta(days=6)}), 200
    if request.method == "POST" and institution_id is not None:
        actor.require(KEEP, institution_id)
        form = PublishForm(request.POST)
        if form.is_valid() and _publish(request, form, institution_id, actor):
            query = urlencode({"institution": institution_id, "first": form.cleaned_data["since"]})
            return redirect(f"{reverse('appointments:week')}?{query}")
        status = 422
    department = request.GET.get("department", "")[:60].replace("\x00", "")
    found = selectors.week(actor, institution_id, first, department=department) if institution_id else []
    days = [first + timedelta(days=n) for n in range(7)]
    return render(
        request,
        "appointments/week.html",
        {
            "institutions": choices,
            "institution_id": institution_id,
            "departments": selectors.departments(institution_id) if institution_id else [],
            "department": department,
            "first": first,
            "before": first - timedelta(days=7),
            "after": first + timedelta(days=7),
            "days": [
                {
                    "day": day,
                    "words": day_words(day),
                    "note": _kind_of_day(day),
                    "sessions": [s for s in found if s.day == day],
                }
                for day in days
            ],
            "may_keep": institution_id is not None and actor.may(KEEP, institution_id),
            "form": form,
        },
        status=status,
    )


def _kind_of_day(day: date) -> str:
    try:
        known = workday(day)
    except CalendarGap:
        return _("当年放假安排未录入")
    if not known.moved:
        return ""
    return _("节假日") if known.weekday is None else _("调休上班")


def _publish(request: HttpRequest, form: PublishForm, institution_id: int, actor: Actor) -> bool:
    try:
        done = publishing.publish(institution_id, actor=actor, **form.cleaned_data)
    except ClinicRefused as refused:
        form.add_error(None, str(refused))
        return False
    if done.unknown:
        messages.warning(
            request,
            _("%(days)d 天没有发布：%(year)d 年的放假安排还没有录入。")
            % {"days": len(done.unknown), "year": done.unknown[0].year},
        )
    if done.sessions:
        said = _("已生成 %(sessions)d 个出诊，开放 %(places)d 个号。") % vars(done)
        messages.success(request, said)
    else:
        messages.info(request, _("这几天没有新的出诊要发布。"))
    return True


@permission_required(VIEW)
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """One clinic: its places, who is booked (for those who receive them), and what can be done with it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = selectors.session(pk, actor)
    may_keep = actor.may(KEEP, row.institution_id)
    stop, instead, status = StopForm(prefix="stop"), SubstituteForm(prefix="instead"), 200
    if request.method == "POST":
        actor.require(KEEP, row.institution_id)
        asked = request.POST.get("do", "")
        stop = StopForm(request.POST, prefix="stop") if asked == "stop" else stop
        instead = SubstituteForm(request.POST, prefix="instead") if asked == "substitute" else instead
        answer = _act(request, row, asked, stop, instead, actor)
        if answer is not None:
            return answer
        status = 422
    booked = _booked(row, actor)
    return render(
        request,
        "appointments/session.html",
        {
            "session": row,
            "institution": organisation.names([row.institution_id]).get(row.institution_id, ""),
            "colour": COLOURS[SessionState(row.state)],
            "when": day_words(row.day),
            "slots": selectors.slots(row.pk),
            "booked": booked,
            "may_keep": may_keep and row.ends_at > clock.now(),
            "may_book": actor.may(BOOK) and row.state == SessionState.PUBLISHED and row.starts_at > clock.now(),
            "stop": stop,
            "instead": instead,
        },
        status=status,
    )


def _booked(row: Session, actor: Actor) -> list[dict[str, object]] | None:
    """Who is booked, with names, for those who receive them; None for others."""
    if not actor.may(RECEIVE, row.institution_id):
        return None
    cases = Appointment.objects.unscoped("the permission was checked").filter(slot__session=row)
    views = appointment_views(cases.select_related(*WITH_SLOT).order_by("starts_at", "priority", "pk")[:500])
    cards = residents.cards({view.resident_id for view in views})
    if views:
        record(
            actor=actor,
            act="appointments.open_session",
            subject=f"session:{row.pk}",
            resident_ids={view.resident_id for view in views},
        )
    return [{"view": view, "card": cards.get(view.resident_id)} for view in views]


def _act(
    request: HttpRequest, row: Session, asked: str, stop: StopForm, instead: SubstituteForm, actor: Actor
) -> HttpResponse | None:
    """What was asked for; None where the form has to be shown again."""
    here = redirect(row.get_absolute_url())
    form = {"stop": stop, "substitute": instead}.get(asked)
    if form is not None and not form.is_valid():
        return None
    try:
        match asked:
            case "publish":
                places = publishing.publish_session(row, actor=actor)
                messages.success(request, _("已发布，开放 %(places)d 个号。") % {"places": places})
            case "stop":
                told = services.stop_session(row.pk, reason=stop.cleaned_data["reason"], actor=actor)
                messages.success(request, _("已停诊，已通知 %(told)d 位预约的人并请他们改约。") % {"told": told})
            case "substitute":
                services.substitute(row.pk, actor=actor, **instead.cleaned_data)
                messages.success(request, _("已登记替诊，并通知已预约的人。"))
            case "delete":
                services.delete_session(row.pk, actor=actor)
                messages.success(request, _("已删除。"))
                return redirect(f"{reverse('appointments:week')}?institution={row.institution_id}&first={row.day}")
            case "more" | "fewer":
                services.add_places(choosing.number(request, "slot") or 0, 1 if asked == "more" else -1, actor=actor)
            case _:
                messages.error(request, _("没有这一步操作。"))
    except ClinicRefused as refused:
        if form is None:
            messages.error(request, str(refused))
            return here
        form.add_error(None, str(refused))
        return None
    return here
