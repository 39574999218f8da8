"""The record of a resident: the timeline, who looked at it, and the way in for an emergency."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yigongti.domains.base.health_record import selectors
from yigongti.domains.base.health_record.permissions import VIEW
from yigongti.domains.base.health_record.relations import NoRelation
from yigongti.domains.base.health_record.selectors import Filters, Timeline
from yigongti.domains.base.health_record.services.break_glass import break_glass
from yigongti.domains.base.health_record.web.entries import body
from yigongti.domains.base.health_record.web.forms import BreakGlassForm, FilterForm
from yigongti.domains.base.residents import api as residents
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit import api as audit
from yigongti.kernel.ui import words
from yigongti.kernel.ui.shell import organisation_name


@permission_required(VIEW)
def record(request: HttpRequest, resident_id: int) -> HttpResponse:
    """The timeline; for somebody without a relation, the question why it has to be opened."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = _filter_form(request)
    asked = _filters(form)
    try:
        found = selectors.timeline(resident_id, actor=actor, filters=asked, offset=_offset(request.GET.get("from", "")))
    except NoRelation:
        return _closed(request, resident_id, BreakGlassForm(), status=403)
    return render(
        request,
        "health_record/record.html",
        {
            **_header(found.entries),
            "actions": _actions(actor, found.entries[0]),
            "on_timeline": True,
            "timeline": found,
            "days": [(day.on, body(day)) for day in found.days],
            "filters": _offering(form, found),
            "narrowed": asked != Filters(),
        },
    )


@permission_required(VIEW)
def looked(request: HttpRequest, resident_id: int) -> HttpResponse:
    """Everyone who looked at the record or opened it in an emergency, newest first."""
    try:
        looks = selectors.looks(resident_id, actor=request.actor)  # type: ignore[attr-defined]
    except NoRelation:
        return _closed(request, resident_id, BreakGlassForm(), status=403)
    return render(
        request,
        "health_record/looked.html",
        {**_header(residents.cluster(resident_id)), "on_looked": True, "looks": looks},
    )


@permission_required(VIEW)
@require_POST
def open_record(request: HttpRequest, resident_id: int) -> HttpResponse:
    """Open the record for the hours policy allows, with the reason given."""
    form = BreakGlassForm(request.POST)
    if not form.is_valid():
        return _closed(request, resident_id, form, status=422)
    opening = break_glass(request.actor, resident_id, form.cleaned_data["reason"])  # type: ignore[attr-defined]
    until = words.moment(opening.expires_at)
    messages.warning(request, _("档案已紧急打开，有效至 %(until)s。此次查阅已记录。") % {"until": until})
    return redirect("health_record:record", resident_id=resident_id)


def _closed(request: HttpRequest, resident_id: int, form: BreakGlassForm, *, status: int) -> HttpResponse:
    card = residents.card(resident_id)
    if card is None:
        raise Http404
    if status == 403:
        audit.record(
            actor=request.actor,  # type: ignore[attr-defined]
            act="health_record.read",
            subject=f"resident:{resident_id}",
            resident_id=resident_id,
            outcome="refused",
        )
    actions = _actions(request.actor, card.id)  # type: ignore[attr-defined]
    return render(request, "health_record/closed.html", {"card": card, "form": form, "actions": actions}, status=status)


def _actions(actor: Actor, resident_id: int) -> list[dict[str, Any]]:
    """What may be begun for the resident from here."""
    return [
        {"label": one.label, "href": one.address(resident_id), "icon": one.icon} for one in residents.actions_for(actor)
    ]


def _header(entries: tuple[int, ...]) -> dict[str, Any]:
    """Who the record is about: the entry that stands for the person, with the numbers of all."""
    person = residents.identity(entries)
    if person is None:
        raise Http404
    return {
        "card": person.card,
        "managing": organisation_name(person.card.managing_institution_id),
        "numbers": person.numbers,
        "phones": person.phones,
    }


def _offset(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def _filter_form(request: HttpRequest) -> FilterForm:
    """The filters of the address, taking any kind and any place: what there is to choose from is not known yet."""
    form = FilterForm(request.GET)
    for name in ("kind", "institution"):
        said = request.GET.get(name, "")
        form.fields[name].choices = [(said, said)]  # type: ignore[attr-defined]
    return form


def _filters(form: FilterForm) -> Filters:
    """What the address asks for; what makes no sense is passed over."""
    form.is_valid()
    said = form.cleaned_data
    return Filters(
        kinds=(said["kind"],) if said.get("kind") else (),
        institution=said.get("institution", ""),
        since=said.get("since"),
        until=said.get("until"),
        text=said.get("q", ""),
    )


def _offering(form: FilterForm, found: Timeline) -> FilterForm:
    """The same form, offering what is in the record; what else was asked for is said to be wrong."""
    for name, options in (("kind", found.kinds), ("institution", found.institutions)):
        form.fields[name].choices = [  # type: ignore[attr-defined]
            ("", _("全部")),
            *((option.value, f"{option.label}（{option.count}）") for option in options),
        ]
    form.full_clean()
    return form
