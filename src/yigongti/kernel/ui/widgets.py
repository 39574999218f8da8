"""Plain inputs and selects as HTML without a template: to the letter what Django's own templates give.

A page with a handful of filters draws them on every visit, and Django goes through three templates for one input.
Other widgets are still drawn by Django.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.formats import localize
from django.utils.html import conditional_escape

Context = Mapping[str, Any]


def _attributes(widget: Context) -> str:
    return "".join(
        f" {conditional_escape(name)}" if value is True else f' {conditional_escape(name)}="{_text(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


def _text(value: Any) -> str:
    """A value as Django's templates write it: safe text as it is, all else escaped."""
    return str(conditional_escape(value))


def _input(widget: Context) -> str:
    value = "" if widget["value"] is None else f' value="{_text(widget["value"])}"'
    return f'<input type="{_text(widget["type"])}" name="{_text(widget["name"])}"{value}{_attributes(widget)}>'


def _select(widget: Context) -> str:
    parts = [f'<select name="{_text(widget["name"])}"{_attributes(widget)}>']
    for group, options, _index in widget["optgroups"]:
        if group:
            parts.append(f'\n  <optgroup label="{_text(localize(group))}">')
        for option in options:
            label = _text(localize(option["label"]))
            parts.append(f'\n  <option value="{_text(option["value"])}"{_attributes(option)}>{label}</option>\n')
        if group:
            parts.append("\n  </optgroup>")
    parts.append("\n</select>")
    return "".join(parts)


_HERE = "django/forms/widgets/"
DRAWN: dict[str, Callable[[Context], str]] = {
    **{f"{_HERE}{name}.html": _input for name in ("input", "text", "number", "email", "password", "hidden", "date")},
    f"{_HERE}select.html": _select,
}
