"""Insured persons from a file of the insurance body's: read and shown before anything is stored."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.organisation.api import AmbiguousOrganisation
from yigongti.domains.money.insurance_fund import gathering
from yigongti.domains.money.insurance_fund.models import FundYear, Participant
from yigongti.domains.money.insurance_fund.rules import NotComputable
from yigongti.domains.money.insurance_fund.services.drafting import MOST_PERSONS
from yigongti.kernel.intake import sheets
from yigongti.kernel.intake.sheets import BadLine, Row, SheetRefused

HEADERS = {
    "member": ("成员单位", "机构名称", "机构编码", "统一社会信用代码"),
    "persons": ("参保人数", "人数"),
}
MOST_LINES = 2_000


@dataclass(frozen=True)
class Line:
    """A line that fits a member."""

    number: int
    member: Participant
    persons: int


@dataclass(frozen=True)
class PersonsFile:
    """What a file says: lines that fit, lines that don't with the reason, and members it says nothing of."""

    lines: tuple[Line, ...]
    bad: tuple[BadLine, ...]
    silent: tuple[Participant, ...]

    @property
    def persons(self) -> int:
        return sum(line.persons for line in self.lines)


def read(year: FundYear, data: bytes) -> PersonsFile:
    """A CSV or XLSX file of members (name, code or USCC) and their insured persons. Raises SheetRefused."""
    rows = sheets.read(data, HEADERS, ("member", "persons"))
    if len(rows) > MOST_LINES:
        raise SheetRefused(_("行数太多，最多 %(most)d 行。") % {"most": MOST_LINES})
    members = _members(year)
    known = _names(members)
    lines: dict[int, Line] = {}
    bad: list[BadLine] = []
    for row in rows:
        try:
            member = members[_whose(year, row.said["member"], known, members)]
            if member.pk in lines:
                raise ValueError(_("与第 %(line)d 行是同一家单位") % {"line": lines[member.pk].number})
            lines[member.pk] = Line(row.number, member, _persons(row))
        except ValueError as wrong:
            bad.append(BadLine(row.number, row.text, str(wrong)))
    silent = tuple(member for member in members.values() if member.pk not in lines)
    return PersonsFile(tuple(lines.values()), tuple(bad), silent)


def _members(year: FundYear) -> dict[int, Participant]:
    """Members by organisation; one that moved in the year, under the holder it stands with at the end."""
    try:
        last = gathering.scope(year.place, year.year, year.fund_kind, gathering.rules_of(year)).homes.stretches[-1]
    except NotComputable as gap:
        raise SheetRefused(str(gap)) from None
    found: dict[int, Participant] = {}
    for row in year.members():
        there = row.holder is not None and last.holder_of.get(row.organisation_id) == row.holder.organisation_id
        if there or row.organisation_id not in found:
            found[row.organisation_id] = row
    return found


def _names(members: Mapping[int, Participant]) -> dict[str, int | None]:
    """What members are called, as it stands in the directory; None for what two of them are called."""
    views = organisation.get_many(list(members))
    known: dict[str, int | None] = {}
    for one, member in members.items():
        view = views.get(one)
        said = {member.name, *((view.name, view.short_name, view.key, view.uscc) if view else ())}
        for text in {text.strip().casefold() for text in said if text}:
            known[text] = one if known.get(text, one) == one else None
    return known


def _whose(year: FundYear, text: str, known: Mapping[str, int | None], members: Mapping[int, Participant]) -> int:
    """The member a text means. Raises ValueError with words for people."""
    if not text:
        raise ValueError(_("没有写成员单位"))
    found = known.get(text.casefold())
    if found is not None:
        return found
    try:
        view = organisation.find(text[:200], place=year.place)
    except AmbiguousOrganisation as two:
        raise ValueError(str(two)) from None
    if view is None:
        raise ValueError(_("没有这家单位"))
    if view.id not in members:
        raise ValueError(_("%(name)s不是本年度的成员单位") % {"name": view.label})
    return view.id


def _persons(row: Row) -> int:
    number = sheets.number_of(row.said["persons"])
    if number != number.to_integral_value() or not 0 <= number <= MOST_PERSONS:
        raise ValueError(_("参保人数要填不小于零的整数"))
    return int(number)
