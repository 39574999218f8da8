"""What every page of a signed-in resident has: whom it is for, and the ways to the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from yigongti.domains.base.residents import api as residents
from yigongti.portals.resident.sessions import Reader


@dataclass(frozen=True)
class Way:
    """One entry of the menu. ``words`` say more where there is room."""

    key: str
    label: str | Promise
    icon: str
    words: str | Promise
    href: str = ""
    current: bool = False


MENU = (
    Way("home", _("首页"), "home", ""),
    Way("appointments", pgettext_lazy("bar", "预约"), "calendar", _("预约挂号、改约、取消")),
    Way("record", _("档案"), "record", _("看过的病、检查、用药")),
    Way("barcode", _("条码"), "scan", _("就诊时给工作人员扫")),
    Way("more", _("更多"), "menu", ""),
    Way("referrals", _("转诊"), "send", _("转到哪里了，谁能看我的档案")),
    Way("enquiries", _("咨询"), "inbox", _("向管理我的机构提问")),
    Way("notices", _("通知"), "bell", _("预约、转诊、咨询的消息")),
    Way("looked", _("谁看过"), "eye", _("谁看过我的档案，为什么")),
    Way("family", _("家人"), "people", _("替谁办、谁替我办")),
)
ON_BAR = 5


def reader_of(request: HttpRequest) -> Reader:
    """Who reads; set by ``resident_required``."""
    found: Reader = request.reader  # type: ignore[attr-defined]
    return found


def show(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, here: str, status: int = 200
) -> HttpResponse:
    """A page of the portal; ``here`` is the entry of the menu it belongs to."""
    reader = reader_of(request)
    ways = [
        Way(way.key, way.label, way.icon, way.words, address(way.key, reader.person_id), way.key == here)
        for way in MENU
    ]
    bar = [
        Way(w.key, w.label, w.icon, w.words, w.href, w.current or (w.key == "more" and here in _BEHIND_MORE))
        for w in ways[:ON_BAR]
    ]
    person = None if reader.for_oneself else residents.card(reader.person_id)
    shell = {
        "reader": reader,
        "actor": reader.actor,
        "person": person,
        "called": reader.name if person is None else person.full_name,
        "menu": [way for way in ways if way.key != "more"],
        "main_menu": bar,
    }
    return render(request, template, {**shell, **context}, status=status)


_BEHIND_MORE = {way.key for way in MENU[ON_BAR:]}


def address(key: str, person_id: int) -> str:
    """Where an entry of the menu leads for a person."""
    return reverse(f"resident:{key}", args=[person_id])
