"""Sign-in and change of password."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SignInForm(forms.Form):
    username = forms.CharField(
        label=_("用户名"),
        max_length=60,
        widget=forms.TextInput({"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("密码"), widget=forms.PasswordInput({"autocomplete": "current-password"}), strip=False
    )


class ChangePasswordForm(forms.Form):
    old_password = forms.CharField(
        label=_("原密码"),
        widget=forms.PasswordInput({"autocomplete": "current-password", "autofocus": True}),
        strip=False,
    )
    new_password = forms.CharField(
        label=_("新密码"),
        help_text=_("要包含大写字母、小写字母、数字、符号中的至少三种，越长越好。"),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        strip=False,
    )
    new_password_again = forms.CharField(
        label=_("再输一次新密码"), widget=forms.PasswordInput({"autocomplete": "new-password"}), strip=False
    )

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        if values.get("new_password") != values.get("new_password_again"):
            self.add_error("new_password_again", _("两次输入的新密码不一样。"))
        return values
