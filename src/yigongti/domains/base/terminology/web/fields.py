"""A form field for a code: type a code, Chinese or pinyin initials, choose one of what is found.

Works without scripts: what is typed is then taken if it is a code, or finds exactly one. With htmx on the page
(``vendor/htmx.min.js``) the found codes appear below while typing, as radio buttons of the field's own name.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.terminology.selectors import Coded, find, search

FOUND_AT_MOST = 12


class CodePicker(forms.TextInput):
    """The text box with the place for what is found below it."""

    template_name = "terminology/widgets/code_picker.html"

    def __init__(self, system: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", **(attrs or {})})
        self.system = system

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        chosen = find(self.system, str(value)) if value else None
        context["widget"] |= {"system": self.system, "chosen": chosen}
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        """The radio button chosen below the box, if any; else what stands in the box."""
        values = data.getlist(name) if hasattr(data, "getlist") else [data.get(name, "")]
        texts = [str(value).replace("\x00", "").strip() for value in reversed(values)]
        return next((text for text in texts if text), "")


class CodeField(forms.CharField):
    """A code of one code system that holds today; ``cleaned_data`` has the code as published, or ``""``."""

    default_error_messages = {
        "unknown": _("没有这个编码，请从查到的编码中选一个。"),
        "several": _("查到不止一个编码，请选一个。"),
    }

    def __init__(self, system: str, **kwargs: Any) -> None:
        kwargs.setdefault("widget", CodePicker(system))
        kwargs.setdefault("help_text", _("输入编码、名称或拼音首字母"))
        super().__init__(**kwargs)
        self.system = system

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        if not typed:
            return ""
        exact = find(self.system, typed)
        if exact is not None and exact.active:
            return exact.code
        found: list[Coded] = search(self.system, typed, limit=2)
        if len(found) == 1:
            return found[0].code
        raise ValidationError(self.error_messages["several" if found else "unknown"])
