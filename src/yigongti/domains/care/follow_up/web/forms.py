"""What is asked at a follow-up: bounds that a slip of the finger breaks, and nothing unknown at the bedside."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.terminology import api as terminology
from yigongti.domains.care.follow_up.services.keeping import Visit
from yigongti.domains.care.referrals import api as referrals
from yigongti.kernel import clock
from yigongti.kernel.ui.forms import Form

ADHERENCE = (("regular", gettext_lazy("规律")), ("sometimes", gettext_lazy("间断")), ("none", gettext_lazy("不服药")))
LONGEST_AHEAD = timedelta(days=366)


def _number(label: Any, low: str, high: str, unit: Any, step: str) -> forms.DecimalField:
    widget = forms.NumberInput({"step": step, "inputmode": "decimal", "min": low, "max": high})
    return forms.DecimalField(
        label=label, required=False, min_value=Decimal(low), max_value=Decimal(high), help_text=unit, widget=widget
    )


class VisitForm(Form):
    """A follow-up visit, or a measuring in between."""

    systolic = _number(gettext_lazy("收缩压"), "40", "300", "mmHg", "1")
    diastolic = _number(gettext_lazy("舒张压"), "20", "200", "mmHg", "1")
    glucose = _number(gettext_lazy("空腹血糖"), "0.5", "50", "mmol/L", "0.1")
    pulse = _number(gettext_lazy("心率"), "20", "250", gettext_lazy("次/分"), "1")
    temperature = _number(gettext_lazy("体温"), "30", "45", "℃", "0.1")
    symptoms = forms.MultipleChoiceField(
        label=gettext_lazy("症状"), required=False, widget=forms.CheckboxSelectMultiple
    )
    adherence = forms.ChoiceField(label=gettext_lazy("服药情况"), required=False, choices=(("", "—"), *ADHERENCE))
    way = forms.ChoiceField(label=gettext_lazy("随访方式"))
    note = forms.CharField(
        label=gettext_lazy("情况和处理"), required=False, max_length=1000, widget=forms.Textarea({"rows": 3})
    )
    next_on = forms.DateField(label=gettext_lazy("下次随访日期"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["symptoms"].choices = referrals.SYMPTOMS  # type: ignore[attr-defined]
        self.fields["way"].choices = ways()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        high, low = said.get("systolic"), said.get("diastolic")
        if (high is None) != (low is None) and not {"systolic", "diastolic"} & self.errors.keys():
            self.add_error("diastolic" if low is None else "systolic", _("收缩压和舒张压要一起填。"))
        elif high is not None and low is not None and high <= low:
            self.add_error("systolic", _("收缩压应高于舒张压。"))
        on = said.get("next_on")
        if on is not None and not clock.today() < on <= clock.today() + LONGEST_AHEAD:
            self.add_error("next_on", _("请填写明天起一年以内的日期。"))
        return said

    def visit(self) -> Visit:
        """What was found. Call when the form is valid."""
        said = self.cleaned_data
        return Visit(
            way=said["way"],
            at=clock.now(),
            systolic=said["systolic"],
            diastolic=said["diastolic"],
            glucose=said["glucose"],
            pulse=said["pulse"],
            temperature=said["temperature"],
            symptoms=tuple(said["symptoms"]),
            adherence=said["adherence"],
            note=said["note"],
            next_on=said["next_on"],
        )


def ways() -> list[tuple[str, str]]:
    """How somebody may be followed up (CV follow_up_way), in the language of the page."""
    return terminology.choices("follow_up_way")
