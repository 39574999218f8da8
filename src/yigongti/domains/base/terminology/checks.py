"""What makes a row of a table of codes unfit, with the reason in words. Pure: no database."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from yigongti.domains.base.terminology.tables import Row

LONGEST_CODE, LONGEST_NAME, LONGEST_UNIT = 64, 500, 40
MOST_PROBLEMS = 200
_DAY = re.compile(r"(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})")
_BARE_DAY = re.compile(r"\d{8}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Problem:
    """Why a row can't be taken. ``row`` counts as the sender does; 0 is the file as a whole."""

    row: int
    reason: str


@dataclass(frozen=True)
class Entry:
    """A row that is fit to be stored."""

    code: str
    display: str
    display_en: str
    parent: str
    unit: str
    starts_on: date | None
    ends_on: date | None


@dataclass
class Checker:
    """Goes over the rows once and remembers what concerns several of them: codes seen, parents named."""

    problems: list[Problem] = field(default_factory=list)
    refused: int = 0
    _seen: dict[str, int] = field(default_factory=dict)
    _parents: dict[str, tuple[str, int]] = field(default_factory=dict)

    def fit(self, rows: Iterable[Row]) -> Iterator[Entry]:
        """The rows that are fit; the others become problems. Call ``finish`` afterwards."""
        for row in rows:
            reasons: list[str] = []
            entry = self._entry(row, reasons)
            for reason in reasons:
                self._refuse(row.number, reason)
            if not reasons:
                yield entry

    def finish(self) -> None:
        """Check what can only be known at the end: every parent is in the file, and no chain of parents is a circle."""
        for parent, row in self._parents.values():
            if parent not in self._seen:
                self._refuse(row, _("上级编码 %(parent)s 不在文件中。") % {"parent": parent})
        sound: set[str] = set()
        for code in self._parents:
            chain: dict[str, None] = {}
            at = code
            while at in self._parents and at not in sound:
                if at in chain:
                    self._refuse(self._parents[code][1], _("上级编码互为上级：%(code)s。") % {"code": at})
                    break
                chain[at] = None
                at = self._parents[at][0]
            sound |= chain.keys()

    def _refuse(self, row: int, reason: str) -> None:
        self.refused += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(row, reason))

    def _entry(self, row: Row, reasons: list[str]) -> Entry:
        cell = row.cells.get
        code, name = cell("code", ""), cell("name", "")
        if not code:
            reasons.append(_("编码为空。"))
        elif len(code) > LONGEST_CODE or any(c.isspace() for c in code):
            reasons.append(_("编码 %(code)s 太长或含有空格。") % {"code": code[:LONGEST_CODE]})
        elif code in self._seen:
            reasons.append(_("编码 %(code)s 重复：第 %(row)s 行已有。") % {"code": code, "row": self._seen[code]})
        else:
            self._seen[code] = row.number
        if not name:
            reasons.append(_("名称为空。"))
        elif len(name) > LONGEST_NAME:
            reasons.append(_("名称太长。"))
        if any(_UNPRINTABLE.search(value) for value in row.cells.values()):
            reasons.append(_("含有不可见的控制字符。"))
        if any(value.startswith("=") for value in row.cells.values()):
            reasons.append(_("含有公式。"))
        if len(cell("unit", "")) > LONGEST_UNIT:
            reasons.append(_("单位太长。"))
        starts_on, ends_on = _day(cell("starts_on", ""), reasons), _day(cell("ends_on", ""), reasons)
        if starts_on and ends_on and ends_on <= starts_on:
            reasons.append(_("停用日期不晚于启用日期。"))
        if parent := cell("parent", ""):
            self._parents.setdefault(code, (parent, row.number))
        return Entry(code, name, cell("name_en", ""), parent, cell("unit", ""), starts_on, ends_on)


def _day(text: str, reasons: list[str]) -> date | None:
    if not text:
        return None
    found = _DAY.fullmatch(text)
    if found and (_BARE_DAY.fullmatch(text) or not text.isdigit()):
        try:
            return date(*map(int, found.groups()))
        except ValueError:
            pass
    reasons.append(_("不是日期：%(text)s。请写成 2025-03-01。") % {"text": text[:30]})
    return None
