"""One's own record in plain words, and who looked at it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.health_record.api import FactView, Filters
from yigongti.kernel.money import yuan
from yigongti.kernel.ui import words
from yigongti.portals.resident.sessions import resident_required
from yigongti.portals.resident.web.asked import day, number
from yigongti.portals.resident.web.layout import reader_of, show

KINDS: dict[str, str | Promise] = {
    "encounter": gettext_lazy("看病"),
    "condition": gettext_lazy("诊断"),
    "observation": gettext_lazy("检查和测量"),
    "medication": gettext_lazy("用药"),
    "procedure": gettext_lazy("手术和治疗"),
    "immunisation": gettext_lazy("打疫苗"),
    "document": gettext_lazy("病历文书"),
    "claim": gettext_lazy("医保报销"),
}
_HOW: dict[str, str | Promise] = {
    "outpatient": gettext_lazy("门诊看病"),
    "emergency": gettext_lazy("看急诊"),
    "inpatient": gettext_lazy("住院"),
    "home": gettext_lazy("医生上门"),
    "remote": gettext_lazy("远程看病"),
    "pharmacy": gettext_lazy("药店买药"),
}
_MEASURED: dict[str, str | Promise] = {
    "8480-6": gettext_lazy("血压的高压（收缩压）"),
    "8462-4": gettext_lazy("血压的低压（舒张压）"),
    "14771-0": gettext_lazy("空腹血糖"),
    "1558-6": gettext_lazy("空腹血糖"),
    "14749-6": gettext_lazy("血糖"),
    "15074-8": gettext_lazy("血糖"),
    "2339-0": gettext_lazy("血糖"),
    "2345-7": gettext_lazy("血糖"),
}
_PLAIN = {"收缩压": gettext_lazy("高压（收缩压）"), "舒张压": gettext_lazy("低压（舒张压）")}
LOOKS = 500


@dataclass(frozen=True)
class Line:
    """A fact as its person reads it: what it was, and the quieter rest."""

    icon: str
    title: str
    detail: str
    parts: tuple[str, ...] = ()
    text: str = ""


@resident_required
def record(request: HttpRequest) -> HttpResponse:
    """What happened, by day, the newest first; narrowed by kind and by days."""
    reader = reader_of(request)
    kind = request.GET.get("kind", "")
    since, until = day(request.GET.get("since", "")), day(request.GET.get("until", ""))
    asked = Filters(kinds=(kind,) if kind in KINDS else (), since=since, until=until)
    found = health_record.timeline(
        reader.person_id,
        actor=reader.actor,
        filters=asked,
        offset=number(request.GET.get("from", ""), digits=6) or 0,
    )
    days = [(one.on, [_line(entry.fact, entry.parts) for entry in one.entries]) for one in found.days]
    return show(
        request,
        "resident/record.html",
        {
            "days": days,
            "timeline": found,
            "trends": [(_PLAIN.get(trend.label, trend.label), trend) for trend in found.trends],
            "kinds": [(option.value, KINDS[option.value], option.value == kind) for option in found.kinds],
            "since": since,
            "until": until,
            "narrowed": asked != Filters(),
        },
        here="record",
    )


def _line(fact: FactView, parts: Iterable[FactView] = ()) -> Line:
    where = " ".join(said for said in (fact.institution, fact.department, fact.practitioner) if said)
    return Line(
        icon=_ICONS.get(fact.kind, "file"),
        title=_title(fact),
        detail=_("；").join(said for said in (where, _money(fact), _stay(fact)) if said),
        parts=tuple(_part(part) for part in parts),
        text=str(fact.detail.get("content") or ""),
    )


_ICONS = {
    "encounter": "hospital", "condition": "heart", "observation": "gauge", "medication": "pill", "claim": "money",
    "immunisation": "shield", "procedure": "hospital",
}  # fmt: skip


def _title(fact: FactView) -> str:
    if fact.kind == "encounter":
        how = str(_HOW.get(fact.setting, KINDS["encounter"]))
        return _("%(how)s：%(what)s") % {"how": how, "what": fact.display} if fact.display else how
    if fact.kind == "claim":
        return _("医保报销：%(how)s") % {"how": _HOW.get(fact.setting, fact.setting_label)}
    return _said(fact)


def _said(fact: FactView) -> str:
    """What a fact says, without its code."""
    name = str(_MEASURED.get(fact.code, fact.display)) or str(KINDS.get(fact.kind, ""))
    if fact.result:
        return f"{name} {fact.result} {fact.unit}".strip()
    usage = str(fact.detail.get("usage") or "")
    return f"{name} {usage}".strip()


def _part(fact: FactView) -> str:
    return _("%(kind)s：%(what)s") % {"kind": KINDS.get(fact.kind, fact.kind_label), "what": _said(fact)}


def _money(fact: FactView) -> str:
    if fact.total_fen is None:
        return ""
    if fact.fund_fen is None:
        return _("花了 %(total)s 元") % {"total": yuan(fact.total_fen)}
    words = _("花了 %(total)s 元，医保付 %(fund)s 元，自己付 %(own)s 元")
    if fact.total_fen < 0:  # a settlement that takes another one back
        words = _("冲销 %(total)s 元，其中医保 %(fund)s 元，自己付的 %(own)s 元")
    return words % {
        "total": yuan(abs(fact.total_fen)),
        "fund": yuan(abs(fact.fund_fen)),
        "own": yuan(abs(fact.self_paid_fen or 0)),
    }


def _stay(fact: FactView) -> str:
    if fact.kind != "encounter" or fact.ended_at is None or fact.setting != "inpatient":
        return ""
    return _("%(on)s 出院") % {"on": words.day(fact.ended_at)}


@resident_required
def looked(request: HttpRequest) -> HttpResponse:
    """Who looked at the record, from where, when and why; emergencies are marked, one's own looks stand apart."""
    reader = reader_of(request)
    found = health_record.looks(reader.person_id, actor=reader.actor, limit=LOOKS)
    own = request.GET.get("own") == "1"
    shown = [look for look in found if bool(look.own) == own]
    return show(
        request,
        "resident/looked.html",
        {
            "looks": shown,
            "own": own,
            "staffs": not own,
            "count": sum(not look.own for look in found),
            "own_count": sum(bool(look.own) for look in found),
            "urgent": any(look.urgent for look in found),
        },
        here="looked",
    )
