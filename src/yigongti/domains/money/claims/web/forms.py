"""Forms of the claims pages."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.kernel import clock
from yigongti.kernel.ui.forms import Form

MOST_DAYS = 366
EARLIEST = date(2015, 1, 1)


class ScreenForm(Form):
    """The period to screen, at most a year."""

    since = forms.DateField(label=gettext_lazy("结算日期从"))
    until = forms.DateField(label=gettext_lazy("到"))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        since, until = said.get("since"), said.get("until")
        if since and until:
            if until < since:
                self.add_error("until", _("结束日期早于开始日期"))
            elif (until - since).days >= MOST_DAYS:
                self.add_error("until", _("一次最多筛查一年"))
        if since and since < EARLIEST:
            self.add_error("since", _("不能早于 2015 年"))
        if until and until > clock.today():
            self.add_error("until", _("不能晚于今天"))
        return said
