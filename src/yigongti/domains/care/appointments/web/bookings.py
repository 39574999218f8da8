"""Bookings: the list of one's institutions, making one, one of them, and changing it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.appointments import selectors
from yigongti.domains.care.appointments.models import Appointment
from yigongti.domains.care.appointments.permissions import BOOK, BOOK_HERE, VIEW
from yigongti.domains.care.appointments.refusals import BarcodeWanted, BookingRefused, SlotTaken
from yigongti.domains.care.appointments.services import booking
from yigongti.domains.care.appointments.services.whom import is_known
from yigongti.domains.care.appointments.views import SlotView, appointment_views, day_words, priority_words
from yigongti.domains.care.appointments.web import choosing
from yigongti.domains.care.appointments.web.forms import FindForm, ScanForm
from yigongti.domains.care.appointments.workflow import BOOKING
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible, permissions
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit.api import record
from yigongti.kernel.ui.cases import case_page
from yigongti.kernel.ui.filters import ChoiceFilter, DayRangeFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing

COLOURS = {"booked": "info", "checked_in": "attention", "done": "good", "no_show": "bad", "stopped": "bad"}


@permission_required(VIEW)
def bookings(request: HttpRequest) -> HttpResponseBase:
    """Bookings at or by the reader's institutions, the next day's first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = selectors.visible_bookings(actor)
    held = actor.organisations(VIEW)
    cards: dict[int, residents.Card] = {}
    names: dict[int, str] = {}

    def prepared(get: Callable[[Appointment], Any]) -> Callable[[Appointment], Any]:
        """Names of a whole page are looked up once, when its first cell is drawn."""

        def value(row: Appointment) -> Any:
            if not names:
                shown = list(listing.page.rows)
                cards.update(residents.cards({one.resident_id for one in shown}))
                ids = {one.institution_id for one in shown} | {one.booked_by_id for one in shown if one.booked_by_id}
                names.update(organisation.names(ids) or {0: ""})
            return get(row)

        return value

    listing = Listing(
        request,
        rows,
        name="bookings",
        title=_("预约"),
        order=("-day", "starts_at", "pk"),
        columns=[
            Column(
                "resident", _("居民"), lead=True, href=lambda row: row.get_absolute_url(),
                value=prepared(lambda row: cards[row.resident_id].name if row.resident_id in cards else "—"),
            ),
            Column("starts_at", _("时间"), kind="moment", sort="starts_at"),
            Column("institution", _("机构"), value=prepared(lambda row: names.get(row.institution_id, ""))),
            Column("who", _("门诊"), value=lambda row: row.slot.session.label),
            Column(
                "state", _("状态"), kind="tag",
                value=lambda row: row.state_label, tag=lambda row: COLOURS.get(row.state, ""),
            ),
            Column(
                "priority", _("优先"), kind="tag",
                value=lambda row: priority_words(row.priority) or None, tag=lambda row: "brand",
            ),
            Column(
                "booked_by", _("预约机构"),
                value=prepared(lambda row: names.get(row.booked_by_id, "") if row.booked_by_id else _("本人")),
            ),
            Column("number", _("预约号")),
        ],
        filters=[
            DayRangeFilter("day", _("就诊日期"), by="day", moments=False),
            ChoiceFilter("state", _("状态"), by="state", choices=list(BOOKING.states.items())),
            TextFilter("department", _("科室"), by="department__icontains"),
            ChoiceFilter(
                "side", _("方向"),
                by=lambda found, side: (
                    found.filter(institution_id__in=held) if side == "here" else found.filter(booked_by_id__in=held)
                ),
                choices=[("here", _("约到本机构")), ("by", _("本机构代约"))],
            ),
            ChoiceFilter(
                "priority", _("优先"), by="priority", choices=[("0", _("转诊优先")), ("1", _("家庭医生预约优先"))]
            ),
        ],
        empty=_("还没有预约"),
    )  # fmt: skip
    shown = {row.resident_id for row in listing.page.rows}
    if shown:
        record(actor=actor, act="appointments.list", subject="bookings", resident_ids=shown)
    return listing.render("appointments/bookings.html", {"may_book": actor.may(BOOK)})


@permission_required(VIEW)
def appointment(request: HttpRequest, pk: int) -> HttpResponse:
    """One booking, with its steps and its history."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = booking.visible(pk, actor)
    view = appointment_views([case])[0]
    record(
        actor=actor, act="appointments.open_booking", subject=f"appointments.booking:{pk}", resident_id=case.resident_id
    )
    opens = permissions().get("health_record.view")
    return case_page(
        request,
        case,
        "appointments/appointment.html",
        {
            "view": view,
            "card": residents.card(case.resident_id),
            "colour": COLOURS.get(case.state, ""),
            "may_change": view.may_change and actor.may(BOOK),
            "may_open_record": opens is not None and actor.may(opens),
            "before": case.replaces_id,
        },
    )


@permission_required(BOOK)
def new(request: HttpRequest) -> HttpResponse:
    """Book for a resident: who, where, which day, which time. Whoever is not known here shows his barcode first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    resident_id = choosing.number(request, "resident")
    standing = residents.whole(resident_id) if resident_id is not None else None
    if resident_id is not None and standing is None:
        raise NotVisible
    if standing is None:
        return _find(request, actor)
    tried: BookingRefused | None = None
    if request.method == "POST" and "token" in request.POST:
        try:
            _scanned(request, standing, actor)
            return redirect(request.get_full_path())
        except (BookingRefused, residents.BarcodeRefused) as refused:
            tried = BookingRefused(str(refused))
    elif request.method == "POST":
        slot_id = choosing.number(request, "slot")
        if slot_id is None:
            tried = BookingRefused(_("请选择时间。"))
        else:
            note = request.POST.get("note", "").replace("\x00", "")
            try:
                made = booking.book(
                    slot_id, resident_id=standing, actor=actor, note=note, present=_present(request, standing)
                )
                messages.success(
                    request, _("预约成功：%(when)s %(who)s") % {"when": made.slot.when, "who": made.slot.who}
                )
                return redirect(made.address)
            except BookingRefused as refused:
                tried = refused
    return _choose(request, actor, standing, tried)


def _find(request: HttpRequest, actor: Actor) -> HttpResponse:
    """No resident yet: a search, sent as POST so that no number is in an address."""
    form, found = FindForm(request.POST or None), None
    actor.require(residents.SEARCH)
    if request.method == "POST" and form.is_valid():
        found = residents.search(form.cleaned_data["q"], actor=actor)
    return render(request, "appointments/find.html", {"form": form, "found": found, "keep": request.GET.urlencode()})


PRESENT, PRESENT_SECONDS = "appointments_present", 900
"""In the session: whose barcode was scanned last, and until when that counts."""


def _scanned(request: HttpRequest, resident_id: int, actor: Actor) -> None:
    """The person's barcode: who shows it is there. Raises BookingRefused for another's, BarcodeRefused."""
    form = ScanForm(request.POST)
    token = form.cleaned_data["token"] if form.is_valid() else ""
    if residents.read_barcode(token, actor) != resident_id:
        raise BookingRefused(_("扫到的是另一位居民的条码。"))
    request.session[PRESENT] = [resident_id, clock.now().timestamp() + PRESENT_SECONDS]


def _present(request: HttpRequest, resident_id: int) -> bool:
    who, until = request.session.get(PRESENT, (0, 0.0))
    return bool(who == resident_id and clock.now().timestamp() < until)


def _choose(request: HttpRequest, actor: Actor, resident_id: int, tried: BookingRefused | None) -> HttpResponse:
    institutions = choosing.clinics()
    institution_id = choosing.number(request, "institution")
    if institution_id not in dict(institutions):
        institution_id = None
    department = (request.POST.get("department") or request.GET.get("department", ""))[:60].replace("\x00", "")
    session_id = choosing.number(request, "session")
    known = _present(request, resident_id) or is_known(residents.cluster(resident_id), actor)
    open_to = known or actor.may(BOOK_HERE)
    free = (
        selectors.offered(actor=actor, institution_id=institution_id, department=department, limit=4_000)
        if open_to
        else []
    )
    record(actor=actor, act="appointments.choose", subject=f"resident:{resident_id}", resident_id=resident_id)
    times = [slot for slot in free if slot.session_id == session_id]
    return render(
        request,
        "appointments/new.html",
        {
            "card": residents.card(resident_id),
            "resident_id": resident_id,
            "own": [v for v in selectors.of_resident(resident_id, actor=actor) if v.is_open],
            "institutions": institutions,
            "institution_id": institution_id,
            "departments": selectors.departments(institution_id),
            "department": department,
            "session_id": session_id,
            "chosen": times[0] if times else None,
            "days": _by_day(free) if not times else [],
            "times": times,
            "tried": tried,
            "open_to": open_to,
            "scan": ScanForm() if not open_to or isinstance(tried, BarcodeWanted) else None,
            "alternatives": tried.alternatives if isinstance(tried, SlotTaken) else (),
        },
        status=409 if tried else 200,
    )


def _by_day(free: list[SlotView]) -> list[dict[str, Any]]:
    """Clinics with free places, by day; a clinic once, with all the places that are left."""
    days: dict[Any, dict[int, dict[str, Any]]] = {}
    for slot in free:
        clinic = days.setdefault(slot.day, {}).setdefault(
            slot.session_id, {"slot": slot, "first": slot.starts_at, "last": slot.ends_at, "left": 0, "early": 0}
        )
        clinic["left"] += slot.left
        clinic["early"] += slot.left if slot.pool == "early" else 0
        clinic["last"] = max(clinic["last"], slot.ends_at)
    return [
        {
            "words": day_words(day),
            "clinics": [
                {**clinic, "time": f"{_time(clinic['first'])}–{_time(clinic['last'])}"} for clinic in clinics.values()
            ],
        }
        for day, clinics in sorted(days.items())
    ]


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(clock.ZONE):%H:%M}"


@permission_required(BOOK)
def offers(request: HttpRequest, pk: int) -> HttpResponse:
    """Equal places to be taken instead: after a stopped clinic, or because another time suits better."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = booking.visible(pk, actor)
    tried: BookingRefused | None = None
    if request.method == "POST":
        slot_id = choosing.number(request, "slot")
        try:
            if slot_id is None:
                raise BookingRefused(_("请选择时间。"))
            made = booking.change(case.pk, slot_id, actor=actor)
            messages.success(request, _("已改约：%(when)s %(who)s") % {"when": made.slot.when, "who": made.slot.who})
            return redirect(made.address)
        except BookingRefused as refused:
            tried = refused
        case = booking.visible(pk, actor)
    view = appointment_views([case])[0]
    record(
        actor=actor, act="appointments.open_booking", subject=f"appointments.booking:{pk}", resident_id=case.resident_id
    )
    return render(
        request,
        "appointments/offers.html",
        {
            "view": view,
            "card": residents.card(case.resident_id),
            "times": selectors.offers_instead(case, actor) if view.may_change else [],
            "tried": tried,
        },
        status=409 if tried else 200,
    )
