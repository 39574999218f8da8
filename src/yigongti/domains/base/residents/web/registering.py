"""Entering one person: with papers, a newborn under its mother, somebody unknown."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from yigongti.domains.base.residents.matching import MatchResult, Person
from yigongti.domains.base.residents.permissions import REGISTER
from yigongti.domains.base.residents.selectors import Card, card, institution_names, whole
from yigongti.domains.base.residents.services.registering import (
    NotRegistered,
    register,
    register_newborn,
    register_unknown,
)
from yigongti.domains.base.residents.web.forms import NewbornForm, PersonForm, UnknownForm
from yigongti.kernel.access.api import NotVisible
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ui.forms import Form


@permission_required(REGISTER)
def person(request: HttpRequest) -> HttpResponse:
    """Enter a person; who is, or may be, known already is shown first."""
    if request.method != "POST":
        return render(request, "residents/register.html", {"form": PersonForm()})
    form = PersonForm(request.POST)
    if not form.is_valid():
        return render(request, "residents/register.html", {"form": form}, status=422)
    said = Person(**{name: value or None for name, value in form.cleaned_data.items()})
    try:
        done = register(said, actor=request.actor, although_alike="although" in request.POST)  # type: ignore[attr-defined]
    except NotRegistered as refused:
        return _refused(request, "residents/register.html", form, refused)
    if done.resident_id is None:
        return render(request, "residents/register.html", {"form": form, **_known(done.match)})
    return _done(request, done.resident_id)


@permission_required(REGISTER)
def newborn(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a newborn under its mother."""
    mother = card(whole(pk) or pk)
    if mother is None:
        raise NotVisible
    form = NewbornForm(request.POST or None)
    if request.method != "POST":
        return render(request, "residents/newborn.html", {"form": NewbornForm(), "mother": mother})
    if not form.is_valid():
        return render(request, "residents/newborn.html", {"form": form, "mother": mother}, status=422)
    said = form.cleaned_data
    try:
        child = register_newborn(
            mother.id,
            said["birth_date"],
            said["birth_order"],
            sex=said["sex"],
            name=said["name"],
            actor=request.actor,  # type: ignore[attr-defined]
        )
    except NotRegistered as refused:
        return _refused(request, "residents/newborn.html", form, refused, mother=mother)
    return _done(request, child)


@permission_required(REGISTER)
def unknown(request: HttpRequest) -> HttpResponse:
    """Enter somebody who cannot say who they are."""
    if request.method != "POST":
        return render(request, "residents/unknown.html", {"form": UnknownForm()})
    form = UnknownForm(request.POST)
    if not form.is_valid():
        return render(request, "residents/unknown.html", {"form": form}, status=422)
    said = form.cleaned_data
    try:
        made = register_unknown(sex=said["sex"], birth_year=said["birth_year"], actor=request.actor)  # type: ignore[attr-defined]
    except NotRegistered as refused:
        return _refused(request, "residents/unknown.html", form, refused)
    return _done(request, made)


def _known(match: MatchResult) -> dict[str, object]:
    known = card(match.resident_id) if match.resident_id is not None else None
    shown: list[Card] = [known] if known else []
    return {"match": match, "known": known, "institutions": institution_names(shown)}


def _refused(
    request: HttpRequest, template: str, form: Form, refused: NotRegistered, **context: object
) -> HttpResponse:
    form.add_error(refused.column if refused.column in form.fields else None, str(refused))
    return render(request, template, {"form": form, **context}, status=422)


def _done(request: HttpRequest, resident_id: int) -> HttpResponse:
    shown = card(resident_id)
    if shown is not None:
        called = shown.temporary_no or shown.name
        messages.success(request, _("已登记：%(who)s。") % {"who": called})
    return redirect("residents:barcode", pk=resident_id)
