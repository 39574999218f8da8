"""Pages of code systems: all of them, one to search and browse, bringing in an edition, and the look-up for forms."""

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from yigongti.domains.base.terminology import selectors
from yigongti.domains.base.terminology.permissions import IMPORT, VIEW
from yigongti.domains.base.terminology.selectors import SystemView
from yigongti.domains.base.terminology.services import Imported, ImportRefused, import_edition
from yigongti.domains.base.terminology.web.fields import FOUND_AT_MOST
from yigongti.domains.base.terminology.web.forms import ImportForm
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.intake.api import FileRefused

PAGE = 50
FOUND_ON_PAGE = 100


@permission_required(VIEW)
def systems(request: HttpRequest) -> HttpResponse:
    """All code systems."""
    return render(request, "terminology/systems.html", {"systems": selectors.systems()})


@permission_required(VIEW)
def system(request: HttpRequest, key: str) -> HttpResponse:
    """One code system: what is found for ``q``, else the codes under ``parent``."""
    about = _system(key)
    query, parent = _asked(request, "q").strip(), _asked(request, "parent").strip()
    context: dict[str, Any] = {"system": about, "query": query, "may_import": request.actor.may(IMPORT)}  # type: ignore[attr-defined]
    if query:
        rows = selectors.search(key, query, limit=FOUND_ON_PAGE)
        context |= {"rows": rows, "cut": len(rows) == FOUND_ON_PAGE}
    else:
        children: Any = _Children(key, parent)
        page: Any = Paginator(children, PAGE).get_page(request.GET.get("page"))
        rows = list(page.object_list)
        context |= {"rows": rows, "page": page, "parent": selectors.find(key, parent) if parent else None}
    context["in_english"], context["below_others"] = any(r.display_en for r in rows), any(r.parent for r in rows)
    context["openable"] = selectors.with_children(key, [row.code for row in rows])
    return render(request, "terminology/system.html", context)


class _Children:
    """The codes under one code, as a sequence a paginator can cut."""

    def __init__(self, system: str, parent: str) -> None:
        self._system, self._parent = system, parent

    def __len__(self) -> int:
        return selectors.browse(self._system, parent=self._parent, limit=0)[1]

    def __getitem__(self, part: slice) -> list[selectors.Coded]:
        start, stop = part.start or 0, part.stop
        return selectors.browse(self._system, parent=self._parent, offset=start, limit=stop - start)[0]


@permission_required(VIEW)
def lookup(request: HttpRequest) -> HttpResponse:
    """What is found for the text a form field holds (``name`` says which): radio buttons of that name."""
    name = request.GET.get("name", "")
    query = _asked(request, "q") or _asked(request, name)
    found = selectors.search(_asked(request, "system"), query, limit=FOUND_AT_MOST)
    return render(request, "terminology/widgets/found.html", {"found": found, "name": name, "query": query.strip()})


@permission_required(IMPORT)
def import_page(request: HttpRequest, key: str) -> HttpResponse:
    """Bring in an edition; what is wrong with the file is told on the same page."""
    about = _system(key)
    form = ImportForm(request.POST or None, request.FILES or None)
    refused: ImportRefused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            done = _import(request, key, form)
        except FileRefused as error:
            form.add_error("file", str(error))
        except ImportRefused as error:
            refused = error
        else:
            messages.success(
                request,
                _("新增 %(added)d 个，更改 %(changed)d 个，停用 %(withdrawn)d 个，未变 %(unchanged)d 个。")
                % {n: getattr(done, n) for n in ("added", "changed", "withdrawn", "unchanged")},
            )
            return HttpResponseRedirect(reverse("terminology:system", args=[key]))
    status = 422 if request.method == "POST" else 200
    return render(
        request, "terminology/import.html", {"system": about, "form": form, "refused": refused}, status=status
    )


def _import(request: HttpRequest, key: str, form: ImportForm) -> Imported:
    sent = form.cleaned_data["file"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(sent.name).name[-100:] or "codes")
        with path.open("wb") as out:
            for chunk in sent.chunks():
                out.write(chunk)
        return import_edition(
            path,
            system=key,
            version=form.cleaned_data["version"],
            starts_on=form.cleaned_data["starts_on"],
            ends_on=form.cleaned_data["ends_on"],
            complete=not form.cleaned_data["partial"],
            actor=request.actor,  # type: ignore[attr-defined]
        )


def _asked(request: HttpRequest, name: str) -> str:
    """A text of the address; PostgreSQL takes no NUL."""
    return request.GET.get(name, "").replace("\x00", "")


def _system(key: str) -> SystemView:
    about = selectors.system_view(key)
    if about is None:
        raise Http404(key)
    return about
