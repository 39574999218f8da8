"""Insured persons from a file: sent, looked at, and taken."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from yigongti.domains.money.insurance_fund import gathering, selectors
from yigongti.domains.money.insurance_fund.permissions import PREPARE
from yigongti.domains.money.insurance_fund.services import drafting, persons
from yigongti.domains.money.insurance_fund.web.year import head
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.intake.sheets import LARGEST, SheetRefused, template

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@permission_required(PREPARE)
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """A file is read and shown; what fits is stored only when somebody says so."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = selectors.year(pk, actor=actor)
    actor.require(PREPARE, case.payer_id)
    if case.state != "drafting":
        raise Http404
    read, error = None, ""
    if request.method == "POST":
        try:
            if request.POST.get("do") == "take":
                done = drafting.enter_persons(case, _said(request), actor=actor)
                messages.success(request, _("已存入 %(n)d 家成员单位的参保人数。") % {"n": done})
                return HttpResponseRedirect(reverse("insurance_fund:inputs", args=[pk]))
            sent = request.FILES.get("file")
            read = persons.read(case, sent.read(LARGEST + 1) if sent else b"")
        except (SheetRefused, drafting.DraftRefused) as refused:
            error = str(refused)
    context = {
        **head(gathering.gather(case), actor, "inputs"), "read": read, "error": error, "columns": persons.HEADERS,
    }  # fmt: skip
    return render(request, "insurance_fund/persons.html", context, status=422 if error else 200)


def _said(request: HttpRequest) -> dict[int, int]:
    """What was shown and is to be stored, by participant."""
    found = {}
    for name, text in request.POST.items():
        number = name.removeprefix("persons_")
        if number != name and all(one.isdecimal() and one.isascii() and len(one) <= 18 for one in (number, str(text))):
            found[int(number)] = int(str(text))
    return found


@permission_required(PREPARE)
def file_template(request: HttpRequest, pk: int) -> HttpResponse:
    """A workbook with the year's members and their present persons, to be filled in."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = selectors.year(pk, actor=actor)
    actor.require(PREPARE, case.payer_id)
    rows = [(row.name, "" if row.persons is None else str(row.persons)) for row in case.members()]
    response = HttpResponse(template("参保人数", persons.HEADERS, rows), content_type=XLSX)
    response["Content-Disposition"] = 'attachment; filename="insured-persons.xlsx"'
    return response
