"""``{% load ui %}``: icons, words for dates and deadlines, sparklines, barcodes."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache, lru_cache

import segno
from django import forms, template
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.forms import BoundField
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from yigongti.kernel.access.api import Actor, Role, permissions
from yigongti.kernel.money import yuan as yuan_words
from yigongti.kernel.ui import spark, words

register = template.Library()

_KINDS = {
    constants.DEBUG: ("info", "info"),
    constants.INFO: ("info", "info"),
    constants.SUCCESS: ("good", "done"),
    constants.WARNING: ("attention", "alert"),
    constants.ERROR: ("bad", "refused"),
}


@cache
def _sheet() -> str:
    return static("ui/icons.svg")


@register.simple_tag
@lru_cache(maxsize=1024)
def icon(name: str, label: str = "") -> SafeString:
    """A symbol of ``static/ui/icons.svg``; decorative unless it has a label."""
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>', label, _sheet(), name
        )
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>', _sheet(), name
    )


@register.filter
def role_words(actor: Actor) -> str:
    """The names of the roles an actor holds today."""
    return words.joined([str(role.label) for role in Role if role in actor.roles])


@register.filter
def may(actor: Actor | None, permission: str) -> bool:
    """Whether the actor holds the permission of this name (anywhere): for a link to a page of a higher tier."""
    known = permissions().get(permission)
    return actor is not None and known is not None and actor.may(known)


@register.filter
def message_kind(message: Message) -> str:
    """The kind of alert a Django message is."""
    return _KINDS.get(message.level, ("info", "info"))[0]


@register.filter
def message_icon(message: Message) -> str:
    """The icon of a Django message."""
    return _KINDS.get(message.level, ("info", "info"))[1]


@register.filter
def html_language(code: str) -> str:
    """Django's language code as HTML's ``lang``."""
    return "zh-Hans" if code.startswith("zh") else code


@register.filter
def day(value: date | datetime | None) -> str:
    return words.day(value)


@register.filter
def moment(value: datetime | None) -> str:
    return words.moment(value)


@register.filter
def due_words(value: datetime | date | None) -> str:
    return words.due(value)


@register.filter
def overdue(value: datetime | date | None) -> bool:
    return words.overdue(value)


@register.filter
def age(born: date | None) -> str:
    return words.age(born)


@register.filter
def yuan(amount_fen: int | None) -> str:
    """Fen as yuan: ``1,234.56``."""
    return "" if amount_fen is None else yuan_words(amount_fen)


@register.filter
def percent(share: float | None, places: int = 1) -> str:
    """A share of one as a percentage: ``0.873`` → ``87.3%``."""
    return "–" if share is None else f"{share * 100:.{int(places)}f}%"


@register.filter
def get(mapping: object, key: object) -> object:
    """``mapping[key]`` or an empty string."""
    try:
        return mapping[key]  # type: ignore[index]
    except (KeyError, IndexError, TypeError):
        return ""


@register.simple_tag
def sparkline(values: Sequence[float | None], target: float | None = None, label: str = "") -> SafeString:
    """A small line of a series as SVG."""
    return spark.sparkline(values, target=target, label=label)


@register.simple_tag
def qr(text: str, label: str = "") -> SafeString:
    """A QR code as SVG (error correction M), black on white whatever the page's colours."""
    code = segno.make(text, error="m", micro=False)
    svg = code.svg_inline(scale=1, border=2, omitsize=True, dark="#000", light="#fff", svgclass="qr", lineclass=None)
    return mark_safe(svg.replace("<svg ", f'<svg role="img" aria-label="{_attribute(label)}" ', 1))  # noqa: S308


def _attribute(text: str) -> str:
    return format_html("{}", text)


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: object) -> str:
    """The page's query string with some parameters changed; None removes one: ``href="{% query page=2 %}"``."""
    request = context["request"]
    parameters = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            parameters.pop(name, None)
        else:
            parameters[name] = str(value)
    return f"?{parameters.urlencode()}"


@register.filter
def field_kind(field: BoundField) -> str:
    """How the field component lays a form field out: choices, check, file, area or line."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        return "choices"
    if isinstance(widget, forms.FileInput):
        return "file"
    return "area" if isinstance(widget, forms.Textarea) else "line"
