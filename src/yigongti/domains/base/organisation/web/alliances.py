"""Alliances: the list of a place, one with its members, and the pages that change them."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yigongti.domains.base.organisation import selectors
from yigongti.domains.base.organisation.models import Alliance, AllianceMember
from yigongti.domains.base.organisation.permissions import EDIT, VIEW
from yigongti.domains.base.organisation.services import alliances as services
from yigongti.domains.base.organisation.services.tree import BEFORE_RECORDS, OrganisationRefused
from yigongti.domains.base.organisation.web.forms import AllianceForm, AllianceMemberForm
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Forbidden
from yigongti.kernel.access.web.guard import permission_required


def _may_edit(request: HttpRequest, place: str) -> bool:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    try:
        services.require_edit(actor, place)
    except Forbidden:
        return False
    return True


@permission_required(VIEW)
def alliances(request: HttpRequest) -> HttpResponse:
    """The alliances of the place, each with who leads it and how many take part today."""
    rows = []
    for alliance in Alliance.objects.filter(place=settings.PLACE).select_related("covers").order_by("kind", "name"):
        members = alliance.members.filter(selectors.holds_on(clock.today())).select_related("organisation")
        leads = [str(member.organisation) for member in members if member.lead]
        rows.append({"alliance": alliance, "leads": "、".join(leads), "members": len(members)})
    form = AllianceForm(request.POST or None) if _may_edit(request, settings.PLACE) else None
    if request.method == "POST" and form is not None and form.is_valid():
        actor: Actor = request.actor  # type: ignore[attr-defined]
        try:
            made = services.found(actor=actor, place=settings.PLACE, **form.cleaned_data)
            return HttpResponseRedirect(reverse("organisation:alliance", args=[made.pk]))
        except OrganisationRefused as refused:
            form.add_error(None, str(refused))
    if request.method == "POST" and form is None:
        services.require_edit(request.actor, settings.PLACE)  # type: ignore[attr-defined]
    status = 422 if request.method == "POST" else 200
    return render(request, "organisation/alliances.html", {"rows": rows, "form": form}, status=status)


@permission_required(VIEW)
def alliance(request: HttpRequest, pk: int) -> HttpResponse:
    """One alliance: its members with their periods; a POST lets another one take part."""
    found = get_object_or_404(Alliance.objects.select_related("covers"), pk=pk)
    form = AllianceMemberForm(request.POST or None, place=found.place) if _may_edit(request, found.place) else None
    if request.method == "POST" and form is not None and form.is_valid():
        actor: Actor = request.actor  # type: ignore[attr-defined]
        try:
            services.take_part(
                pk,
                form.cleaned_data["organisation"].pk,
                actor=actor,
                on=form.cleaned_data["starts_on"],
                lead=form.cleaned_data["lead"],
            )
            messages.success(request, _("已保存。"))
            return HttpResponseRedirect(reverse("organisation:alliance", args=[pk]))
        except OrganisationRefused as refused:
            form.add_error(None, str(refused))
    if request.method == "POST" and form is None:
        services.require_edit(request.actor, found.place)  # type: ignore[attr-defined]
    members = found.members.select_related("organisation").order_by("ends_on", "-lead", "starts_on", "pk")
    context = {
        "alliance": found,
        "members": members,
        "form": form,
        "always": BEFORE_RECORDS,
        "today": clock.today(),
    }
    return render(request, "organisation/alliance.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@permission_required(EDIT)
def drop_out(request: HttpRequest, pk: int) -> HttpResponse:
    """A member takes no part from today."""
    member = get_object_or_404(AllianceMember, pk=pk)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    try:
        services.drop_out(pk, actor=actor, on=clock.today())
        messages.success(request, _("已保存。"))
    except OrganisationRefused as refused:
        messages.error(request, str(refused))
    return HttpResponseRedirect(reverse("organisation:alliance", args=[member.alliance_id]))
