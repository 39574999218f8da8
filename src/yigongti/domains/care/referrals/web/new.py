"""The new-referral page: for a resident, in a direction; says where the disease belongs, warns of duplicates.

Works without scripts: "查看收治层级" draws the page again with what is known by then. With htmx it is said at once.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.referrals import catalogue, policy, selectors, summary
from yigongti.domains.care.referrals.models import Direction, Reason
from yigongti.domains.care.referrals.permissions import CATALOGUE, SEND
from yigongti.domains.care.referrals.services import routes
from yigongti.domains.care.referrals.services.drafting import Content, Duplicates, ReferralRefused, start
from yigongti.domains.care.referrals.starting import Start, read_start
from yigongti.domains.care.referrals.urgent import READINGS, urgent_criteria
from yigongti.domains.care.referrals.web import asked
from yigongti.domains.care.referrals.web.forms import WHOLE, FindForm, NewForm
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required

KINDS = (
    ("up", gettext_lazy("上转")),
    ("down", gettext_lazy("下转")),
    ("sideways", gettext_lazy("平转")),
    ("outside", gettext_lazy("转往县域外")),
)


@permission_required(SEND)
def new(request: HttpRequest) -> HttpResponse:
    """Start a referral; without a resident, the search for one."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    prefilled = _start(request)
    if prefilled is None:
        return _find(request, actor)
    card = residents.card(residents.whole(prefilled.resident_id) or 0)
    if card is None:
        raise Http404
    context: dict[str, Any] = {"card": card, "tabs": _tabs(request, prefilled)}
    if health_record.relation(actor, card.id) is None:
        return render(request, "referrals/no_relation.html", context, status=403)
    origins = own_institutions(actor)
    if not origins:
        return render(request, "referrals/no_origin.html", context, status=403)
    origin_id = _chosen_origin(request, origins, actor)
    groups = summary.candidates(card.id, actor=actor)
    known: dict[str, Any] = {"kind": prefilled.direction, "origins": origins, "origin_id": origin_id, "groups": groups}
    context["origin"] = dict(origins)[origin_id]
    if request.method != "POST":
        form = NewForm(initial=_initial(prefilled, groups, origin_id), **known)
        return render(request, "referrals/new.html", {**context, **_said(form, prefilled, actor)})
    asks = _asks(request, card.id, origin_id, prefilled)
    form = NewForm(request.POST, asks=asks, **known)
    good = form.is_valid()
    read = form
    if "look" in request.POST:
        form = NewForm(initial=_typed(request), asks=asks, **known)
        return render(request, "referrals/new.html", {**context, **_said(form, prefilled, actor, request, read)})
    if good:
        try:
            case = start(_content(form, card.id), actor=actor, send="send" in request.POST)
        except Duplicates as found:
            form = NewForm(request.POST, asks=asks | {"duplicate_reason"}, **known)
            form.is_valid()
            form.add_error(None, str(found))
        except ReferralRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("转诊单已保存：%(state)s") % {"state": case.state_label})
            return HttpResponseRedirect(case.get_absolute_url())
    return render(
        request, "referrals/new.html", {**context, **_said(form, prefilled, actor, request, read)}, status=422
    )


@permission_required(CATALOGUE)
def belongs(request: HttpRequest) -> HttpResponse:
    """Where the diagnosis that was picked belongs: the piece of the page htmx asks for."""
    values = [v.strip() for v in request.GET.getlist("diagnosis") if v.strip()]
    code = values[-1].replace("\x00", "")[:20] if values else ""
    origin_id = asked.number(request.GET.get("origin", ""))
    tier = organisation.institution_tier(origin_id) if origin_id is not None else ""
    found = catalogue.where_it_belongs(code) if code else None
    context = {"belongs": found, "code": code, "own": found is not None and found.treated_at(tier)}
    return render(request, "referrals/belongs.html", context)


def own_institutions(actor: Actor) -> list[tuple[int, str]]:
    """Where the actor may start a referral: institutions that treat and are members today; the actor's home first."""
    found = organisation.get_many(actor.organisations(SEND))
    today = clock.today()
    fit = [v for v in found.values() if routes.treats(v) and v.exists_on(today) and routes.consortium(v.id, today)]
    fit.sort(key=lambda view: (view.id != actor.home_organisation_id, view.id))
    return [(view.id, view.label) for view in fit]


def _start(request: HttpRequest) -> Start | None:
    """Whom the page is for: a sealed start, or the plain id of a resident."""
    kind = request.GET.get("direction", "")
    if token := request.GET.get("start", ""):
        found = read_start(token)
        if found is None:
            messages.warning(request, _("链接已过期，请重新选择患者。"))
            return None
        kind = kind if kind in dict(KINDS) else found.direction
        return Start(found.resident_id, kind if kind in dict(KINDS) else "up", found.symptoms, found.readings)
    resident_id = asked.number(request.GET.get("resident", ""))
    if resident_id is None:
        return None
    return Start(resident_id, kind if kind in dict(KINDS) else "up")


def _find(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = FindForm(request.POST if "q" in request.POST else None)
    found = residents.search(form.cleaned_data["q"], actor=actor) if form.is_bound and form.is_valid() else None
    context = {"form": form, "found": found, "direction": request.GET.get("direction", "")}
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render(request, "referrals/find.html", context, status=status)


def _tabs(request: HttpRequest, prefilled: Start) -> list[dict[str, Any]]:
    kept = {name: request.GET[name] for name in ("start", "resident") if name in request.GET}
    address = reverse("referrals:new")
    return [
        {
            "label": label,
            "href": f"{address}?{urlencode({**kept, 'direction': kind})}",
            "current": kind == prefilled.direction,
        }
        for kind, label in KINDS
    ]


def _chosen_origin(request: HttpRequest, origins: list[tuple[int, str]], actor: Actor) -> int:
    chosen = asked.number(request.POST.get("origin", ""))
    return chosen if chosen is not None and chosen in dict(origins) else origins[0][0]


def _initial(prefilled: Start, groups: dict[str, list[summary.Item]], origin_id: int) -> dict[str, Any]:
    """Readings and symptoms that were handed over; in the summary, what is from the last twelve months is ticked."""
    since = clock.today().replace(day=1)
    since = date(since.year - 1, since.month, 1)
    ticked = {
        f"summary_{group}": [i.key for i in items if group == "allergy" or i.on >= since.isoformat()]
        for group, items in groups.items()
    }
    criteria = urgent_criteria(**_numbers(prefilled.readings), symptoms=prefilled.symptoms)
    return {
        **ticked, **prefilled.readings, "origin": origin_id, "symptoms": list(prefilled.symptoms),
        "urgent": bool(criteria), "reason": "emergency" if criteria else None,
    }  # fmt: skip


def _typed(request: HttpRequest) -> dict[str, Any]:
    """What stands in the form, to draw it again without complaining about what is not filled in yet."""
    lists = {name for name in request.POST if name.startswith("summary_")} | {"symptoms"}
    typed: dict[str, Any] = {name: request.POST.get(name) for name in request.POST if name not in lists}
    typed |= {name: request.POST.getlist(name) for name in lists}
    typed["diagnosis"] = _diagnosis(request)
    return typed


def _diagnosis(request: HttpRequest) -> str:
    values = [v.replace("\x00", "").strip() for v in reversed(request.POST.getlist("diagnosis"))]
    return next((value for value in values if value), "")[:60]


def _reason(request: HttpRequest) -> str:
    said = request.POST.get("reason", "")
    return said if said in Reason.values else ""


def _asks(request: HttpRequest, resident_id: int, origin_id: int, prefilled: Start) -> frozenset[str]:
    """Reasons that have to be given: for a duplicate; for sending up what is treated here (where policy asks)."""
    asks = set()
    code = _diagnosis(request)
    if code and selectors.duplicates(resident_id, code, _reason(request)):
        asks.add("duplicate_reason")
    origin = organisation.get_many([origin_id]).get(origin_id)
    if origin is not None and prefilled.direction in ("up", "outside") and "urgent" not in request.POST:
        found = catalogue.where_it_belongs(code, place=origin.place) if code else None
        strict = policy.ABOVE_THE_CATALOGUE.at(origin.place).value == "reason"
        if strict and found is not None and found.treated_at(origin.tier):
            asks.add("above_reason")
    return frozenset(asks)


def _said(
    form: NewForm, prefilled: Start, actor: Actor, request: HttpRequest | None = None, read: NewForm | None = None
) -> dict[str, Any]:
    """What the page says beside the form: criteria met, where the disease belongs, what is under way already.

    ``read``: the form as it was read and checked; only what passed there is worked with.
    """
    code = _diagnosis(request) if request else ""
    reason = _reason(request) if request else ""
    origin_id = asked.number(request.POST.get("origin", "")) if request else None
    tier = organisation.institution_tier(origin_id) if origin_id else ""
    found = catalogue.where_it_belongs(code) if code else None
    readings, symptoms = prefilled.readings, prefilled.symptoms
    if read is not None:
        readings, symptoms = _readings(read), tuple(read.cleaned_data.get("symptoms", ()))
    criteria = urgent_criteria(**_numbers(readings), symptoms=symptoms)
    doubled = selectors.duplicates(prefilled.resident_id, code, reason) if code else []
    return {
        "form": form,
        "kind": prefilled.direction,
        "belongs": found,
        "code": code,
        "own": found is not None and found.treated_at(tier) and prefilled.direction == "up",
        "criteria": criteria,
        "duplicates": selectors.warnings(doubled, actor),
    }


def _readings(form: NewForm) -> dict[str, Decimal]:
    """The readings that passed."""
    said = form.cleaned_data
    return {name: Decimal(said[name]) for name, _label, _unit in READINGS if said.get(name) is not None}


def _numbers(readings: Any) -> dict[str, Any]:
    return {name: int(value) if name in WHOLE else value for name, value in readings.items()}


def _content(form: NewForm, resident_id: int) -> Content:
    said = form.cleaned_data
    outside = form.kind == "outside"
    return Content(
        resident_id=resident_id,
        origin_id=int(said["origin"]),
        direction=Direction(form.direction),
        diagnosis_code=said["diagnosis"],
        reason_code=said["reason"],
        receiver_id=None if outside else int(said["receiver"]),
        receiver_name=said.get("receiver_name", ""),
        receiver_region=said.get("receiver_region", ""),
        department=said["department"],
        origin_department=said["origin_department"],
        note=said["note"],
        inpatient=said["inpatient"],
        urgent=said.get("urgent", False),
        symptoms=tuple(said.get("symptoms", ())),
        readings=_readings(form),
        chosen=form.chosen,
        allergies=said["allergies"],
        above_reason=said.get("above_reason", ""),
        duplicate_reason=said.get("duplicate_reason", ""),
        care_plan=said.get("care_plan", ""),
        medicines=said.get("medicines", ""),
        next_checks=said.get("next_checks", ""),
        next_check_on=said.get("next_check_on"),
    )
