"""The chart of accounts of the place: what the platform ships, what the place adds, and proposals to add more."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from yigongti.domains.money.books import selectors
from yigongti.domains.money.books.chart import chart_of, shipped
from yigongti.domains.money.books.permissions import APPROVE_CHART, CHART, KEEP, VIEW
from yigongti.domains.money.books.services import budgets, charts
from yigongti.domains.money.books.web import typed
from yigongti.domains.money.books.web.statement_pages import XLSX
from yigongti.kernel.access.api import Actor, NotVisible, names_of
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.intake.sheets import LARGEST, SheetRefused, template
from yigongti.kernel.ledger.api import AccountKind, EntryRefused
from yigongti.kernel.ui.cases import case_page

COLOURS = {"proposed": "attention", "approved": "good", "refused": "bad", "withdrawn": ""}
TEMPLATES = {
    "chart": (
        "会计科目", charts.HEADERS,
        (("400105", "中医药专项补助收入", "收入", ""), ("500108", "信息化运维费", "费用", "")),
    ),
    "voucher": (
        "分录", typed.HEADERS,
        (("1002", "1234567.89", "", "", "期初余额"), ("3001", "", "1234567.89", "", "期初余额")),
    ),
    "budget": (
        "预算", budgets.HEADERS,
        (("4001", "财政拨款收入", "12000000", ""), ("5001", "业务活动费用", "35000000.50", "")),
    ),
}  # fmt: skip


@permission_required(VIEW, CHART)
def chart(request: HttpRequest) -> HttpResponse:
    """The chart; a POST proposes accounts of the place's own from a file, all or none."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    reading, error = None, ""
    if request.method == "POST":
        actor.require(CHART)
        sent = request.FILES.get("file")
        document = request.POST.get("document", "").replace("\0", "").strip()[:200]
        try:
            reading = charts.read_file(sent.read(LARGEST + 1) if sent else b"", place=settings.PLACE)
            if reading.bad:
                raise EntryRefused(_("文件里有 %(n)d 行有误，没有存。") % {"n": len(reading.bad)})
            made = charts.propose(settings.PLACE, reading.accounts, document=document, actor=actor)
            messages.success(request, _("已提出，由另一人批准以后才能使用。"))
            return HttpResponseRedirect(made.get_absolute_url())
        except (EntryRefused, SheetRefused) as refused:
            error = str(refused)
    own = {spec.code for spec in shipped()}
    accounts = chart_of(settings.PLACE)
    context = {
        "sections": [
            (kind.label, [(spec, len(spec.code) > 4, spec.code not in own) for spec in accounts if spec.kind == kind])
            for kind in AccountKind
        ],
        "sees_books": actor.may(VIEW),
        "may_propose": actor.may(CHART),
        "proposals": selectors.chart_proposals(settings.PLACE).order_by("-pk")[:20],
        "colours": COLOURS,
        "reading": reading,
        "error": error,
        "columns": charts.HEADERS,
    }
    return render(request, "books/chart.html", context, status=422 if error else 200)


@permission_required(VIEW, CHART, APPROVE_CHART)
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Accounts somebody would add to the chart, as a case."""
    found = selectors.chart_proposals(settings.PLACE).filter(pk=pk).first()
    if found is None:
        raise NotVisible
    people = names_of({one for one in (found.opened_by_id, found.approved_by_id) if one})
    names = {spec.code: spec.name for spec in chart_of(settings.PLACE)}
    context = {
        "specs": [(spec, _above(spec.code, names)) for spec in found.specs],
        "colour": COLOURS[found.state],
        "proposed": people.get(found.opened_by_id or 0, ""),
        "approved": people.get(found.approved_by_id or 0, ""),
    }
    return case_page(request, found, "books/chart_proposal.html", context)


def _above(code: str, names: dict[str, str]) -> str:
    """The heading an account would stand under; "" for one of the first level."""
    found = max((one for one in names if code.startswith(one) and code != one), key=len, default="")
    return f"{found} {names[found]}" if found else ""


@permission_required(KEEP, CHART)
def file_template(request: HttpRequest, which: str) -> HttpResponse:
    """An empty workbook with the columns of a chart or of a budget."""
    if which not in TEMPLATES:
        raise Http404(which)
    title, headers, examples = TEMPLATES[which]
    response = HttpResponse(template(title, headers, examples), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{which}-template.xlsx"'
    return response
