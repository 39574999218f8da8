"""Widgets drawn here are to the letter those of Django's templates."""

from datetime import date

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from yigongti.kernel.ui.forms import Renderer
from yigongti.kernel.ui.widgets import DRAWN

BAD = "<b>&\"'"
CHOICES = [("", "–"), (BAD, BAD), (1, 2), ("safe", mark_safe("<i>")), (BAD, [("a", BAD), (3, gettext_lazy("机构"))])]


@pytest.mark.parametrize(
    "widget",
    [
        forms.TextInput(),
        forms.TextInput(attrs={"required": True, "hidden": False, "maxlength": 60, "data-x": BAD, BAD: "y"}),
        forms.NumberInput(),
        forms.EmailInput(),
        forms.PasswordInput(render_value=True),
        forms.HiddenInput(),
        forms.DateInput(format="%Y-%m-%d"),
        forms.Select(choices=CHOICES),
        forms.Select(attrs={"aria-describedby": BAD, "disabled": True}, choices=CHOICES),
        forms.Select(choices=[]),
    ],
)
@pytest.mark.parametrize("value", [None, "", BAD, "a", 1, 1234567, date(2026, 1, 2), mark_safe("<i>"), "safe"])
def test_the_same_as_django_s(widget, value):
    context = widget.get_context("q<", value, {"id": "id_q"})
    assert widget.template_name in DRAWN
    assert Renderer().render(widget.template_name, context) == DjangoTemplates().render(widget.template_name, context)
