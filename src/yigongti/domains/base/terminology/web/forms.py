"""The form that brings in an edition."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.ui.forms import Form


class ImportForm(Form):
    """A file of codes, its version and the days it holds."""

    file = forms.FileField(label=_("文件"), help_text=_("CSV 或 XLSX，至少有“编码”和“名称”两列"))
    version = forms.CharField(label=_("版本"), max_length=60, help_text=_("按发布单位的叫法，例如 2.0"))
    starts_on = forms.DateField(label=_("启用日期"))
    ends_on = forms.DateField(label=_("停用日期"), required=False, help_text=_("不再有效的第一天；仍然有效的留空"))
    partial = forms.BooleanField(
        label=_("只是其中一部分编码"), required=False, help_text=_("有完整版本有效时，以完整版本为准")
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts_on and ends_on and ends_on <= starts_on:
            self.add_error("ends_on", _("停用日期不晚于启用日期。"))
        return cleaned
