"""The chart of accounts of the place: what the platform ships, and what the place adds from a file."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from yigongti.domains.money.books.chart import chart_of, shipped
from yigongti.domains.money.books.permissions import CHART, KEEP, VIEW
from yigongti.domains.money.books.services import budgets, charts
from yigongti.domains.money.books.web import typed
from yigongti.domains.money.books.web.statement_pages import XLSX
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.intake.sheets import LARGEST, SheetRefused, template
from yigongti.kernel.ledger.api import AccountKind, EntryRefused

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
    """The chart; a POST brings in a place's own accounts from a file, all or none."""
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
            taken = charts.take(settings.PLACE, reading.accounts, document=document, actor=actor)
            messages.success(request, _("已增加 %(n)d 个科目。") % {"n": taken})
            return HttpResponseRedirect(reverse("books:chart"))
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
        "may_keep": charts.may_take(settings.PLACE, actor),
        "reading": reading,
        "error": error,
        "columns": charts.HEADERS,
    }
    return render(request, "books/chart.html", context, status=422 if error else 200)


@permission_required(KEEP, CHART)
def file_template(request: HttpRequest, which: str) -> HttpResponse:
    """An empty workbook with the columns of a chart or of a budget."""
    if which not in TEMPLATES:
        raise Http404(which)
    title, headers, examples = TEMPLATES[which]
    response = HttpResponse(template(title, headers, examples), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{which}-template.xlsx"'
    return response
