"""The whole clearing as a workbook: the tables, every line with its formula and clause, and where it came from."""

import tempfile
from typing import Any
from urllib.parse import quote

import xlsxwriter
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from yigongti.domains.money.insurance_fund import gathering, selectors, words
from yigongti.domains.money.insurance_fund.gathering import Gathered
from yigongti.domains.money.insurance_fund.permissions import VIEW
from yigongti.domains.money.insurance_fund.statement import digest
from yigongti.domains.money.insurance_fund.web import tables
from yigongti.kernel import clock
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit.api import record
from yigongti.kernel.ui.export import safe_text, watermark

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@permission_required(VIEW)
def workbook(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The year as XLSX; draft or frozen, it says which."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    found = gathering.gather(selectors.year(pk, actor=actor))
    lines = len(found.statement.lines) if found.statement else 0
    record(actor=actor, act="insurance_fund.export", subject=f"insurance_fund.year:{pk}", detail={"lines": lines})
    response = FileResponse(_made(found, watermark(actor.name, lines, found.year.title)), content_type=TYPE)
    name = f"{found.year.title}_{clock.now():%Y%m%d-%H%M}.xlsx"
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


def _made(found: Gathered, mark: list[str]) -> Any:
    target = tempfile.TemporaryFile()  # noqa: SIM115  FileResponse closes it
    book = xlsxwriter.Workbook(target, {"constant_memory": True})
    bold, money = book.add_format({"bold": True, "bg_color": "#E5F2F0"}), book.add_format({"num_format": "#,##0.00"})
    names = words.whose(found)
    state = _("已冻结") if found.frozen else _("草稿，数字还会变化")

    def sheet(title: str, heads: list[str], rows: list[list[Any]], widths: list[int]) -> None:
        made = book.add_worksheet(title[:31])
        made.freeze_panes(1, 0)
        for i, head in enumerate(heads):
            made.set_column(i, i, widths[min(i, len(widths) - 1)])
            made.write_string(0, i, head, bold)
        for n, row in enumerate(rows, start=1):
            for i, value in enumerate(row):
                if isinstance(value, _Fen):
                    made.write_number(n, i, value / 100, money)
                elif isinstance(value, int):
                    made.write_number(n, i, value)
                elif value is not None:
                    made.write_string(n, i, safe_text(str(value)))

    holders = [h.name for h in found.inputs.holders]
    fund = [[row.label, _fen(row.cells[0].fen)] for row in [*tables.fund_rows(found), *tables.whole_rows(found)]]
    sheet(_("基金"), [_("项目"), _("金额（元）")], fund, [36, 20])
    clearing = [
        [row.label, *(_fen(cell.fen) for cell in row.cells)] for row in tables.holder_rows(found, tables.CLEARING_LINES)
    ]
    sheet(_("清算表"), [_("项目"), *holders, _("合计")], clearing, [36, 20])
    sheet(
        _("成员单位"), [_("成员单位"), _("预算单位"), _("服务量"), _("基金支付"), _("分得的结余"), _("分担的超支")],
        [[r["name"], r["holder"], r["services"], _fen(r["paid"]), _fen(r["share"]), _fen(r["borne"])]
         for r in tables.member_rows(found)],
        [30, 24, 12, 18],
    )  # fmt: skip
    lines = []
    statement = found.statement
    for line in statement.lines if statement else ():
        cited = "；".join(
            f"{rule.label} {rule.shown} {rule.document} {rule.clause}".strip() for rule in statement.citations(line)
        ) if statement else ""  # fmt: skip
        told = "；".join("：".join(words.input_words(k, v)) for k, v in line.inputs if k != "adjustment")
        lines.append([line.key, words.line_label(line), names.get(line.of or 0, ""), _fen(line.fen),
                      words.formula_label(line.formula), told, cited])  # fmt: skip
    sheet(
        _("明细"), [_("编号"), _("项目"), _("单位"), _("金额（元）"), _("公式"), _("取数"), _("依据")], lines,
        [28, 24, 22, 18, 40, 60, 80],
    )  # fmt: skip
    about = [[state], [_("校验码：%(digest)s") % {"digest": _digest(found)}], *[[text] for text in mark]]
    sheet(_("说明"), [found.year.title], about, [80])
    book.close()
    target.seek(0)
    return target


class _Fen(int):
    """An amount in fen, written as yuan."""


def _fen(amount: int | None) -> _Fen | None:
    return None if amount is None else _Fen(amount)


def _digest(found: Gathered) -> str:
    if found.frozen:
        return str(found.year.closing.digest)
    return digest(found.statement.as_json()) if found.statement else ""
