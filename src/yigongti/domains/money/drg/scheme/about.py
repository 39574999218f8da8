"""``scheme.yaml``: what a scheme calls itself, where and from when it is in force."""

from datetime import date
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from yigongti.domains.money.drg.scheme.reading import Report
from yigongti.domains.money.drg.scheme.rules import Qy
from yigongti.domains.money.drg.scheme.scheme import About

FILE = "scheme.yaml"
LONGEST_VERSION = 60
LARGEST = 64 << 10
KEYS = {"name", "version", "place", "from", "to", "source", "qy", "demonstration"}


def read_about(folder: Path, report: Report) -> About:
    """The scheme's own words; without the file, the folder's name and no dates, with a warning."""
    path = folder / FILE
    if not path.is_file():
        report.warn(
            FILE, 0, _("没有这个文件：按文件夹的名字命名，不限地区和日期，歧义组（QY）关闭。"), _("正式使用前请补上。")
        )
        return About(name=folder.resolve().name, version=folder.resolve().name)
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(_("文件过大。"))
        text = path.read_text(encoding="utf-8")
        found: Any = yaml.load(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        report.error(FILE, 0, _("不是合格的YAML：{error}。").format(error=str(error)[:300]))
        found = {}
    if not isinstance(found, dict):
        report.error(FILE, 0, _("应为“名称: 值”的列表。"))
        found = {}
    for key in sorted(str(key) for key in set(found) - KEYS):
        report.error(
            FILE,
            0,
            _("不认识的项：{key}。").format(key=key),
            _("可用的有：{keys}。").format(keys="、".join(sorted(KEYS))),
        )
    for key in sorted(KEYS & found.keys()):
        if not isinstance(found[key], str):
            report.error(FILE, 0, _("{key}应为一个值。").format(key=key))
    name, version = _text(found, "name"), _text(found, "version")
    if not name or not version:
        report.error(FILE, 0, _("缺少name（名称）或version（版本）。"))
    dots = any(not part.strip(".") for part in version.split("/"))  # no address: /../ leads elsewhere
    if version and (len(version) > LONGEST_VERSION or not version.isprintable() or dots):
        report.error(
            FILE, 0, _("version最多{most}个字，不含不可见字符；斜线之间不能为空或只有点。").format(most=LONGEST_VERSION)
        )
    starts_on, ends_on = _day(found, "from", report), _day(found, "to", report)
    if starts_on and ends_on and ends_on <= starts_on:
        report.error(FILE, 0, _("失效日期（to）不晚于生效日期（from）。"))
    qy = _text(found, "qy").lower()
    qy = "off" if qy in NO else qy
    if qy not in set(Qy):
        report.error(FILE, 0, _("qy只能是{choices}。").format(choices="、".join(Qy)))
        qy = "off"
    return About(
        name=name or folder.name,
        version=(version or folder.name)[:LONGEST_VERSION],
        place=_text(found, "place"),
        starts_on=starts_on,
        ends_on=ends_on,
        source=_text(found, "source"),
        qy=Qy(qy),
        demonstration=_text(found, "demonstration").lower() in YES,
    )


YES, NO, NOTHING = ("true", "yes", "on"), ("", "off", "false", "no"), ("~", "null")


def _text(found: dict[str, Any], key: str) -> str:
    value = found.get(key)
    return value.strip() if isinstance(value, str) and value.strip().lower() not in NOTHING else ""


def _day(found: dict[str, Any], key: str, report: Report) -> date | None:
    text = _text(found, key)
    if not text:
        return None
    try:
        return date(*(int(part) for part in text.split("-")))  # as written, no other of ISO's forms
    except (ValueError, TypeError, OverflowError):
        report.error(FILE, 0, _("{key}不是日期：{value}。").format(key=key, value=text[:40]), _("请写成YYYY-MM-DD。"))
        return None
