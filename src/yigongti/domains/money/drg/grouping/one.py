"""One case, with the whole path in words: which MDCs were tried, which groups did not fit, what decided the DRG.

The order (docs/drg.md): MDCs in their order; a case that enters one but fits none of its ADRGs goes on to the next;
ADRGs in their order, the first match wins; with QY on, a case with a valid operation that reaches the first medical
ADRG is ambiguous; DRGs in their order, the first whose severity test holds; nothing at all is 0000.
"""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from yigongti.domains.money.drg.grouping.case import Case, why_invalid
from yigongti.domains.money.drg.grouping.reasons import (
    UNGROUPED,
    Reason,
    Status,
    match_words,
    sentence,
    severity_words,
    status_of,
)
from yigongti.domains.money.drg.scheme.rules import NEEDS, Entry, Level, Match, Qy, Severity
from yigongti.domains.money.drg.scheme.scheme import Adrg, Mdc, Scheme


@dataclass(frozen=True)
class Line:
    """A line of the path. ``about``: case, map, mdc, adrg, severity, result; ``fits``: None: nothing was tested."""

    about: str
    words: str
    fits: bool | None = None


@dataclass(frozen=True)
class Counted:
    """An other diagnosis in the severity test: ``excluded``: it does not count beside this principal diagnosis."""

    code: str
    level: Level
    excluded: bool


@dataclass(frozen=True)
class Grouped:
    """``reason``: a code; ``words``: the same as a sentence; ``path``: how it came to that."""

    mdc: str
    adrg: str
    drg: str
    status: Status
    reason: Reason
    words: str
    path: tuple[Line, ...] = field(default=(), compare=False)
    counted: tuple[Counted, ...] = field(default=(), compare=False)


@dataclass
class _Mapped:
    """The case in the grouper's own codes."""

    case: Case
    principal: str
    others: tuple[str, ...]
    procedures: tuple[str, ...]
    valid: tuple[bool, ...]

    @property
    def principal_procedure(self) -> str:
        return self.procedures[0] if self.procedures else ""

    @property
    def principal_valid(self) -> bool:
        return bool(self.valid) and self.valid[0]

    @property
    def diagnoses(self) -> tuple[str, ...]:
        return (self.principal, *self.others)


def group(case: Case, scheme: Scheme) -> Grouped:
    """Group one case; the path is in the language in force. Never raises for what a case holds."""
    path: list[Line] = []
    reason = why_invalid(case)
    if reason is not None:
        return _end(path, reason)
    path.append(Line("case", _case_words(case, scheme)))
    mapped, bad = _map(case, scheme, path)
    if mapped is None:
        return _end(path, bad[0], code=bad[1])
    entered = ""
    for mdc in scheme.mdcs:
        if not _enters(mapped, mdc, scheme, path):
            continue
        found = _in_mdc(mapped, mdc, scheme, path)
        if found is not None:
            return found
        path.append(Line("mdc", _("MDC{mdc}中没有符合的组，继续看下一个MDC。").format(mdc=mdc.code), False))
        entered = mdc.code if mdc.entry.by_diagnosis else entered
    return _end(path, Reason.NO_ADRG if entered else Reason.NO_MDC, mdc=entered)


def _end(path: list[Line], reason: Reason, *, mdc: str = "", adrg: str = "", code: str = "") -> Grouped:
    words = sentence(reason, mdc=mdc, adrg=adrg, code=code)
    path.append(Line("result", words))
    drg = f"{mdc}QY" if reason is Reason.QY else UNGROUPED
    status = status_of(reason)
    return Grouped(
        mdc,
        drg if reason is Reason.QY else adrg,
        "" if status is Status.INVALID else drg,
        status,
        reason,
        words,
        tuple(path),
    )


def _map(case: Case, scheme: Scheme, path: list[Line]) -> tuple[_Mapped | None, tuple[Reason, str]]:
    principal = scheme.principal(case.principal_diagnosis)
    if principal is None:
        return None, (Reason.UNMAPPED_PRINCIPAL, case.principal_diagnosis)
    others, procedures = [], []
    for code in case.other_diagnoses:
        to = scheme.diagnosis(code)
        if to is None:
            return None, (Reason.UNMAPPED_OTHER, code)
        others.append(to)
    for code in case.procedures:
        to = scheme.procedure(code)
        if to is None:
            return None, (Reason.UNMAPPED_PROCEDURE, code)
        procedures.append(to)
    for code, to in zip(
        (case.principal_diagnosis, *case.other_diagnoses, *case.procedures),
        (principal, *others, *procedures),
        strict=True,
    ):
        if code != to:
            path.append(Line("map", _("{code}按对照表转为{to}。").format(code=code, to=to)))
    valid = tuple(code in scheme.valid_procedures for code in procedures)
    return _Mapped(case, principal, tuple(others), tuple(procedures), valid), (Reason.GROUPED, "")


def _enters(mapped: _Mapped, mdc: Mdc, scheme: Scheme, path: list[Line]) -> bool:
    """Whether the case enters an MDC. What is not even in its list leaves no line."""
    case, name = mapped.case, f"MDC{mdc.code}（{mdc.name}）"
    if mdc.entry is Entry.PROCEDURE:
        if mapped.principal_valid:
            path.append(Line("mdc", _("主要手术操作有效，先看{mdc}。").format(mdc=name), True))
        return mapped.principal_valid
    if mapped.principal not in mdc.diagnoses:
        return False
    why_not = ""
    if mdc.entry is Entry.MALE and case.sex != 1:
        why_not = _("性别不是男")
    elif mdc.entry is Entry.FEMALE and case.sex != 2:
        why_not = _("性别不是女")
    elif mdc.entry is Entry.UNDER_ONE_YEAR and case.age_years != 0:
        why_not = _("年龄不在1岁以内")
    elif mdc.entry is Entry.TWO_BODY_SITES:
        sites = frozenset().union(*(mdc.sites.get(code, frozenset()) for code in mapped.diagnoses))
        if len(sites) < 2:
            why_not = _("诊断只涉及一个身体部位（{sites}）").format(sites="、".join(sorted(sites)))
    if why_not:
        path.append(
            Line(
                "mdc",
                _("主要诊断{code}在{mdc}的诊断表中，但{why}，不进入。").format(
                    code=mapped.principal, mdc=name, why=why_not
                ),
                False,
            )
        )
        return False
    path.append(Line("mdc", _("主要诊断{code}在{mdc}的诊断表中，进入。").format(code=mapped.principal, mdc=name), True))
    return True


def _in_mdc(mapped: _Mapped, mdc: Mdc, scheme: Scheme, path: list[Line]) -> Grouped | None:
    asked_qy = scheme.about.qy is Qy.OFF
    passed: list[str] = []
    for adrg in mdc.adrgs:
        if adrg.medical and not asked_qy:
            asked_qy = True
            if _ambiguous(mapped, scheme.about.qy):
                _say_passed(passed, path)
                return _end(path, Reason.QY, mdc=mdc.code)
        if fits(mapped, adrg):
            _say_passed(passed, path)
            path.append(Line("adrg", f"{adrg.code}：{match_words(adrg.match)}{_what_fits(mapped, adrg)}", True))
            return _severity(mapped, mdc, adrg, scheme, path)
        passed.append(adrg.code)
    _say_passed(passed, path)
    return None


def _say_passed(passed: list[str], path: list[Line]) -> None:
    if passed:
        listed = "、".join(passed) if len(passed) <= 40 else "、".join(passed[:40]) + "…"
        path.append(Line("adrg", _("依次看过、条件不符合的组：{groups}。").format(groups=listed), False))


def _ambiguous(mapped: _Mapped, qy: Qy) -> bool:
    return mapped.principal_valid if qy is Qy.PRINCIPAL else any(mapped.valid)


def fits(mapped: _Mapped, adrg: Adrg) -> bool:
    """Whether a case that entered the MDC fits one of its ADRGs."""
    match, case = adrg.match, mapped.case
    if match is Match.ALWAYS:
        return True
    if match is Match.NO_VALID_PROCEDURE:
        return not any(mapped.valid)
    if match is Match.PROCEDURE_VALID:
        return mapped.principal_valid
    if match is Match.NEWBORN_WEIGHT:
        low, high = adrg.weight_band or (0, 0)
        weight = case.birth_weight_g
        inside = weight >= low and (high is None or weight < high)
        return case.newborn and inside and not adrg.diagnoses.isdisjoint(mapped.diagnoses)
    if match is Match.ANY_DIAGNOSIS_AND_PROCEDURE_VALID:
        return mapped.principal_valid and not adrg.diagnoses.isdisjoint(mapped.diagnoses)
    if match in (Match.NEWBORN_DIAGNOSIS, Match.NEWBORN_PROCEDURE) and not case.newborn:
        return False
    if NEEDS[match].diagnoses and mapped.principal not in adrg.diagnoses:
        return False
    if match is Match.DIAGNOSIS_AND_TAGS:
        carried = {tag for tag, codes in adrg.procedures.items() if not codes.isdisjoint(mapped.procedures)}
        return any(alternative <= carried for alternative in adrg.alternatives)
    lists = NEEDS[match].procedure_lists
    if lists == 1:
        return mapped.principal_procedure in adrg.procedures["1"]
    return lists == 0 or all(not adrg.procedures[name].isdisjoint(mapped.procedures) for name in ("1", "2"))


def _what_fits(mapped: _Mapped, adrg: Adrg) -> str:
    """The codes that were looked at, for the line of the group that fits."""
    shown = []
    if NEEDS[adrg.match].diagnoses:
        shown += [code for code in dict.fromkeys(mapped.diagnoses) if code in adrg.diagnoses][:3]
    for codes in adrg.procedures.values():
        shown += [code for code in mapped.procedures if code in codes and code not in shown][:3]
    return f"（{'、'.join(shown)}）" if shown else ""


def _severity(mapped: _Mapped, mdc: Mdc, adrg: Adrg, scheme: Scheme, path: list[Line]) -> Grouped:
    counted = []
    table = scheme.exclusions.get(mapped.principal)
    splits = len(adrg.drgs) > 1 or adrg.drgs[0].severity is not Severity.NONE
    for code in dict.fromkeys(mapped.others) if splits else ():
        one = scheme.complications.get(code)
        if one is None:
            continue
        excluded = bool(one.table) and one.table == table
        counted.append(Counted(code, one.level, excluded))
        words = (
            _("{code}是{level}，但与主要诊断同属排除表{table}，不计入。").format(
                code=code, level=one.level.value, table=one.table
            )
            if excluded
            else _("{code}是{level}（排除表{table}，主要诊断{principal}），计入。").format(
                code=code,
                level=one.level.value,
                table=one.table or "—",
                principal=_("属排除表{table}").format(table=table) if table else _("不属任何排除表"),
            )
        )
        path.append(Line("severity", words, not excluded))
    if splits and not counted:
        path.append(Line("severity", _("其他诊断中没有合并症或并发症（MCC、CC）。"), False))
    levels = {one.level for one in counted if not one.excluded}
    for drg in adrg.drgs:
        holds = (
            drg.severity is Severity.NONE
            or Level.MCC in levels
            or (drg.severity is Severity.MCC_OR_CC and bool(levels))
        )
        if splits:
            path.append(
                Line(
                    "severity",
                    (_("{drg}（{name}）：{test}，符合。") if holds else _("{drg}（{name}）：{test}，不符合。")).format(
                        drg=drg.code, name=drg.name, test=severity_words(drg.severity)
                    ),
                    holds,
                )
            )
        if holds:
            words = sentence(
                Reason.GROUPED,
                mdc=mdc.code,
                adrg=adrg.code,
                drg=drg.code,
                match=adrg.match,
                severity=drg.severity,
                splits=splits,
            )
            path.append(Line("result", _("入{drg}（{name}）。").format(drg=drg.code, name=drg.name), True))
            return Grouped(
                mdc.code, adrg.code, drg.code, Status.GROUPED, Reason.GROUPED, words, tuple(path), tuple(counted)
            )
    ended = _end(path, Reason.NO_SEVERITY, mdc=mdc.code, adrg=adrg.code)
    return Grouped(**{**ended.__dict__, "counted": tuple(counted)})


def _case_words(case: Case, scheme: Scheme) -> str:
    def named(code: str, name: str) -> str:
        return f"{code}（{name}）" if name else code

    age = (
        _("{days}天，出生体重{weight}克").format(days=case.age_days, weight=case.birth_weight_g)
        if case.newborn
        else (
            _("{days}天").format(days=case.age_days)
            if case.age_years == 0
            else _("{years}岁").format(years=case.age_years)
        )
    )
    others = [named(code, scheme.diagnosis_name(code)) for code in case.other_diagnoses]
    procedures = [named(code, scheme.procedure_name(code)) for code in case.procedures]
    return _("{sex}，{age}。主要诊断{principal}；其他诊断：{others}；手术操作：{procedures}。").format(
        sex=_("男") if case.sex == 1 else _("女"),
        age=age,
        principal=named(case.principal_diagnosis, scheme.diagnosis_name(case.principal_diagnosis)),
        others="、".join(others) or _("无"),
        procedures="、".join(procedures) or _("无"),
    )
