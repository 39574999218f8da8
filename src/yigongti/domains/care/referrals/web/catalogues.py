"""The catalogue of what each tier treats: looking up a code, the editions, bringing one in."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.terminology import api as terminology
from yigongti.domains.care.referrals import catalogue
from yigongti.domains.care.referrals.models import CatalogueEdition, CatalogueLine
from yigongti.domains.care.referrals.models.catalogue import TIER_LABELS
from yigongti.domains.care.referrals.permissions import CATALOGUE, KEEP_CATALOGUE
from yigongti.domains.care.referrals.services import catalogues
from yigongti.domains.care.referrals.services.catalogues import CatalogueRefused
from yigongti.domains.care.referrals.services.drafting import ICD10
from yigongti.domains.care.referrals.web.forms import CatalogueForm
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.intake import sheets
from yigongti.kernel.ui.filters import ChoiceFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing

_SHA256 = re.compile(r"[0-9a-f]{64}")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@permission_required(CATALOGUE)
def catalogue_page(request: HttpRequest) -> HttpResponse:
    """Where a disease belongs: search by code, name or pinyin; without a question, the edition in force."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    answers: list[dict[str, Any]] = []
    if query:
        found = terminology.search(ICD10, query, limit=8)
        codes = [(coded.code, coded.label) for coded in found] or [(query.upper(), "")]
        answers = [{"code": code, "label": label, "belongs": catalogue.where_it_belongs(code)} for code, label in codes]
    edition = catalogue.edition_on()
    context = {
        "query": query,
        "answers": answers,
        "edition": edition,
        "default": edition is not None and edition.place == catalogue.NATIONAL,
        "may_keep": request.actor.may(KEEP_CATALOGUE),  # type: ignore[attr-defined]
    }
    return render(request, "referrals/catalogue.html", context)


@permission_required(CATALOGUE)
def editions(request: HttpRequest) -> HttpResponse:
    """Every edition of this place, and the national default; which one is in force today."""
    rows = CatalogueEdition.objects.filter(place__in=(settings.PLACE, catalogue.NATIONAL)).order_by("-starts_on", "-pk")
    context = {
        "editions": rows,
        "current": catalogue.edition_on(),
        "national": catalogue.NATIONAL,
        "may_keep": request.actor.may(KEEP_CATALOGUE),  # type: ignore[attr-defined]
    }
    return render(request, "referrals/editions.html", context)


@permission_required(CATALOGUE)
def edition(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The lines of an edition."""
    row = CatalogueEdition.objects.filter(pk=pk, place__in=(settings.PLACE, catalogue.NATIONAL)).first()
    if row is None:
        raise Http404(str(pk))
    names: dict[int, str] = {}
    lines = CatalogueLine.objects.filter(edition=row)

    def where(line: CatalogueLine) -> str:
        if line.tier:
            return str(TIER_LABELS[line.tier])
        if line.institution_id not in names:
            names.update({one.institution_id or 0: one.where for one in catalogue.line_views([line])})
        return names[line.institution_id or 0]

    return Listing(
        request,
        lines,
        name="catalogue",
        title=row.name,
        order=("number",),
        page_size=50,
        columns=[
            Column("number", gettext_lazy("行"), kind="number", sort="number"),
            Column("codes", gettext_lazy("编码"), value=_codes, sort="first"),
            Column("name", gettext_lazy("病种"), lead=True, sort="name", chinese=True),
            Column("where", gettext_lazy("收治"), value=where),
            Column("condition", gettext_lazy("收治条件"), chinese=True),
        ],
        filters=[
            TextFilter("q", gettext_lazy("编码或病种"), by=_matching),
            ChoiceFilter("tier", gettext_lazy("收治层级"), by="tier", choices=list(TIER_LABELS.items())),
        ],
        export=CATALOGUE,
        empty=gettext_lazy("这一版目录没有内容"),
    ).render("referrals/edition.html", {"edition": row})


def _codes(line: CatalogueLine) -> str:
    return line.first if line.first == line.last else f"{line.first}–{line.last}"


def _matching(rows: Any, text: str) -> Any:
    code = text.strip().upper()
    named = rows.filter(name__icontains=text)
    return named | rows.filter(first__lte=code, last__gte=code[:3]) if re.match(r"[A-Z]\d", code) else named


@permission_required(KEEP_CATALOGUE)
def import_page(request: HttpRequest) -> HttpResponse:
    """Bring an edition in: the file is read and judged first; what is good may then be taken, whole."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if request.method == "POST" and "sha256" in request.POST:
        return _take(request, actor)
    form = CatalogueForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form, "columns": catalogues.HEADERS}
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            if sent.size > sheets.LARGEST:
                raise CatalogueRefused(_("文件太大，最多 5 MB。"))
            data = sent.read()
            reading = catalogues.read(data, sent.name, place=settings.PLACE)
        except CatalogueRefused as refused:
            form.add_error("file", str(refused))
        else:
            context |= {"reading": reading, "said": form.cleaned_data}
            if not reading.bad:
                _keep(reading.sha256, data)
                return render(request, "referrals/import_preview.html", context)
    return render(request, "referrals/import.html", context, status=422 if request.method == "POST" else 200)


def _take(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Take what the preview showed: the same bytes, named by their digest."""
    sha256 = request.POST["sha256"]
    form = CatalogueForm(request.POST, {})
    del form.fields["file"]
    path = _folder() / sha256
    if not _SHA256.fullmatch(sha256) or not path.exists() or not form.is_valid():
        messages.error(request, _("预览已过期，请重新选择文件。"))
        return HttpResponseRedirect(reverse("referrals:import"))
    said = form.cleaned_data
    try:
        taken = catalogues.take(
            path.read_bytes(), request.POST.get("file_name", ""), place=settings.PLACE, name=said["name"],
            document=said["document"], clause=said["clause"], starts_on=said["starts_on"], actor=actor,
        )  # fmt: skip
    except CatalogueRefused as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(reverse("referrals:import"))
    path.unlink(missing_ok=True)
    messages.success(request, _("已导入 %(n)d 行。") % {"n": taken.lines.count()})
    return HttpResponseRedirect(reverse("referrals:edition", args=[taken.pk]))


def _folder() -> Path:
    folder: Path = settings.VAR / "uploads" / "catalogues"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _keep(sha256: str, data: bytes) -> None:
    """What is being previewed, until it is taken; older previews go."""
    folder = _folder()
    for old in sorted(folder.iterdir(), key=lambda p: p.stat().st_mtime)[:-20]:
        old.unlink(missing_ok=True)
    (folder / sha256).write_bytes(data)


@permission_required(KEEP_CATALOGUE)
def template(request: HttpRequest) -> HttpResponse:
    """An empty workbook with the columns."""
    response = HttpResponse(catalogues.template(), content_type=XLSX)
    response["Content-Disposition"] = 'attachment; filename="catalogue-template.xlsx"'
    return response
