"""Forms as the platform draws them: native date pickers, errors tied to their fields, every field by ``<c-field>``."""

from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates, TemplatesSetting
from django.utils.translation import gettext as _

from yigongti.kernel.ui.widgets import DRAWN

__all__ = ["Form", "MultipleFileField", "Renderer"]


class Renderer(TemplatesSetting):
    """``{{ field.as_field_group }}`` and ``{{ form }}`` go through the field component; widgets stay Django's own."""

    form_template_name = "ui/form.html"
    field_template_name = "ui/field.html"

    def render(self, template_name: str, context: Any, request: Any = None) -> str:
        draw = DRAWN.get(template_name)
        return draw(context["widget"]) if draw else str(super().render(template_name, context, request))

    def get_template(self, template_name: str) -> Any:
        if template_name.startswith("django/"):
            return _widgets.get_template(template_name)
        return super().get_template(template_name)


_widgets = DjangoTemplates()


class Form(forms.Form):
    """A form without colons after labels, drawn by the platform's components."""

    default_renderer = Renderer()
    error_css_class = "field--error"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            _dress(field)

    def add(self, name: str, field: forms.Field) -> None:
        """Add a field that is known only at run time."""
        _dress(field)
        self.fields[name] = field


def _dress(field: forms.Field) -> None:
    """The browser's own pickers and keyboards for dates, moments and numbers; errors that name what is missing."""
    if field.required and field.label:
        field.error_messages["required"] = _("请填写“%(label)s”。") % {"label": field.label}
    widget = field.widget
    if isinstance(field, forms.DateField) and isinstance(widget, forms.DateInput):
        widget.input_type, widget.format = "date", "%Y-%m-%d"
    elif isinstance(field, forms.DateTimeField) and isinstance(widget, forms.DateTimeInput):
        widget.input_type, widget.format = "datetime-local", "%Y-%m-%dT%H:%M"
    elif isinstance(field, forms.IntegerField) and isinstance(widget, forms.NumberInput):
        widget.attrs.setdefault("inputmode", "numeric")
    if isinstance(field, forms.ModelChoiceField) and field.empty_label == "---------":
        field.empty_label = _("请选择")
    elif isinstance(field, forms.ChoiceField) and isinstance(field.choices, list):
        field.choices = [
            (value, _("请选择") if (value, words) == ("", "---------") else words) for value, words in field.choices
        ]
    if isinstance(widget, forms.Textarea):
        widget.attrs.pop("cols", None)
        if widget.attrs.get("rows") in {None, "10"}:
            widget.attrs["rows"] = "4"


class _FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class MultipleFileField(forms.FileField):
    """Several files at once; ``cleaned_data`` holds a list."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("widget", _FilesInput())
        super().__init__(*args, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) and data else [data or None]
        return [super(MultipleFileField, self).clean(one, initial) for one in files]
