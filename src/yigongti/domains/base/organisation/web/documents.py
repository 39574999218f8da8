"""Governing documents: the list of an organisation, one with its versions, two versions compared."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation.formulas import Section, text_of
from yigongti.domains.base.organisation.formulas import compare as compare_sections
from yigongti.domains.base.organisation.models import Document, DocumentVersion, Organisation
from yigongti.domains.base.organisation.permissions import KEEP_DOCUMENTS, VIEW
from yigongti.domains.base.organisation.services import documents as services
from yigongti.domains.base.organisation.services.tree import OrganisationRefused
from yigongti.domains.base.organisation.web.forms import DocumentForm, VersionForm
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required


@permission_required(VIEW)
def documents(request: HttpRequest, pk: int) -> HttpResponse:
    """The governing documents of an organisation, each with the version in force today."""
    row = get_object_or_404(Organisation, pk=pk)
    today = clock.today()
    found = [
        {
            "document": document,
            "versions": document.versions.count(),
            "in_force": document.versions.filter(in_force_from__lte=today)
            .order_by("-in_force_from", "-number")
            .first(),
        }
        for document in row.documents.order_by("kind", "title")
    ]
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {"row": row, "documents": found, "may_keep_documents": actor.may(KEEP_DOCUMENTS, pk)}
    return render(request, "organisation/documents.html", context)


@permission_required(VIEW)
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """One document: all versions, and the text of the one asked for (the newest)."""
    found = get_object_or_404(Document.objects.select_related("organisation"), pk=pk)
    versions = list(found.versions.order_by("-number"))
    wanted = request.GET.get("version", "")
    shown = next((v for v in versions if str(v.number) == wanted), versions[0])
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return render(
        request,
        "organisation/document.html",
        {
            "document": found,
            "versions": versions,
            "shown": shown,
            "in_force": _in_force(versions),
            "may_keep_documents": actor.may(KEEP_DOCUMENTS, found.organisation_id),
        },
    )


def _in_force(versions: list[DocumentVersion]) -> DocumentVersion | None:
    begun = [v for v in versions if v.in_force_from <= clock.today()]
    return max(begun, key=lambda v: (v.in_force_from, v.number), default=None)


@permission_required(VIEW)
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Two versions side by side in one text: what was taken out and what was put in."""
    found = get_object_or_404(Document.objects.select_related("organisation"), pk=pk)
    versions = {str(v.number): v for v in found.versions.order_by("number")}
    newest = max(versions.values(), key=lambda v: v.number)
    newer = versions.get(request.GET.get("newer", ""), newest)
    older = versions.get(request.GET.get("older", "")) or versions.get(str(newer.number - 1))
    if older is None:
        raise Http404
    changes = compare_sections(_sections(older), _sections(newer))
    return render(
        request,
        "organisation/compare.html",
        {
            "document": found,
            "versions": list(versions.values()),
            "older": older,
            "newer": newer,
            "changes": changes,
            "changed": sum(change.change != "same" for change in changes),
        },
    )


def _sections(version: DocumentVersion) -> list[Section]:
    return [Section(one["heading"], one["text"]) for one in version.sections]


@permission_required(KEEP_DOCUMENTS)
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a new document with its first version."""
    row = get_object_or_404(Organisation, pk=pk)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    actor.require(KEEP_DOCUMENTS, pk)
    form = DocumentForm(request.POST or None, request.FILES or None)
    if request.method != "POST":
        return render(request, "organisation/new_document.html", {"row": row, "form": form})
    if form.is_valid():
        try:
            version = services.add_document(pk, actor=actor, **form.cleaned_data)
            return _recorded(request, version)
        except OrganisationRefused as refused:
            form.add_error(None, str(refused))
    return render(request, "organisation/new_document.html", {"row": row, "form": form}, status=422)


@permission_required(KEEP_DOCUMENTS)
def new_version(request: HttpRequest, pk: int) -> HttpResponse:
    """Record the next version, starting from the text of the last."""
    found = get_object_or_404(Document.objects.select_related("organisation"), pk=pk)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    actor.require(KEEP_DOCUMENTS, found.organisation_id)
    last = found.versions.latest("number")
    form = VersionForm(request.POST or None, request.FILES or None, initial={"text": _as_text(last)})
    context: dict[str, Any] = {"document": found, "form": form, "last": last}
    if request.method != "POST":
        return render(request, "organisation/new_version.html", context)
    if form.is_valid():
        try:
            version = services.add_version(pk, actor=actor, **form.cleaned_data)
            return _recorded(request, version)
        except OrganisationRefused as refused:
            form.add_error(None, str(refused))
    return render(request, "organisation/new_version.html", context, status=422)


def _recorded(request: HttpRequest, version: DocumentVersion) -> HttpResponse:
    messages.success(request, _("已登记第 %(number)s 版。") % {"number": version.number})
    return HttpResponseRedirect(reverse("organisation:document", args=[version.document_id]))


def _as_text(version: DocumentVersion) -> str:
    return text_of(_sections(version))


@permission_required(VIEW)
def file(request: HttpRequest, pk: int, number: int) -> HttpResponseBase:
    """The file of a version, to be saved."""
    version = get_object_or_404(DocumentVersion, document_id=pk, number=number)
    path = services.stored_file(version.file_sha256) if version.file_sha256 else None
    if path is None or not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename=version.file_name)
