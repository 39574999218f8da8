"""Forms of the appointment pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.care.appointments.models import Kind, ScheduleException, Weekday
from yigongti.kernel import clock
from yigongti.kernel.ui.forms import Form

Choices = list[tuple[Any, Any]]


def _time(label: Any, *, required: bool = True, hint: Any = "") -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=required, widget=widget, help_text=hint)


class ScheduleForm(Form):
    """What can be booked."""

    institution = forms.TypedChoiceField(label=gettext_lazy("机构"), coerce=int)
    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=Kind.choices)
    department = forms.CharField(label=gettext_lazy("科室"), max_length=60)
    doctor = forms.CharField(
        label=gettext_lazy("医生或设备"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("科室门诊不填；几家机构共用的设备写明设备名称"),
    )
    professional_title = forms.CharField(label=gettext_lazy("职称"), max_length=40, required=False)
    expert = forms.BooleanField(
        label=gettext_lazy("专家号"), required=False, help_text=gettext_lazy("一部分号源提前向家庭医生开放")
    )
    location = forms.CharField(label=gettext_lazy("就诊地点"), max_length=120, required=False)
    active = forms.BooleanField(label=gettext_lazy("启用"), required=False, initial=True)

    def __init__(self, *args: Any, institutions: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["institution"].choices = institutions  # type: ignore[attr-defined]


class PatternForm(Form):
    """Weekly hours, for several weekdays at once."""

    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("星期"), choices=Weekday.choices, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    starts = _time(gettext_lazy("开始"))
    ends = _time(gettext_lazy("结束"), hint=gettext_lazy("不晚于开始时间的，算到第二天"))
    slot_minutes = forms.IntegerField(label=gettext_lazy("每个号段（分钟）"), min_value=1, max_value=1440, initial=30)
    quota = forms.IntegerField(label=gettext_lazy("每个号段号数"), min_value=1, max_value=500, initial=5)
    valid_from = forms.DateField(label=gettext_lazy("自哪天起"))
    valid_to = forms.DateField(label=gettext_lazy("到哪天止"), required=False)
    on_days_off = forms.BooleanField(label=gettext_lazy("节假日照常出诊"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_from"].initial = clock.today


class ExceptionForm(Form):
    """A day that is not like the others."""

    day = forms.DateField(label=gettext_lazy("日期"))
    kind = forms.ChoiceField(label=gettext_lazy("变化"), choices=ScheduleException.Kind.choices)
    reason = forms.CharField(
        label=gettext_lazy("原因"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("停诊必须填写，会告诉已预约的人"),
    )
    doctor = forms.CharField(
        label=gettext_lazy("替诊医生"), max_length=60, required=False, help_text=gettext_lazy("替诊必须填写")
    )
    title = forms.CharField(label=gettext_lazy("替诊医生职称"), max_length=40, required=False)
    starts = _time(gettext_lazy("开始"), required=False, hint=gettext_lazy("以下四项加开必须填写"))
    ends = _time(gettext_lazy("结束"), required=False)
    slot_minutes = forms.IntegerField(
        label=gettext_lazy("每个号段（分钟）"), min_value=1, max_value=1440, required=False
    )
    quota = forms.IntegerField(label=gettext_lazy("每个号段号数"), min_value=1, max_value=500, required=False)


class PublishForm(Form):
    """A span of days to publish."""

    since = forms.DateField(label=gettext_lazy("从哪天"))
    until = forms.DateField(label=gettext_lazy("到哪天"))
    as_draft = forms.BooleanField(label=gettext_lazy("先只生成出诊计划，不开放预约"), required=False)


class StopForm(Form):
    """Why a clinic does not take place."""

    reason = forms.CharField(label=gettext_lazy("停诊原因"), max_length=200, help_text=gettext_lazy("会告诉已预约的人"))


class SubstituteForm(Form):
    """Who comes instead."""

    doctor = forms.CharField(label=gettext_lazy("替诊医生"), max_length=60)
    title = forms.CharField(label=gettext_lazy("替诊医生职称"), max_length=40, required=False)


class FindForm(Form):
    """Whom to book for."""

    q = forms.CharField(
        label=gettext_lazy("姓名、拼音或完整号码"), max_length=100, widget=forms.TextInput({"autofocus": True})
    )


class ScanForm(Form):
    """A barcode at the desk: what a hand scanner types, or the camera reads."""

    token = forms.CharField(
        label=gettext_lazy("个人条码"),
        max_length=500,
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True, "data-scan": ""}),
        help_text=gettext_lazy("用扫码枪扫居民出示的条码"),
    )

    def clean_token(self) -> str:
        token = str(self.cleaned_data["token"]).strip()
        if "\x00" in token:
            raise forms.ValidationError(_("条码不完整，请重新扫描。"))
        return token
