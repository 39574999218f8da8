"""The forms of prices: a new adjustment, quantities."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.ui.forms import Form


class AdjustmentForm(Form):
    """A price list from a file, with the document that sets it."""

    name = forms.CharField(label=_("方案名称"), max_length=120)
    document = forms.CharField(label=_("依据文件"), max_length=200)
    clause = forms.CharField(label=_("条款"), max_length=80, required=False)
    starts_on = forms.DateField(
        label=_("从哪一天起执行"), help_text=_("要在今天以后；第一次录入价格表时可以早于今天。")
    )
    file = forms.FileField(
        label=_("价格表（CSV 或 Excel）"), widget=forms.ClearableFileInput({"accept": ".csv,.xlsx"}),
    )  # fmt: skip

    def clean_starts_on(self) -> date:
        """A day that makes sense. Raises ValidationError."""
        day: date = self.cleaned_data["starts_on"]
        if not date(2000, 1, 1) <= day <= date(2100, 12, 31):
            raise forms.ValidationError(_("日期不对。"))
        return day


class RevisionForm(AdjustmentForm):
    """A draft corrected: its head, and further lines from a file if need be."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        file = self.fields["file"]
        file.required, file.label = False, _("补充或更正的价格（CSV 或 Excel）")
        file.help_text = _("文件里的行加进方案，或者代替方案里同一项目同一等级的行。")


class UsageForm(Form):
    """Quantities by institution and item, from a file."""

    file = forms.FileField(label=_("服务量（CSV 或 Excel）"), widget=forms.ClearableFileInput({"accept": ".csv,.xlsx"}))
