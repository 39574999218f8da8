"""Who acts for a resident and for whom he acts: the relations, recording one by a consent, ending one."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents.guardians import Acting, past
from yigongti.domains.base.residents.models import Guardianship
from yigongti.domains.base.residents.permissions import GUARDIANSHIP
from yigongti.domains.base.residents.selectors import Card, card
from yigongti.domains.base.residents.services.guardianship import (
    NotPossible,
    end_guardianship,
    person_with,
    record_guardianship,
    require_concern,
)
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit.api import record
from yigongti.kernel.ui.forms import Form

_NO_HISTORY = {"autocomplete": "off"}


class GuardianshipForm(Form):
    """Who is to act, named by the papers in hand, and how consent was given."""

    name = forms.CharField(label=gettext_lazy("代办人姓名"), max_length=100, widget=forms.TextInput(attrs=_NO_HISTORY))
    number = forms.CharField(
        label=gettext_lazy("代办人证件号码或医保卡号"),
        help_text=gettext_lazy("按代办人出示的证件填写。姓名和号码须与登记的一致。"),
        max_length=64,
        widget=forms.TextInput(attrs=_NO_HISTORY),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("这位居民是"), choices=Guardianship.Kind.choices, widget=forms.RadioSelect
    )
    consent = forms.ChoiceField(
        label=gettext_lazy("同意方式"),
        choices=Guardianship.Consent.choices,
        help_text=gettext_lazy(
            "健康信息须单独同意（个人信息保护法第二十九条）；不满 14 周岁由父母或其他监护人同意（第三十一条）。"
        ),
        widget=forms.RadioSelect,
    )
    consent_no = forms.CharField(
        label=gettext_lazy("同意书或证明的编号"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs=_NO_HISTORY),
    )
    ends_on = forms.DateField(
        label=gettext_lazy("结束日期"),
        required=False,
        help_text=gettext_lazy("不填则一直有效，随时可以取消；未成年人到 18 周岁自动结束。"),
    )


class EndForm(Form):
    """Why a relation ends."""

    reason = forms.CharField(label=gettext_lazy("结束原因"), max_length=200)


@permission_required(GUARDIANSHIP)
def relations(request: HttpRequest, pk: int) -> HttpResponse:
    """All relations of a resident, present and past."""
    shown = _resident(request, pk)
    acts_for, acted_for_by = past(shown.id)
    record(
        actor=request.actor,  # type: ignore[attr-defined]
        act="residents.view_guardianship",
        subject=f"resident:{shown.id}",
        resident_id=shown.id,
    )
    return render(
        request,
        "residents/guardianship.html",
        {
            "card": shown,
            "guardians": _lines(acted_for_by),
            "wards": _lines(acts_for),
        },
    )


@permission_required(GUARDIANSHIP)
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that somebody acts for this resident."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    shown = _resident(request, pk)
    form = GuardianshipForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        guardian = person_with(said["number"], said["name"], actor=actor)
        if guardian is None:
            form.add_error("number", _("没有找到姓名和号码都相符的居民。请核对，或先为代办人登记。"))
        else:
            try:
                record_guardianship(
                    guardian_id=guardian,
                    ward_id=shown.id,
                    kind=said["kind"],
                    consent=said["consent"],
                    consent_no=said["consent_no"],
                    ends_on=said["ends_on"],
                    actor=actor,
                )
            except NotPossible as refused:
                form.add_error(refused.field if refused.field in form.fields else None, str(refused))
            else:
                messages.success(request, _("已登记代办关系。双方会收到通知。"))
                return redirect("residents:guardianship", pk=shown.id)
    status = 422 if form.errors else 200
    return render(request, "residents/new_guardianship.html", {"card": shown, "form": form}, status=status)


@permission_required(GUARDIANSHIP)
def end(request: HttpRequest, pk: int, guardianship_id: int) -> HttpResponse:
    """End a relation as of today."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    shown = _resident(request, pk)
    acts_for, acted_for_by = past(shown.id)
    about = next((one for one in (*acts_for, *acted_for_by) if one.id == guardianship_id), None)
    if about is None:
        raise NotVisible
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            end_guardianship(guardianship_id, reason=form.cleaned_data["reason"], actor=actor)
        except NotPossible as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("代办关系已结束，即刻生效。"))
            return redirect("residents:guardianship", pk=shown.id)
    status = 422 if form.errors else 200
    return render(
        request, "residents/end_guardianship.html", {"card": shown, "about": about, "form": form}, status=status
    )


def _resident(request: HttpRequest, pk: int) -> Card:
    """The standing entry of somebody who concerns the actor. Raises NotVisible."""
    entries = require_concern(pk, actor=request.actor)  # type: ignore[attr-defined]
    shown = card(entries[0])
    if shown is None:
        raise NotVisible
    return shown


def _lines(found: list[Acting]) -> list[dict[str, object]]:
    today = clock.today()
    places = organisation.names({one.institution_id for one in found if one.institution_id})
    return [
        {
            "one": one,
            "where": places.get(one.institution_id or 0, ""),
            "holds": one.starts_on <= today and (one.ends_on is None or one.ends_on > today),
            "to_come": one.starts_on > today,
        }
        for one in found
    ]
