"""The coder's page: a case that is still open, its group, its payment, and what the documentation may have left out."""

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.health_record.api import NoRelation
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.drg.catalogue import scheme_in_force
from yigongti.domains.money.drg.formulas import Bill
from yigongti.domains.money.drg.grouping.case import Case
from yigongti.domains.money.drg.grouping.reasons import STATUS_WORDS
from yigongti.domains.money.drg.opening import Stay, newest_stay
from yigongti.domains.money.drg.permissions import TRY
from yigongti.domains.money.drg.trying import attempt
from yigongti.domains.money.drg.web.asked import number as asked_number
from yigongti.domains.money.drg.web.cases import STATUS_TAGS
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.money import fen
from yigongti.kernel.policy.api import PolicyGap
from yigongti.kernel.ui.forms import Form

LONGEST = 2000


class CaseForm(Form):
    """Codes and figures only: no name, no number of a person."""

    sex = forms.ChoiceField(label=_("性别"), choices=[("1", _("男")), ("2", _("女"))])
    age_years = forms.IntegerField(label=_("年龄（岁）"), min_value=0, max_value=150)
    age_days = forms.IntegerField(label=_("日龄（不满1岁填）"), min_value=0, max_value=366, required=False)
    birth_weight_g = forms.IntegerField(
        label=_("出生体重（克，28天内填）"), min_value=1, max_value=20_000, required=False
    )
    principal_diagnosis = forms.CharField(label=_("主要诊断编码"), max_length=40)
    other_diagnoses = forms.CharField(
        label=_("其他诊断编码"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": "3"}),
        help_text=_("一行一个，或用|、逗号隔开"),
    )
    procedures = forms.CharField(
        label=_("手术操作编码"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": "2"}),
        help_text=_("主要手术操作写在最前"),
    )
    insurance_kind = forms.ChoiceField(label=_("参保类型"), choices=[("02", _("居民医保")), ("01", _("职工医保"))])
    total_yuan = forms.DecimalField(
        label=_("目前总费用（元）"), min_value=0, max_value=10_000_000, decimal_places=2, required=False
    )
    patient_yuan = forms.DecimalField(
        label=_("其中个人负担（元）"), min_value=0, max_value=10_000_000, decimal_places=2, required=False
    )
    stay_days = forms.IntegerField(label=_("已住院天数"), min_value=1, max_value=3000, required=False)

    def case(self) -> Case:
        """The case as entered."""
        given = self.cleaned_data
        return Case(
            sex=given["sex"],
            age_years=given["age_years"],
            age_days=given["age_days"],
            birth_weight_g=given["birth_weight_g"],
            principal_diagnosis=given["principal_diagnosis"],
            other_diagnoses=_split(given["other_diagnoses"]),
            procedures=_split(given["procedures"]),
        )

    def bill(self) -> Bill | None:
        """What it cost up to now; None when that was left out."""
        given = self.cleaned_data
        if given["total_yuan"] is None:
            return None
        return Bill(fen(given["total_yuan"]), fen(given["patient_yuan"] or 0), given["stay_days"] or 1)


def _split(text: str) -> list[str]:
    for sign in ("\r", "\n", ",", "，", "、", ";", "；", " "):
        text = text.replace(sign, "|")
    return text.split("|")


def _stay(request: HttpRequest, actor: Actor) -> tuple[Stay | None, str]:
    """The stay of a resident named in the address, or why there is none to open."""
    resident_id = asked_number(request.GET.get("resident", ""))
    if resident_id is None:
        return None, ""
    try:
        found = newest_stay(resident_id, actor=actor)
    except NoRelation:
        return None, gettext("您与这位居民没有诊疗关系，不能打开其住院记录。")
    return found, "" if found else gettext("最近半年没有本机构的住院记录。")


@permission_required(TRY)
def page(request: HttpRequest) -> HttpResponse:
    """Nothing entered here is kept."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    asked = "principal_diagnosis" in request.GET
    stay, not_opened = (None, "") if asked else _stay(request, actor)
    form = CaseForm(request.GET if asked else None, initial=stay.fields if stay else {"sex": "1"})
    today = clock.today()
    scheme = scheme_in_force(settings.PLACE, today)
    home = actor.home_organisation_id
    tier = organisation.institution_tier(home, today) if home else ""
    tried, gap, status, wrong = None, "", 200, asked and not form.is_valid()
    if asked and not wrong and scheme is not None:
        try:
            tried = attempt(
                form.case(),
                form.bill(),
                scheme,
                place=settings.PLACE,
                on=today,
                tier=tier,
                insurance_kind=form.cleaned_data["insurance_kind"],
                institution_id=home,
            )
        except PolicyGap as missing:
            gap = str(missing)
    if wrong:
        status = 422
    context = {
        "form": form,
        "scheme": scheme,
        "tried": tried,
        "stay": stay,
        "not_opened": not_opened,
        "gap": gap,
        "status": STATUS_WORDS[tried.grouped.status] if tried else "",
        "status_tag": STATUS_TAGS[tried.grouped.status] if tried else "",
    }
    return render(request, "drg/try.html", context, status=status)
