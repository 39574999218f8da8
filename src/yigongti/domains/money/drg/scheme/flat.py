"""The tables of a scheme that stand alone: complications, exclusions, maps, names, weights."""

from collections import defaultdict
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from django.utils.translation import gettext as _

from yigongti.domains.money.drg.scheme.reading import Report, Tables
from yigongti.domains.money.drg.scheme.rules import Level
from yigongti.domains.money.drg.scheme.scheme import Complication, Weight


def read_complications(tables: Tables, report: Report) -> dict[str, Complication]:
    file = "complications.csv"
    found: dict[str, Complication] = {}
    for row, cells in tables.of(file):
        code = cells["diagnosis_code"]
        try:
            one = Complication(Level(cells["level"]), cells["exclusion_table"])
        except ValueError:
            report.error(file, row, _("不认识的级别“{text}”。").format(text=cells["level"]), choices(Level))
            continue
        if not code:
            report.error(file, row, _("诊断编码为空。"))
        elif found.setdefault(code, one) != one:
            report.error(
                file, row, _("诊断{code}已列为另一级别或另一排除表。").format(code=code), _("每个诊断只列一次。")
            )
    return found


def read_exclusions(tables: Tables, report: Report) -> dict[str, str]:
    file = "exclusions.csv"
    found: dict[str, str] = {}
    for row, cells in tables.of(file):
        code, table = cells["principal_diagnosis_code"], cells["exclusion_table"]
        if not code or not table:
            report.error(file, row, _("编码或排除表为空。"))
        elif found.setdefault(code, table) != table:
            report.error(
                file,
                row,
                _("主要诊断{code}已属于排除表{table}。").format(code=code, table=found[code]),
                _("每个主要诊断只属于一个排除表。"),
            )
    return found


def read_map(tables: Tables, file: str, report: Report) -> dict[str, str]:
    found: dict[str, str] = {}
    for row, cells in tables.of(file):
        code, target = cells["code"], cells["grouper_code"]
        if not code or not target:
            report.error(file, row, _("编码为空。"))
        elif found.setdefault(code, target) != target:
            report.error(
                file,
                row,
                _("编码{code}已对应到{target}。").format(code=code, target=found[code]),
                _("一个编码只能对应一个。"),
            )
    return found


def read_names(tables: Tables, file: str) -> dict[str, str]:
    """Code → name."""
    return {cells["code"]: cells["name"] for _row, cells in tables.of(file)}


def valid_procedures(tables: Tables, report: Report) -> dict[str, str]:
    """The procedures that count as operations → their names, "" where the table has none."""
    file = "valid_procedures.csv"
    found: dict[str, str] = {}
    for row, cells in tables.of(file):
        code = cells["procedure_code"]
        if not code:
            report.error(file, row, _("编码为空。"))
        elif code in found:
            report.often(file, row, _("重复的行，按一行计"), code)
        else:
            found[code] = cells.get("name", "")
    return found


def read_weights(
    tables: Tables, report: Report, in_force: date | None = None
) -> dict[str, tuple[tuple[date, Weight], ...]]:
    file = "weights.csv"
    found: dict[str, dict[date, Weight]] = defaultdict(dict)
    drgs = {cells["drg"] for row, cells in tables.of("drg.csv")}
    for row, cells in tables.of(file):
        code = cells["drg"]
        if code not in drgs:
            report.error(file, row, _("DRG“{code}”不在drg.csv中。").format(code=code))
            continue
        try:
            since = date.fromisoformat(cells["from"])
            weight, stay = Decimal(cells["weight"]), Decimal(cells["mean_stay_days"])
            cost = int(cells["mean_cost_fen"])
            if not (0 < weight < 1000 and 0 < stay < 1000 and 0 < cost < 10**12):
                raise ValueError(code)
            scaled, stay_e2 = weight * 10_000, stay * 100
            if scaled != int(scaled) or stay_e2 != int(stay_e2):
                raise ValueError(code)
        except (ValueError, InvalidOperation):
            report.error(
                file,
                row,
                _("日期、权重、均次费用（分）或平均住院日不合格。"),
                _("权重至多4位小数，平均住院日至多2位小数，都大于0。"),
            )
            continue
        if since in found[code]:
            report.error(file, row, _("DRG{code}在{day}已有权重。").format(code=code, day=since))
        found[code][since] = Weight(int(scaled), cost, int(stay_e2), cells["low_risk"] == "1")
    for code in sorted(drgs - found.keys()):
        report.often(file, 0, _("DRG没有权重，入组后无法算支付标准"), code)
    for code, of in sorted(found.items()):
        if in_force is not None and min(of) > in_force:
            report.often(file, 0, _("方案生效时DRG还没有权重，此前的病例无法算支付标准"), f"{code} {min(of)}")
    return {code: tuple(sorted(of.items())) for code, of in found.items()}


def choices(kind: type[StrEnum]) -> str:
    """What may stand in a column, for the sentence that says it does not."""
    return _("可用的有：{keys}。").format(keys="、".join(member.value for member in kind))
