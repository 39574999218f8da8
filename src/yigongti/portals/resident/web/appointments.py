"""Booking in few taps: where, which department, which day, which time; and what was booked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.appointments import api as appointments
from yigongti.domains.care.appointments.api import BookingRefused, SlotTaken, SlotView
from yigongti.kernel import clock
from yigongti.portals.resident.sessions import resident_required
from yigongti.portals.resident.web.asked import day, number, plain
from yigongti.portals.resident.web.layout import reader_of, show

MOST_SLOTS = 400


@dataclass(frozen=True)
class Choice:
    """Something to tap."""

    label: str
    words: str
    href: str


@dataclass(frozen=True)
class Day:
    """A day that has free places, and whether it is the one shown."""

    on: date
    href: str
    current: bool
    left: int


@dataclass(frozen=True)
class Group:
    """Times at one doctor's, or one department's, in one half of the day."""

    label: str
    expert: bool
    slots: tuple[SlotView, ...]


@resident_required
def mine(request: HttpRequest) -> HttpResponse:
    """What is booked, what was."""
    reader = reader_of(request)
    found = appointments.of_resident(reader.person_id, actor=reader.actor)
    now = clock.now()
    ahead = [one for one in found if one.slot.ends_at > now and (one.is_open or one.may_change)]
    ahead.sort(key=lambda one: one.slot.starts_at)
    past = [one for one in found if one not in ahead]
    return show(request, "resident/appointments.html", {"ahead": ahead, "past": past}, here="appointments")


@resident_required
def appointment(request: HttpRequest, pk: int) -> HttpResponse:
    """One booking: where to be, when, with which number; what may be done with it."""
    reader = reader_of(request)
    one = appointments.get(pk, actor=reader.actor)
    now = clock.now()
    context = {
        "one": one,
        "may_cancel": one.state == "booked" and one.slot.starts_at > now,
        "may_change": one.may_change and (one.slot.starts_at > now or one.state == "stopped"),
    }
    return show(request, "resident/appointment.html", context, here="appointments")


@resident_required
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the place back, after saying so twice."""
    reader = reader_of(request)
    one = appointments.get(pk, actor=reader.actor)
    if request.method == "POST":
        try:
            appointments.cancel(pk, actor=reader.actor, reason=plain(request.POST.get("reason", ""))[:200])
        except BookingRefused as refused:
            messages.error(request, str(refused))
            return redirect("resident:appointment", person=reader.person_id, pk=pk)
        messages.success(request, _("已取消预约。"))
        return redirect("resident:appointments", person=reader.person_id)
    return show(request, "resident/cancel.html", {"one": one}, here="appointments")


@resident_required
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Another time for the same; for a stopped clinic, too."""
    reader = reader_of(request)
    one = appointments.get(pk, actor=reader.actor)
    if request.method == "POST":
        slot_id = number(request.POST.get("slot", ""))
        if slot_id is None:
            messages.error(request, _("请选一个时间。"))
            return redirect("resident:change", person=reader.person_id, pk=pk)
        try:
            made = appointments.change(pk, slot_id, actor=reader.actor)
        except BookingRefused as refused:
            return _refused(request, refused, back=reverse("resident:change", args=[reader.person_id, pk]), change=pk)
        messages.success(request, _("已改约。"))
        return redirect("resident:appointment", person=reader.person_id, pk=made.id)
    slots = appointments.offers_instead(pk, actor=reader.actor)
    chosen, days = _days(slots, request, reverse("resident:change", args=[reader.person_id, pk]), {})
    return show(
        request,
        "resident/change.html",
        {"one": one, "days": days, "groups": _groups(_of_day(slots, chosen))},
        here="appointments",
    )


@resident_required
def book(request: HttpRequest) -> HttpResponse:
    """Book: a POST takes the place; else what there is to choose from next."""
    reader = reader_of(request)
    if request.method == "POST":
        return _book(request)
    here = reverse("resident:book", args=[reader.person_id])
    institution_id, department = number(request.GET.get("at", "")), plain(request.GET.get("department", ""))
    if institution_id is None:
        return show(request, "resident/book_where.html", {"choices": _institutions(reader.person_id, here)},
                    here="appointments")  # fmt: skip
    name = organisation.names([institution_id]).get(institution_id, "")
    if not department:
        choices = [
            Choice(one, "", _address(here, at=institution_id, department=one))
            for one in appointments.departments(institution_id)
        ]
        shown = {"choices": choices, "institution": name, "back": here}
        return show(request, "resident/book_department.html", shown, here="appointments")
    slots = appointments.offered(
        actor=reader.actor, institution_id=institution_id, department=department, limit=MOST_SLOTS
    )
    asked: dict[str, str | int] = {"at": institution_id, "department": department}
    chosen, days = _days(slots, request, here, asked)
    context: dict[str, object] = {
        "days": days,
        "groups": _groups(_of_day(slots, chosen)),
        "institution": name,
        "department": department,
        "here": _address(here, **asked),
        "back": _address(here, at=institution_id),
    }
    return show(request, "resident/book_time.html", context, here="appointments")


def _book(request: HttpRequest) -> HttpResponse:
    """The busy one: on a Monday morning everybody does this at once, so it asks for nothing it doesn't need."""
    reader = reader_of(request)
    slot_id = number(request.POST.get("slot", ""))
    if slot_id is None:
        messages.error(request, _("请选一个时间。"))
        return redirect("resident:book", person=reader.person_id)
    try:
        made = appointments.book(slot_id, resident_id=reader.person_id, actor=reader.actor)
    except BookingRefused as refused:
        return _refused(request, refused, back=reverse("resident:book", args=[reader.person_id]))
    messages.success(request, _("预约成功。"))
    return redirect("resident:appointment", person=reader.person_id, pk=made.id)


def _refused(request: HttpRequest, refused: BookingRefused, *, back: str, change: int | None = None) -> HttpResponse:
    """Why not, and what is free instead."""
    instead = refused.alternatives if isinstance(refused, SlotTaken) else ()
    context = {"why": str(refused), "taken": isinstance(refused, SlotTaken), "groups": _groups(instead), "back": back,
               "change": change}  # fmt: skip
    return show(request, "resident/refused.html", context, here="appointments", status=409)


def _institutions(person_id: int, here: str) -> list[Choice]:
    """Where clinics are to be booked, one's own institution first."""
    known = organisation.get_many(appointments.institutions_with_clinics())
    card = residents.card(person_id)
    own = card.managing_institution_id if card else None
    return [
        Choice(one.label, _("管理我的机构") if one.id == own else one.tier_label, _address(here, at=one.id))
        for one in sorted(known.values(), key=lambda one: (one.id != own, one.kind != "lead_hospital", one.label))
    ]


def _address(here: str, **asked: str | int) -> str:
    return f"{here}?{urlencode(asked)}"


def _days(
    slots: Iterable[SlotView], request: HttpRequest, here: str, asked: dict[str, str | int]
) -> tuple[date | None, list[Day]]:
    """The days with free places; the one asked for, or the first."""
    left: dict[date, int] = {}
    for slot in slots:
        on = slot.starts_at.astimezone(clock.ZONE).date()
        left[on] = left.get(on, 0) + slot.left
    wanted = day(request.GET.get("day", ""))
    chosen = wanted if wanted in left else min(left, default=None)
    return chosen, [Day(on, _address(here, **asked, day=on.isoformat()), on == chosen, left[on]) for on in sorted(left)]


def _of_day(slots: Iterable[SlotView], on: date | None) -> list[SlotView]:
    return [slot for slot in slots if slot.starts_at.astimezone(clock.ZONE).date() == on]


def _groups(slots: Iterable[SlotView]) -> list[Group]:
    """Times by doctor and half-day. Places of several pools at one time are one choice: the fullest is taken."""
    best: dict[tuple[int, datetime], SlotView] = {}
    left: dict[tuple[int, datetime], int] = {}
    for slot in slots:
        key = (slot.session_id, slot.starts_at)
        left[key] = left.get(key, 0) + slot.left
        if key not in best or best[key].left < slot.left:
            best[key] = slot
    groups: dict[tuple[bool, str, str], list[SlotView]] = {}
    for key in sorted(best, key=lambda one: (one[1], one[0])):
        slot = replace(best[key], left=left[key])
        who = " ".join(said for said in (slot.doctor, slot.title) if said) or _("普通门诊")
        half = _("上午") if slot.starts_at.astimezone(clock.ZONE).hour < NOON else _("下午")
        groups.setdefault((not slot.expert, who, half), []).append(slot)
    return [Group(f"{who} · {half}", not plain, tuple(of)) for (plain, who, half), of in groups.items()]


NOON = 12
