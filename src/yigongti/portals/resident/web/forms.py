"""What the residents' sign-in asks. Numbers are posted, and no browser keeps them."""

from django import forms
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.ui.forms import Form

SHORTEST, LONGEST = 6, 40


class NumberForm(Form):
    """The number that names somebody."""

    number = forms.CharField(
        label=_("身份证号、医保卡号或手机号"),
        help_text=_("用您在医院或卫生院登记过的号码。"),
        min_length=SHORTEST,
        max_length=LONGEST,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autofocus": True, "spellcheck": "false", "autocapitalize": "off"}
        ),
    )


class CodeForm(Form):
    """The code that came by text."""

    code = forms.CharField(
        label=_("短信验证码"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "spellcheck": "false"}
        ),
    )
