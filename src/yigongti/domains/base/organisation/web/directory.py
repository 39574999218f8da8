"""The tree, the institution page, and the pages that change them."""

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import row_history, selectors
from yigongti.domains.base.organisation.directory import OrganisationView
from yigongti.domains.base.organisation.models import (
    HEALTH_KINDS,
    AllianceMember,
    Kind,
    Leadership,
    Membership,
    Organisation,
)
from yigongti.domains.base.organisation.permissions import APPLY, EDIT, KEEP_DOCUMENTS, VIEW, VIEW_CASES
from yigongti.domains.base.organisation.services import tree as services
from yigongti.domains.base.organisation.services.tree import BEFORE_RECORDS, OrganisationRefused
from yigongti.domains.base.organisation.web.forms import EditForm, EnterForm, MoveForm, new_key
from yigongti.domains.base.organisation.web.tree import drawn
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.policy import api as policy
from yigongti.kernel.ui.cases import Entry


def day_asked(request: HttpRequest) -> date:
    """The day the reader asks about; today when none or nonsense is given."""
    try:
        return date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return clock.today()


@permission_required(VIEW)
def tree(request: HttpRequest) -> HttpResponse:
    """The whole tree of a place on a day, with counts, and what a search finds."""
    on = day_asked(request)
    known = selectors.places()
    place = request.GET.get("place", "")
    if place not in known:
        place = settings.PLACE
    q = request.GET.get("q", "").strip()
    found = selectors.search(q, place=place, on=on, limit=50) if q else []
    plan = policy.organisations(place)
    return render(
        request,
        "organisation/tree.html",
        {
            "on": on,
            "today": clock.today(),
            "place": place,
            "places": [(one, policy.place(one)) for one in known] if len(known) > 1 else [],
            "drawn": drawn(place, on),
            "q": q,
            "found": [(view, selectors.path(view.id, on)[:-1]) for view in found],
            "unnamed": plan.unnamed if plan else (),
            "plan": plan,
        },
    )


@permission_required(VIEW)
def organisation(request: HttpRequest, pk: int) -> HttpResponse:
    """One organisation on a day: who it is, where it stood when, what stands below it, alliances, documents, cases."""
    row = get_object_or_404(Organisation, pk=pk)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    on = day_asked(request)
    view = selectors.get(pk, on)
    below = _children(pk, on)
    led_ids = _leads(pk, on)
    others = selectors.get_many([*view.led_by, *led_ids], on)
    joined = selectors.group_of(pk, on) if view.is_institution else None
    cases = []
    if actor.may(VIEW_CASES):
        cases = [
            *selectors.joinings(actor).filter(applicant_id=pk).order_by("-opened_at"),
            *selectors.leavings(actor).filter(applicant_id=pk).order_by("-opened_at"),
        ]
    return render(
        request,
        "organisation/organisation.html",
        {
            "row": row,
            "view": view,
            "on": on,
            "today": clock.today(),
            "path": selectors.path(pk, on),
            "names": row.names.exclude(name__in=(row.name, row.short_name)).order_by("use", "pk"),
            "identifiers": row.identifiers.order_by("system"),
            "tiers": row.tiers.order_by("-starts_on"),
            "unconfirmed": view.tier_evidence.startswith("R-"),
            "document": _document(row),
            "memberships": Membership.objects.filter(organisation=row).select_related("parent").order_by("-starts_on"),
            "always": BEFORE_RECORDS,
            "leads": [others[one] for one in view.led_by],
            "led": [others[one] for one in led_ids],
            "members": [one for one in below if one.kind != Kind.DEPARTMENT],
            "departments": [one for one in below if one.kind == Kind.DEPARTMENT],
            "alliances": AllianceMember.objects.filter(selectors.holds_on(on), organisation=row)
            .select_related("alliance")
            .order_by("alliance__name"),
            "documents": row.documents.order_by("kind", "title"),
            "cases": cases,
            "may_edit": actor.may(EDIT, pk),
            "may_enter": actor.may(EDIT, pk) and bool(EnterForm.kinds_under(row)),
            "may_keep_documents": actor.may(KEEP_DOCUMENTS, pk),
            "may_join": view.kind in HEALTH_KINDS and joined is None and actor.may(APPLY, pk),
            "may_leave": joined is not None and actor.may(APPLY, pk),
        },
    )


def _children(pk: int, on: date) -> list[OrganisationView]:
    below = Membership.objects.filter(selectors.holds_on(on), parent_id=pk)
    order = {kind: place for place, kind in enumerate(Kind.values)}
    found = selectors.get_many(below.values_list("organisation_id", flat=True), on)
    return sorted(found.values(), key=lambda view: (order[view.kind], view.id))


def _leads(pk: int, on: date) -> list[int]:
    rows = Leadership.objects.filter(selectors.holds_on(on), hospital_id=pk)
    return list(rows.order_by("group_id").values_list("group_id", flat=True))


def _document(row: Organisation) -> policy.Document | None:
    """The plan that names an organisation."""
    try:
        return next((one for one in policy.documents(row.place) if one.key == row.document), None)
    except (KeyError, policy.PolicyErrors):
        return None


@permission_required(VIEW)
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """What was changed in an organisation's rows, when and by whom."""
    row = get_object_or_404(Organisation, pk=pk)
    entries = [
        Entry(
            title=change.what,
            tag=change.change,
            at=change.at,
            who=change.who,
            detail="\n".join(change.fields),
        )
        for change in row_history.changes(pk)
    ]
    return render(request, "organisation/history.html", {"row": row, "entries": entries})


@permission_required(EDIT)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an organisation's particulars."""
    row = get_object_or_404(Organisation, pk=pk)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    actor.require(EDIT, pk)
    form = EditForm.of(row, request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid() and _edited(request, form, row, actor):
            return HttpResponseRedirect(reverse("organisation:organisation", args=[pk]))
        status = 422
    return render(request, "organisation/edit.html", {"row": row, "form": form}, status=status)


def _edited(request: HttpRequest, form: EditForm, row: Organisation, actor: Actor) -> bool:
    try:
        changed = services.edit(row.pk, actor=actor, **form.particulars())
    except OrganisationRefused as refused:
        form.add_error(None, str(refused))
        return False
    messages.success(request, _("已保存。") if changed else _("没有改动。"))
    return True


@permission_required(EDIT)
def enter(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a new organisation directly under this one."""
    parent = get_object_or_404(Organisation, pk=pk)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    actor.require(EDIT, pk)
    if not EnterForm.kinds_under(parent):
        raise Http404
    form = EnterForm(request.POST or None, parent=parent)
    status = 200
    if request.method == "POST":
        made = _entered(form, parent, actor) if form.is_valid() else None
        if made:
            messages.success(request, _("已登记“%(name)s”。") % {"name": made.name})
            return HttpResponseRedirect(reverse("organisation:organisation", args=[made.pk]))
        status = 422
    return render(request, "organisation/enter.html", {"parent": parent, "form": form}, status=status)


def _entered(form: EnterForm, parent: Organisation, actor: Actor) -> Organisation | None:
    values: dict[str, Any] = dict(form.cleaned_data)
    try:
        return services.enter(
            actor=actor,
            place=parent.place,
            key=values.pop("key") or new_key(parent.place, values["name"]),
            parent_id=parent.pk,
            **values,
        )
    except OrganisationRefused as refused:
        form.add_error(None, str(refused))
        return None


@permission_required(EDIT)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Put an organisation under another parent of the same area from a day."""
    row = get_object_or_404(Organisation, pk=pk)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    actor.require(EDIT, pk)
    form = MoveForm(request.POST or None, row=row)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            given = form.cleaned_data
            try:
                services.move(pk, given["parent"].pk, on=given["on"], actor=actor, reason=given["reason"])
                messages.success(request, _("已保存。"))
                return HttpResponseRedirect(reverse("organisation:organisation", args=[pk]))
            except OrganisationRefused as refused:
                form.add_error(None, str(refused))
        status = 422
    return render(request, "organisation/move.html", {"row": row, "form": form}, status=status)
