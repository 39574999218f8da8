"""What a clause's references stand for: each is looked up where such things are registered.

Promises that a reference to something the system does not have resolves to a link that does not work, so that the
clause shows as missing; it is never an error. Being there is not being allowed: a link is only given to readers
who may open it.
"""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import click
from django.apps import apps
from django.urls import NoReverseMatch, Resolver404, get_resolver, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yigongti.domains.oversight.indicators.api import MEASURES
from yigongti.kernel.access.api import Actor
from yigongti.kernel.policy import api as policy
from yigongti.kernel.ui import navigation
from yigongti.kernel.workflow.api import workflows

# Rooms of the house that are not built yet (the design's list); a reference to one is a promise, not a typing error.
PLANNED: dict[str, str | Promise] = {
    "evaluation": _("绩效评价"),
    "quality": _("医疗质量"),
    "warning": _("监测预警"),
    "pay": _("薪酬分配"),
    "subsidies": _("财政补助"),
    "supplies": _("药品耗材与后勤"),
    "diagnostics": _("医技诊断中心"),
    "recognition": _("检查检验结果互认"),
    "consultations": _("远程会诊"),
    "family_doctor": _("家庭医生签约"),
    "chronic_care": _("慢病管理"),
    "public_health": _("公共卫生服务"),
    "pharmacy": _("药事服务"),
    "emergency": _("急救"),
    "elder_care": _("医养结合"),
    "tcm": _("中医药"),
    "sterile_supply": _("消毒供应"),
    "workforce": _("人员与编制"),
}


@dataclass(frozen=True)
class Reference:
    """One reference of a clause. ``there``: the system has it. ``recorded``: only a value is kept, nothing uses it yet.

    ``url`` is empty where there is no page or the reader may not open it.
    """

    text: str
    kind: str
    label: str
    there: bool
    recorded: bool = False
    url: str = ""

    @property
    def works(self) -> bool:
        """Whether it carries something out."""
        return self.there and not self.recorded

    @property
    def kind_label(self) -> str:
        return str(_KINDS[self.kind])


_KINDS = {
    "page": _("页面"),
    "measure": _("指标"),
    "workflow": _("流程"),
    "parameter": _("参数"),
    "command": _("命令"),
    "domain": _("功能模块"),
}


def find(text: str, place: str, actor: Actor) -> Reference:
    """The reference written as ``kind:target``, for a place, as a reader sees it."""
    kind, _colon, target = text.partition(":")
    match kind:
        case "page":
            return _page(text, target, actor)
        case "measure":
            return _measure(text, target, actor)
        case "workflow":
            workflow = workflows().get(target)
            label = gettext("“%(name)s”流程") % {"name": workflow.label} if workflow else target
            return Reference(text, kind, label, workflow is not None)
        case "parameter":
            return _parameter(text, target, place, actor)
        case "command":
            return Reference(text, kind, f"./yigongti {target}", _has_command(target.split()))
    return _domain(text, target)


def _page(text: str, name: str, actor: Actor) -> Reference:
    space, _colon, page = name.partition(":")
    spaces = get_resolver().namespace_dict
    if space not in spaces or page not in spaces[space][1].reverse_dict:
        return Reference(text, "page", name, there=False)
    entry = navigation.named(name)
    label = str(entry.label) if entry else _app_label(space)
    try:
        url = _if_open(reverse(name), actor)
    except NoReverseMatch:  # the page of one thing, which has to be chosen first
        url = ""
    return Reference(text, "page", label, there=True, url=url)


def _measure(text: str, name: str, actor: Actor) -> Reference:
    measure = MEASURES.get(name)
    if measure is None:
        return Reference(text, "measure", name, there=False)
    return Reference(text, "measure", str(measure.label), there=True, url=_address("cockpit:measure", name, actor))


def _parameter(text: str, name: str, place: str, actor: Actor) -> Reference:
    known = {parameter.name: parameter for parameter in policy.parameters()}.get(name)
    if known is None or not policy.history(name, place):
        return Reference(text, "parameter", str(known.label) if known else name, there=False)
    url = _if_open(reverse("plan_ledger:parameter", args=[place, name]), actor)
    return Reference(text, "parameter", str(known.label), there=True, recorded=not known.used, url=url)


def _domain(text: str, label: str) -> Reference:
    try:
        config = apps.get_app_config(label)
    except LookupError:
        return Reference(text, "domain", str(PLANNED.get(label, label)), there=False)
    there = config.name.startswith("yigongti.domains.")
    return Reference(text, "domain", str(config.verbose_name), there)


def _app_label(label: str) -> str:
    try:
        return str(apps.get_app_config(label).verbose_name)
    except LookupError:
        return label


def _address(name: str, target: str, actor: Actor) -> str:
    try:
        return _if_open(reverse(name, args=[target]), actor)
    except NoReverseMatch:
        return ""


def _if_open(url: str, actor: Actor) -> str:
    """The address if the page's guard lets the reader in, else nothing."""
    try:
        needs = getattr(resolve(url).func, "needs", None)
    except Resolver404:
        return ""
    return url if not needs or any(actor.may(permission) for permission in needs) else ""


def _has_command(words: list[str]) -> bool:
    found: click.Command | None = None
    for config in apps.get_app_configs():
        if not config.name.startswith("yigongti.") or find_spec(f"{config.name}.cli") is None:
            continue
        for command in getattr(import_module(f"{config.name}.cli"), "commands", []):
            if words and command.name == words[0]:
                found = command
    for word in words[1:]:
        found = found.commands.get(word) if isinstance(found, click.Group) else None
    return found is not None
