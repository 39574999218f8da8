"""The records below a figure: for each dataset, the domain that shows them and what stands in the list.

Each domain narrows its rows to the viewer's institutions and writes the audit line; a record opens only for those who
may open it there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.care.appointments import api as appointments
from yigongti.domains.care.follow_up import api as follow_up
from yigongti.domains.care.referrals import api as referrals
from yigongti.domains.oversight.indicators import api
from yigongti.kernel.access.api import Actor
from yigongti.kernel.money import yuan
from yigongti.kernel.ui import words


@dataclass(frozen=True)
class Cell:
    """What stands in a list: a text, where it leads, a word beside it."""

    text: str
    href: str = ""
    tag: Any = ""


@dataclass(frozen=True)
class Column:
    label: Any
    cell: Callable[[Any], Cell]
    number: bool = False


@dataclass(frozen=True)
class Source:
    """``rows``: the domain's rows for those of the lake, in their order, as far as the actor may see them."""

    rows: Callable[[Sequence[api.Row], Actor], Sequence[Any]]
    columns: tuple[Column, ...]


def _text(label: Any, value: Callable[[Any], Any], *, number: bool = False) -> Column:
    return Column(label, lambda row: Cell(str(value(row))), number)


def _day(label: Any, value: Callable[[Any], Any]) -> Column:
    return Column(label, lambda row: Cell(words.day(value(row))))


def _fen(label: Any, value: Callable[[Any], int | None]) -> Column:
    def cell(row: Any) -> Cell:
        fen = value(row)
        return Cell("" if fen is None else yuan(fen))

    return Column(label, cell, number=True)


FACTS = Source(
    rows=lambda rows, actor: health_record.facts([(row.happened_on, row.id) for row in rows], actor=actor),
    columns=(
        _day(_("日期"), lambda f: f.happened_on),
        _text(_("居民"), lambda f: f.resident_name),
        Column(_("就诊机构"), lambda f: Cell(f.institution, tag="" if f.inside_county else _("县域外"))),
        _text(_("就诊类别"), lambda f: f.setting_label),
        _text(_("主要诊断"), lambda f: f"{f.code} {f.display}".strip()),
        _fen(_("总费用（元）"), lambda f: f.total_fen),
        _fen(_("基金支付（元）"), lambda f: f.fund_fen),
    ),
)
REFERRALS = Source(
    rows=lambda rows, actor: referrals.rows_for([row.id for row in rows], actor=actor),
    columns=(
        _day(_("发出日期"), lambda r: r.sent_on),
        _text(_("居民"), lambda r: r.resident),
        Column(_("方向"), lambda r: Cell(r.direction_label, tag=_("紧急") if r.urgent else "")),
        _text(_("转出机构"), lambda r: r.origin),
        _text(_("转入机构"), lambda r: r.receiver),
        _text(_("诊断"), lambda r: f"{r.diagnosis_code} {r.diagnosis}".strip()),
        _text(_("答复用时（分钟）"), lambda r: "" if r.minutes is None else f"{r.minutes:,}", number=True),
        Column(_("状态"), lambda r: Cell(r.state_label, href=r.address)),
    ),
)
APPOINTMENTS = Source(
    rows=lambda rows, actor: appointments.rows_for([row.id for row in rows], actor=actor),
    columns=(
        _text(_("就诊时间"), lambda a: a.when),
        _text(_("居民"), lambda a: a.resident),
        _text(_("就诊机构"), lambda a: a.institution),
        _text(_("科室和医生"), lambda a: a.who),
        _text(_("号源"), lambda a: a.pool_label),
        _text(_("预约机构"), lambda a: a.booked_by),
        Column(_("状态"), lambda a: Cell(a.state_label, href=a.address)),
    ),
)
EARLY_PLACES = Source(
    rows=lambda rows, actor: appointments.early_places([row.id for row in rows], actor=actor),
    columns=(
        _text(_("就诊时间"), lambda s: s.when),
        _text(_("出诊机构"), lambda s: s.institution),
        _text(_("科室和医生"), lambda s: s.who),
        _text(_("提前开放"), lambda s: s.places, number=True),
        _text(_("家庭医生约上"), lambda s: s.used, number=True),
        _text(_("后来由他人约上"), lambda s: s.taken_by_others, number=True),
    ),
)
FOLLOW_UPS = Source(
    rows=lambda rows, actor: follow_up.rows_for([row.id for row in rows], actor=actor),
    columns=(
        _day(_("期限"), lambda f: f.due_on),
        _text(_("居民"), lambda f: f.resident),
        _text(_("事由"), lambda f: f.reason_label),
        _text(_("随访机构"), lambda f: f.institution),
        _text(_("转诊机构"), lambda f: f.asked_by),
        Column(_("完成日期"), lambda f: Cell("" if f.done_on is None else words.day(f.done_on))),
        Column(_("状态"), lambda f: Cell(f.state_label, href=f.address)),
    ),
)

SOURCES: dict[str, Source] = {
    "claims": FACTS,
    "encounters": FACTS,
    "drg_cases": FACTS,
    "discharges": FACTS,
    "referrals": REFERRALS,
    "appointments": APPOINTMENTS,
    "early_places": EARLY_PLACES,
    "follow_ups": FOLLOW_UPS,
}
