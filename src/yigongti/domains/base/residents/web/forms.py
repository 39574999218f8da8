"""What the residents pages ask."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.residents.models import DOCUMENTS, IdentifierKind
from yigongti.kernel.ui.forms import Form

SEXES = (("", _("请选择")), ("1", _("男")), ("2", _("女")), ("0", _("未知")))
_NO_HISTORY = {"autocomplete": "off"}


class SearchForm(Form):
    """One box for everything; the year narrows common names."""

    q = forms.CharField(
        label=_("姓名、拼音、首字母或号码"),
        help_text=_("身份证、医保卡、患者编号、电话须输入完整号码。"),
        max_length=100,
        widget=forms.TextInput(attrs={**_NO_HISTORY, "autofocus": True, "type": "search"}),
    )
    year = forms.IntegerField(label=_("出生年份"), required=False, min_value=1890, max_value=2100)


class ScanForm(Form):
    """A hand scanner types the code and ends it with Enter."""

    code = forms.CharField(
        label=_("条码内容"),
        help_text=_("把光标放在这里，用扫码枪扫描；也可以用摄像头。"),
        max_length=400,
        strip=True,
        widget=forms.TextInput(attrs={**_NO_HISTORY, "autofocus": True, "data-scan": "", "spellcheck": "false"}),
    )


class PersonForm(Form):
    """Somebody with papers, or at least a name."""

    name = forms.CharField(label=_("姓名"), max_length=100, widget=forms.TextInput(attrs=_NO_HISTORY))
    sex = forms.ChoiceField(label=_("性别"), choices=SEXES)
    birth_date = forms.DateField(label=_("出生日期"), required=False)
    id_type = forms.ChoiceField(
        label=_("证件类型"), choices=[(kind.value, kind.label) for kind in DOCUMENTS], initial=IdentifierKind.ID_CARD
    )
    id_number = forms.CharField(
        label=_("证件号码"), max_length=40, required=False, widget=forms.TextInput(attrs=_NO_HISTORY)
    )
    phone = forms.CharField(
        label=_("电话"), max_length=40, required=False, widget=forms.TextInput(attrs={**_NO_HISTORY, "type": "tel"})
    )
    card_no = forms.CharField(
        label=_("医保卡号或健康卡号"), max_length=64, required=False, widget=forms.TextInput(attrs=_NO_HISTORY)
    )
    address = forms.CharField(
        label=_("住址"), max_length=300, required=False, widget=forms.TextInput(attrs=_NO_HISTORY)
    )


class NewbornForm(Form):
    """A child without a number of its own."""

    birth_date = forms.DateField(label=_("出生日期"))
    birth_order = forms.IntegerField(
        label=_("当天第几个孩子"),
        help_text=_("单胎填 1；双胞胎先出生的填 1，后出生的填 2。"),
        min_value=1,
        max_value=9,
        initial=1,
    )
    sex = forms.ChoiceField(label=_("性别"), choices=SEXES)
    name = forms.CharField(label=_("姓名"), help_text=_("还没有取名就留空。"), max_length=100, required=False)


class UnknownForm(Form):
    """Somebody who cannot say who they are."""

    sex = forms.ChoiceField(label=_("性别"), choices=SEXES)
    birth_year = forms.IntegerField(label=_("估计的出生年份"), required=False, min_value=1890, max_value=2100)


class ReasonForm(Form):
    """Every decision about a person says why."""

    reason = forms.CharField(
        label=_("理由"),
        help_text=_("例如：核对过身份证；问过本人。"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def why(self) -> str:
        """The reason given."""
        said: dict[str, Any] = self.cleaned_data
        return str(said["reason"])


class VerdictForm(ReasonForm):
    """A reason, and which of the page's buttons was pressed: one of ``verdicts``."""

    def __init__(self, *args: Any, verdicts: Collection[str], **more: Any) -> None:
        super().__init__(*args, **more)
        self.verdicts = verdicts

    @property
    def verdict(self) -> str:
        """The button's value."""
        return str(self.data.get("verdict", ""))

    def clean(self) -> dict[str, Any]:
        """Nothing is decided by a form that doesn't say what."""
        if self.verdict not in self.verdicts:
            raise forms.ValidationError(_("没有说明判定结果。请点选一个按钮。"))
        return self.cleaned_data
