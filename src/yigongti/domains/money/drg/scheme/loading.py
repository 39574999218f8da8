"""From tables to a scheme: each row is checked as it is read; what contradicts itself across rows is an error too."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.utils.translation import gettext as _

from yigongti.domains.money.drg.scheme.about import read_about
from yigongti.domains.money.drg.scheme.checking import check_whole, refuse
from yigongti.domains.money.drg.scheme.flat import (
    choices,
    read_complications,
    read_exclusions,
    read_map,
    read_names,
    read_weights,
    valid_procedures,
)
from yigongti.domains.money.drg.scheme.reading import Finding, Report, SchemeRefused, Tables, read_tables
from yigongti.domains.money.drg.scheme.rules import NEEDS, Entry, Match, Qy, Severity, band, tags
from yigongti.domains.money.drg.scheme.scheme import Adrg, Drg, Mdc, Scheme


@dataclass
class _Lists:
    diagnoses: set[str] = field(default_factory=set)
    procedures: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    row: int = 0


def check(folder: Path) -> tuple[Scheme | None, list[Finding]]:
    """Read and check a folder whole. The scheme is None when there are errors; warnings leave it usable."""
    scheme, report = _read(folder)
    if scheme is not None and not report.refused:
        check_whole(scheme, report)
    refused = report.refused
    return (None if refused else scheme), report.close()


def load(folder: Path, *, qy: Qy | None = None) -> Scheme:
    """A scheme ready to group by; ``qy`` in place of its own setting. Raises SchemeRefused with every error found."""
    scheme, report = _read(folder)
    if scheme is None or report.refused:
        raise SchemeRefused(report.close())
    return scheme if qy is None else replace(scheme, about=replace(scheme.about, qy=qy))


def _read(folder: Path) -> tuple[Scheme | None, Report]:
    report = Report()
    if not folder.is_dir():
        report.error(str(folder.name), 0, _("没有这个文件夹。"))
        return None, report
    about = read_about(folder, report)
    tables = read_tables(folder, report)
    if report.refused:
        return None, report
    scheme = Scheme(
        about=about,
        digest=tables.digest,
        mdcs=_mdcs(tables, report),
        complications=read_complications(tables, report),
        exclusions=read_exclusions(tables, report),
        valid_procedures=valid_procedures(tables, report),
        diagnosis_map=read_map(tables, "diagnosis_map.csv", report),
        procedure_map=read_map(tables, "procedure_map.csv", report),
        diagnosis_names=read_names(tables, "icd10_diagnoses.csv"),
        further_names=read_names(tables, "diagnosis_names.csv"),
        procedure_names=read_names(tables, "icd9cm3_procedures.csv"),
        weights=read_weights(tables, report, about.starts_on),
    )
    refuse(scheme, report)
    return scheme, report


def _order(text: str, file: str, row: int, report: Report) -> int:
    if text.isdecimal() and len(text) <= 6 and int(text) > 0:
        return int(text)
    report.error(file, row, _("次序“{text}”不是正整数。").format(text=text), _("请填1、2、3……"))
    return 0


def _mdcs(tables: Tables, report: Report) -> tuple[Mdc, ...]:
    file = "mdc.csv"
    found: dict[str, tuple[int, Mdc]] = {}
    orders: dict[int, str] = {}
    diagnoses: dict[str, set[str]] = defaultdict(set)
    sites: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row, cells in tables.of(file):
        code, order = cells["mdc"], _order(cells["order"], file, row, report)
        if not code or code in found:
            report.error(file, row, _("MDC“{code}”为空或重复。").format(code=code), _("每个MDC只写一行。"))
            continue
        if order in orders:
            report.error(
                file,
                row,
                _("次序{order}已用于MDC{other}。").format(order=order, other=orders[order]),
                _("请改为不同的次序。"),
            )
        orders[order] = code
        try:
            entry = Entry(cells["entry"])
        except ValueError:
            report.error(file, row, _("不认识的进入条件“{text}”。").format(text=cells["entry"]), choices(Entry))
            continue
        found[code] = (order, Mdc(code, cells["name"], entry, frozenset(), ()))
    seen: set[tuple[str, ...]] = set()
    for row, cells in tables.of("mdc_diagnoses.csv"):
        mdc, code, site = cells["mdc"], cells["diagnosis_code"], cells["body_site"]
        if mdc not in found:
            report.often("mdc_diagnoses.csv", row, _("MDC不在mdc.csv中"), mdc or "—", error=True)
            continue
        if not code:
            report.error("mdc_diagnoses.csv", row, _("诊断编码为空。"))
            continue
        if (mdc, code, site) in seen:
            report.often("mdc_diagnoses.csv", row, _("重复的行，按一行计"), f"{mdc} {code}")
        seen.add((mdc, code, site))
        diagnoses[mdc].add(code)
        if found[mdc][1].entry is Entry.TWO_BODY_SITES:
            if not site:
                report.often("mdc_diagnoses.csv", row, _("须填身体部位（body_site）"), f"{mdc} {code}", error=True)
            sites[mdc][code].add(site)
        elif site:
            report.often("mdc_diagnoses.csv", row, _("这个MDC不看身体部位，body_site不起作用"), f"{mdc} {code}")
    adrgs = _adrgs(tables, set(found), report)
    for code, (_place, one) in found.items():
        row = next(line for line, cells in tables.of(file) if cells["mdc"] == code)
        if one.entry.by_diagnosis and not diagnoses[code]:
            report.error(
                file,
                row,
                _("MDC{code}没有诊断，谁也进不去。").format(code=code),
                _("请在mdc_diagnoses.csv中列出诊断。"),
            )
        if one.entry is Entry.TWO_BODY_SITES and len(set().union(*sites[code].values())) < 2:
            report.error(file, row, _("MDC{code}要求两个身体部位，但表中不足两个。").format(code=code))
        if not adrgs[code]:
            report.error(file, row, _("MDC{code}没有ADRG。").format(code=code), _("请在adrg.csv中列出。"))
    return tuple(
        replace(
            mdc,
            diagnoses=frozenset(diagnoses[code]),
            adrgs=tuple(adrgs[code]),
            sites={diagnosis: frozenset(where) for diagnosis, where in sites[code].items()},
        )
        for code, (_rank, mdc) in sorted(found.items(), key=lambda item: item[1][0])
    )


def _adrgs(tables: Tables, mdcs: set[str], report: Report) -> dict[str, list[Adrg]]:
    file = "adrg.csv"
    lists, drgs = _lists(tables, report), _drgs(tables, report)
    found: dict[str, dict[int, Adrg]] = defaultdict(dict)
    known: set[str] = set()
    for row, cells in tables.of(file):
        code, mdc, order = cells["adrg"], cells["mdc"], _order(cells["order"], file, row, report)
        if not code or code in known:
            report.error(file, row, _("ADRG“{code}”为空或重复。").format(code=code), _("每个ADRG只写一行。"))
            continue
        known.add(code)
        if mdc not in mdcs:
            report.error(file, row, _("ADRG{code}的MDC“{mdc}”不在mdc.csv中。").format(code=code, mdc=mdc))
            continue
        if order in found[mdc]:
            report.error(
                file,
                row,
                _("次序{order}已用于{other}。").format(order=order, other=found[mdc][order].code),
                _("同一MDC内次序不能重复。"),
            )
            continue
        try:
            match = Match(cells["match"])
        except ValueError:
            report.error(file, row, _("不认识的入组条件“{text}”。").format(text=cells["match"]), choices(Match))
            continue
        adrg = Adrg(
            code,
            mdc,
            match,
            tuple(drgs.get(code, ())),
            frozenset(lists[code].diagnoses),
            {name: frozenset(codes) for name, codes in lists[code].procedures.items()},
        )
        found[mdc][order] = _fit(adrg, cells["parameter"], row, report)
        if not adrg.drgs:
            report.error(file, row, _("ADRG{code}没有DRG。").format(code=code), _("请在drg.csv中至少列出一个。"))
    for code in lists.keys() - known:
        report.error("adrg_codes.csv", lists[code].row, _("ADRG“{code}”不在adrg.csv中。").format(code=code))
    for code in drgs.keys() - known:
        row = next(line for line, cells in tables.of("drg.csv") if cells["adrg"] == code)
        report.error("drg.csv", row, _("ADRG“{code}”不在adrg.csv中。").format(code=code))
    return defaultdict(list, {mdc: [of[order] for order in sorted(of)] for mdc, of in found.items()})


def _fit(adrg: Adrg, parameter: str, row: int, report: Report) -> Adrg:
    """The ADRG with its parameter read; an error where its lists and its match kind don't belong together."""
    file, needs = "adrg.csv", NEEDS[adrg.match]
    fill_in = _("请在adrg_codes.csv中列出。")
    if needs.diagnoses and not adrg.diagnoses:
        report.error(file, row, _("ADRG{code}没有诊断编码，谁也进不去。").format(code=adrg.code), fill_in)
    if not needs.diagnoses and adrg.diagnoses:
        report.warn(file, row, _("ADRG{code}的入组条件不看诊断，所列诊断不起作用。").format(code=adrg.code))
    wanted = [str(number) for number in range(1, needs.procedure_lists + 1)]
    if needs.parameter == "tags":
        try:
            adrg = replace(adrg, alternatives=tags(parameter))
        except ValueError:
            report.error(file, row, _("标签“{text}”写法不对。").format(text=parameter), _("例如：1&2 | 1&3&4。"))
        wanted = sorted(frozenset().union(*adrg.alternatives))
    elif needs.parameter == "band":
        try:
            adrg = replace(adrg, weight_band=band(parameter))
        except ValueError:
            report.error(
                file, row, _("体重段“{text}”写法不对。").format(text=parameter), _("例如：[1500,2000) 或 [2500,)。")
            )
    elif parameter:
        report.warn(
            file, row, _("ADRG{code}的入组条件没有参数，“{text}”不起作用。").format(code=adrg.code, text=parameter)
        )
    for name in wanted:
        if not adrg.procedures.get(name):
            report.error(
                file,
                row,
                _("ADRG{code}的手术操作表{name}没有编码，谁也进不去。").format(code=adrg.code, name=name),
                fill_in,
            )
    unused = sorted(set(adrg.procedures) - set(wanted))
    if unused:
        report.warn(
            file, row, _("ADRG{code}的手术操作表{lists}不起作用。").format(code=adrg.code, lists="、".join(unused))
        )
    return adrg


def _lists(tables: Tables, report: Report) -> dict[str, _Lists]:
    file = "adrg_codes.csv"
    found: dict[str, _Lists] = defaultdict(_Lists)
    for row, cells in tables.of(file):
        of, code, name = found[cells["adrg"]], cells["code"], cells["list"] or "1"
        of.row = of.row or row
        if not code:
            report.error(file, row, _("编码为空。"))
            continue
        if cells["kind"] == "diagnosis":
            into = of.diagnoses
            if name != "1":
                report.error(file, row, _("诊断只有一个表（list为1），这里是“{name}”。").format(name=name))
        elif cells["kind"] == "procedure":
            into = of.procedures[name]
        else:
            report.error(file, row, _("kind只能是diagnosis或procedure，这里是“{kind}”。").format(kind=cells["kind"]))
            continue
        if code in into:
            report.often(file, row, _("重复的行，按一行计"), f"{cells['adrg']} {code}")
        into.add(code)
    return found


def _drgs(tables: Tables, report: Report) -> dict[str, list[Drg]]:
    file = "drg.csv"
    found: dict[str, dict[int, Drg]] = defaultdict(dict)
    known: set[str] = set()
    rows: dict[str, int] = {}
    for row, cells in tables.of(file):
        code, order = cells["drg"], _order(cells["order"], file, row, report)
        if not code or code in known:
            report.error(file, row, _("DRG“{code}”为空或重复。").format(code=code), _("每个DRG只写一行。"))
            continue
        known.add(code)
        rows[code] = row
        if order in found[cells["adrg"]]:
            report.error(file, row, _("次序{order}在ADRG{adrg}内重复。").format(order=order, adrg=cells["adrg"]))
            continue
        try:
            found[cells["adrg"]][order] = Drg(code, Severity(cells["severity_test"]), cells["name"])
        except ValueError:
            report.error(
                file, row, _("不认识的严重程度条件“{text}”。").format(text=cells["severity_test"]), choices(Severity)
            )
    ordered = {adrg: [of[order] for order in sorted(of)] for adrg, of in found.items()}
    for adrg, of in ordered.items():
        passed: list[Drg] = []
        for drg in of:
            before = next((one for one in passed if _covers(one.severity, drg.severity)), None)
            if before is not None:
                report.error(
                    file,
                    rows[drg.code],
                    _("DRG{code}排在{before}之后，没有病例能到达。").format(code=drg.code, before=before.code),
                    _("请调整次序或严重程度条件。"),
                )
            passed.append(drg)
        if of and of[-1].severity is not Severity.NONE:
            report.warn(
                file, rows[of[-1].code], _("ADRG{adrg}没有不带并发症的DRG，这类病例将无法入组。").format(adrg=adrg)
            )
    return ordered


def _covers(earlier: Severity, later: Severity) -> bool:
    """Whether every case that passes the later test passes the earlier one."""
    rank = [Severity.MCC, Severity.MCC_OR_CC, Severity.NONE]
    return rank.index(earlier) >= rank.index(later)
