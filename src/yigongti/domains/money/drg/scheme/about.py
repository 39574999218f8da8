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
        found: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        report.error(FILE, 0, _("不是合格的YAML：{error}。").format(error=error))
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
    name, version = _text(found.get("name")), _text(found.get("version"))
    if not name or not version:
        report.error(FILE, 0, _("缺少name（名称）或version（版本）。"))
    starts_on, ends_on = _day(found, "from", report), _day(found, "to", report)
    if starts_on and ends_on and ends_on <= starts_on:
        report.error(FILE, 0, _("失效日期（to）不晚于生效日期（from）。"))
    qy = str({False: "off"}.get(found.get("qy"), found.get("qy") or "off"))  # yaml reads a bare off as false
    if qy not in set(Qy):
        report.error(FILE, 0, _("qy只能是{choices}。").format(choices="、".join(Qy)))
        qy = "off"
    return About(
        name=name or folder.name,
        version=(version or folder.name)[:60],
        place=_text(found.get("place")),
        starts_on=starts_on,
        ends_on=ends_on,
        source=_text(found.get("source")),
        qy=Qy(qy),
        demonstration=found.get("demonstration") is True,
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _day(found: dict[str, Any], key: str, report: Report) -> date | None:
    value = found.get(key)
    if value is None or type(value) is date:
        return value
    report.error(FILE, 0, _("{key}不是日期：{value}。").format(key=key, value=value), _("请写成YYYY-MM-DD。"))
    return None
