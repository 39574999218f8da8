"""The desk: today's list in the order people are seen, and checking in by barcode or by hand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.appointments import arrivals, selectors
from yigongti.domains.care.appointments.permissions import RECEIVE
from yigongti.domains.care.appointments.services import booking, desk
from yigongti.domains.care.appointments.views import day_words
from yigongti.domains.care.appointments.web import choosing
from yigongti.domains.care.appointments.web.forms import ScanForm
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit.api import record
from yigongti.kernel.workflow.api import StepRefused, take_step

BY_HAND = ("check_in", "finish")


@permission_required(RECEIVE)
def check_in(request: HttpRequest) -> HttpResponse:
    """Who is booked here today; a scan checks in, or says what there is instead."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    own = choosing.own_institutions(actor, RECEIVE)
    asked = choosing.number(request, "institution")
    institution_id = asked if asked in dict(own) else next((pk for pk, _name in own), None)
    if institution_id is None:
        raise NotVisible
    department = (request.POST.get("department") or request.GET.get("department", ""))[:60].replace("\x00", "")
    form, scanned, refused, status = ScanForm(), None, "", 200
    if request.method == "POST" and "step" in request.POST:
        _by_hand(request, actor)
        query = urlencode([("institution", str(institution_id)), ("department", department)])
        return redirect(f"{reverse('appointments:desk')}?{query}")
    if request.method == "POST":
        form = ScanForm(request.POST)
        if form.is_valid():
            try:
                scanned = desk.scan(
                    form.cleaned_data["token"], institution_id=institution_id, actor=actor, department=department
                )
            except residents.BarcodeRefused as error:
                refused = str(error)
            form = ScanForm()
        status = 200 if scanned is not None else 422
    rows = desk.waiting_list(institution_id, actor=actor, department=department)
    came = arrivals.of_today(institution_id, actor)
    shown = (
        {row.resident_id for row in rows}
        | {one.resident_id for one in came}
        | ({scanned.resident_id} if scanned else set())
    )
    cards = residents.cards(shown)
    if shown:
        record(
            actor=actor,
            act="appointments.open_desk",
            subject=f"organisation:{institution_id}",
            organisation_id=institution_id,
            resident_ids=shown,
        )
    return render(
        request,
        "appointments/desk.html",
        {
            "institutions": own,
            "institution_id": institution_id,
            "departments": selectors.departments(institution_id),
            "department": department,
            "today": day_words(clock.today()),
            "form": form,
            "scanned": scanned,
            "scanned_card": cards.get(scanned.resident_id) if scanned else None,
            "refused": refused,
            "came": [{"view": one, "card": cards.get(one.resident_id)} for one in came],
            "here": [{"view": row, "card": cards.get(row.resident_id)} for row in rows if row.state == "checked_in"],
            "expected": [{"view": row, "card": cards.get(row.resident_id)} for row in rows if row.state == "booked"],
            "counts": selectors.day_counts([institution_id], clock.today()),
        },
        status=status,
    )


def _by_hand(request: HttpRequest, actor: Actor) -> None:
    """A button beside a name."""
    step = request.POST.get("step", "")
    case = booking.visible(choosing.number(request, "appointment") or 0, actor)
    if step not in BY_HAND:
        messages.error(request, _("没有这一步操作。"))
        return
    try:
        take_step(case, step, actor=actor)
        messages.success(request, _("“%(step)s”已完成。") % {"step": case.workflow.step(step).label})
    except StepRefused as refused:
        messages.error(request, str(refused))
