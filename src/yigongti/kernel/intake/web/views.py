"""The pages of intake: send, the list of batches, the receipt, the file of refused rows, templates."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit.api import record
from yigongti.kernel.intake import refused_rows, selectors, uploads
from yigongti.kernel.intake.extracts import extracts
from yigongti.kernel.intake.formats import format_named, formats
from yigongti.kernel.intake.models import Batch
from yigongti.kernel.intake.permissions import RECEIVE, VIEW
from yigongti.kernel.intake.receiving import receive
from yigongti.kernel.intake.refusals import FileRefused, explain
from yigongti.kernel.intake.sources import source_name, sources
from yigongti.kernel.intake.web.forms import SendForm
from yigongti.kernel.ui.filters import ChoiceFilter, DayRangeFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing
from yigongti.kernel.ui.words import moment

SHOWN = 20
REFUSED_SUFFIX = "__refused"
STATE_TAGS = {
    Batch.State.RECEIVED: "info",
    Batch.State.READING: "info",
    Batch.State.DONE: "good",
    Batch.State.REFUSED: "bad",
    Batch.State.STOPPED: "bad",
}


@permission_required(VIEW)
def batches(request: HttpRequest) -> HttpResponseBase:
    """What was received, newest first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = selectors.batches(actor)
    senders = {
        source.id: source.name
        for source in sources(set(rows.order_by().values_list("source_id", flat=True).distinct()))
    }
    states = {state.value: str(state.label) for state in Batch.State}
    return Listing(
        request,
        rows,
        name="batches",
        title=_("数据接收"),
        order=("-received_at", "-pk"),
        columns=[
            Column("file_name", _("文件"), lead=True, href=lambda row: row.get_absolute_url()),
            Column("source_id", _("发送机构"), value=lambda row: senders.get(row.source_id, "")),
            Column("received_at", _("收到时间"), kind="moment", sort="received_at"),
            Column(
                "state",
                _("状态"),
                kind="tag",
                value=lambda row: states[row.state],
                tag=lambda row: STATE_TAGS[row.state],
            ),
            Column("stored", _("新存入"), kind="number"),
            Column("updated", _("已更新"), kind="number"),
            Column("unchanged", _("未变"), kind="number"),
            Column("refused", _("被拒绝"), kind="number", sort="refused"),
        ],
        filters=[
            TextFilter("q", _("文件名"), by="file_name__icontains"),
            ChoiceFilter("state", _("状态"), by="state", choices=Batch.State.choices),
            ChoiceFilter("source", _("发送机构"), by="source_id", choices=[(str(i), n) for i, n in senders.items()]),
            DayRangeFilter("received", _("收到日期"), by="received_at"),
        ],
        empty=_("还没有收到文件"),
    ).render("intake/batches.html", {"may_send": actor.may(RECEIVE)})


@csrf_exempt  # so that a file far too large is refused by its declared length, before its body is read for the token
def send(request: HttpRequest) -> HttpResponseBase:
    """The drop zone. Answers from the declared length alone where that is more than is taken."""
    if request.method == "POST":
        try:
            uploads.refuse_if_too_large(int(request.META.get("CONTENT_LENGTH") or 0) - 100_000)
        except FileRefused as refusal:
            response = render(request, "intake/too_large.html", {"refusal": str(refusal)}, status=413)
            response["Connection"] = "close"
            return response
    return _send(request)


@csrf_protect
@permission_required(RECEIVE)
def _send(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = SendForm(request.POST or None, request.FILES or None, actor=actor)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "intake/send.html", {"form": form}, status=status)
    received = [
        receive(
            file.file,
            file_name=file.name,
            size=file.size,
            source_id=form.cleaned_data["source"],
            actor=actor,
            extract=form.cleaned_data["extract"],
        )
        for file in form.cleaned_data["files"]
    ]
    for one in received:
        if one.again:
            messages.info(request, _again(one.batch))
    if len(received) == 1:
        return redirect(received[0].batch)
    new = sum(not one.again for one in received)
    messages.success(request, ngettext("收到 %(n)s 个文件。", "收到 %(n)s 个文件。", new) % {"n": new})
    return redirect("intake:batches")


def _again(batch: Batch) -> str:
    return _("此文件已于 %(when)s 收到，没有重复存入。以下是当时的回执。") % {"when": moment(batch.received_at)}


@permission_required(VIEW)
def receipt(request: HttpRequest, batch_id: int) -> HttpResponse:
    """What became of a file: counts, reasons, the first refused rows; progress while it is being read."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    batch = selectors.batch(batch_id, actor)
    may_see_rows = actor.may(RECEIVE, batch.source_id)
    known = extracts()
    return render(
        request,
        "intake/receipt.html",
        {
            "batch": batch,
            "source": source_name(batch.source_id),
            "counts": [
                (label, f"{number:,}")
                for label, number in (
                    (_("新存入"), batch.stored),
                    (_("已更新"), batch.updated),
                    (_("未变"), batch.unchanged),
                    (_("被拒绝"), batch.refused),
                )
            ],
            "sent_by": batch.received_by_name if batch.received_by_id else _("系统"),
            "state_tag": STATE_TAGS[Batch.State(batch.state)],
            "by_extract": [
                (known[name].label if name in known else name, counts) for name, counts in batch.by_extract.items()
            ],
            "notes": [explain(code, details) for code, details in batch.notes],
            "reasons": refused_rows.reasons(batch) if batch.refused else [],
            "first": list(_first_refused(batch)) if may_see_rows and batch.refused else [],
            "shown": SHOWN,
            "may_see_rows": may_see_rows,
            "may_send": may_see_rows,
            "earlier": selectors.earlier(batch),
        },
    )


def _first_refused(batch: Batch) -> Iterator[dict[str, Any]]:
    known = extracts()
    for row in batch.refused_rows.order_by("extract", "place", "row_no")[:SHOWN]:
        yield {
            "row_no": row.row_no,
            "place": row.place,
            "extract": known[row.extract].label if row.extract in known else row.extract,
            "sentences": [refused_rows.sentence(row.extract, fault) for fault in row.faults],
        }


@permission_required(VIEW)
def progress(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The progress bar, asked for by the page every two seconds; at the end it reloads the page."""
    batch = selectors.batch(batch_id, request.actor)  # type: ignore[attr-defined]
    response = render(request, "intake/progress.html", {"batch": batch})
    if batch.finished:
        response["HX-Refresh"] = "true"
    return response


@permission_required(RECEIVE)
def refused(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """The refused rows as a file to correct and send again."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    batch = selectors.batch(batch_id, actor)
    actor.require(RECEIVE, batch.source_id)
    if not batch.refused or not batch.finished:
        raise Http404
    with tempfile.TemporaryDirectory(dir=uploads.folder()) as folder:
        path = refused_rows.write(batch, Path(folder))
        stream = path.open("rb")  # stays readable once the folder is gone
    record(
        actor=actor,
        act="intake.download_refused",
        subject=f"batch:{batch.pk}",
        organisation_id=batch.source_id,
        detail={"rows": batch.refused},
    )
    stem = Path(batch.file_name).stem.removesuffix(REFUSED_SUFFIX)
    return FileResponse(stream, as_attachment=True, filename=f"{stem}{REFUSED_SUFFIX}{path.suffix}")


@permission_required(VIEW)
def templates(request: HttpRequest) -> HttpResponse:
    """The tables that can be sent, each with its columns and templates."""
    kinds = [kind for kind in formats() if any(kind.template(extract) for extract in extracts().values())]
    return render(request, "intake/templates.html", {"extracts": extracts().values(), "formats": kinds})


@permission_required(VIEW)
def template(request: HttpRequest, format_name: str, extract: str) -> HttpResponse:
    """An empty table to fill in."""
    try:
        made = format_named(format_name).template(extracts()[extract])
    except LookupError:
        made = None
    if made is None:
        raise Http404
    name, contents = made
    response = HttpResponse(contents, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
