"""Deciding who is who: what waits, two entries side by side, merges and taking them back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.residents import questions
from yigongti.domains.base.residents.concern import NotPossible
from yigongti.domains.base.residents.models import Decision, Review
from yigongti.domains.base.residents.permissions import DECIDE, MERGE
from yigongti.domains.base.residents.services.deciding import close_details, decide, undo
from yigongti.domains.base.residents.services.handover import answer
from yigongti.domains.base.residents.web.forms import ReasonForm, VerdictForm
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ui.filters import ChoiceFilter
from yigongti.kernel.ui.listing import Column, Listing

_COLOURS = {
    "open": "attention", "same": "good", "not_same": "info", "checked": "good", "handed_over": "good", "kept": "info",
}  # fmt: skip


@permission_required(DECIDE)
def reviews(request: HttpRequest) -> HttpResponseBase:
    """What waits to be decided, oldest first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = questions.reviews(actor)
    if not request.GET.get("state"):
        rows = rows.filter(state=Review.State.OPEN)
    names: dict[int, str] = {}  # of the page's residents, once it is known which those are
    listing = Listing(
        request,
        rows,
        name="reviews",
        title=gettext_lazy("身份核对"),
        columns=[
            Column("resident", gettext_lazy("居民"), lead=True, value=lambda r: names[r.resident_id],
                   href=lambda r: reverse("residents:review", args=[r.pk])),
            Column("candidate", gettext_lazy("可能是"), value=lambda r: names.get(r.candidate_id)),
            Column("question", gettext_lazy("问题"), value=lambda r: r.get_question_display()),
            Column("reasons", gettext_lazy("依据"), value=lambda r: "、".join(map(questions.label_of, r.reasons[:3]))),
            Column("source.name", gettext_lazy("来源机构")),
            Column("state", gettext_lazy("状态"), value=lambda r: r.get_state_display(), kind="tag",
                   tag=lambda r: _COLOURS[r.state]),
            Column("opened_at", gettext_lazy("提出时间"), kind="moment", sort="opened_at"),
        ],
        filters=[
            ChoiceFilter("question", gettext_lazy("问题"), "question", choices=Review.Question.choices),
            ChoiceFilter("state", gettext_lazy("状态"), "state", choices=Review.State.choices),
        ],
        order=("opened_at", "pk"),
        empty=gettext_lazy("没有需要核对的居民"),
    )  # fmt: skip
    shown = [who for row in listing.page.rows for who in (row.resident, row.candidate)]
    names.update(questions.names_listed(shown, act="residents.list_reviews", actor=actor))
    return listing.render("residents/reviews.html")


@permission_required(DECIDE)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """One question. Two entries: side by side. Contradicting details: what contradicts, and the entry. Two managers:
    who claims the resident."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    asked = get_object_or_404(questions.reviews(actor), pk=pk)
    if asked.question == Review.Question.MANAGER:
        return _handover(request, asked)
    if asked.candidate_id is not None:
        return _pair(request, asked.resident_id, asked.candidate_id, asked)
    if request.method == "POST":
        close_details(asked.pk, actor=actor)
        messages.success(request, _("已记为核对完毕。"))
        return redirect("residents:reviews")
    return render(
        request,
        "residents/details.html",
        {
            "review": asked,
            "side": questions.side(asked.resident_id, actor=actor),
            "labels": [questions.label_of(code) for code in asked.reasons],
        },
    )


def _handover(request: HttpRequest, asked: Review) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = VerdictForm(request.POST or None, verdicts=("hand_over", "keep"))
    if request.method == "POST" and form.is_valid():
        yes = form.verdict == "hand_over"
        if _attempt(form, lambda: answer(asked.pk, hand_over=yes, reason=form.why(), actor=actor)):
            messages.success(request, _("已移交管理。") if yes else _("已记为不移交，以后不再询问。"))
            return redirect("residents:reviews")
    return render(
        request,
        "residents/handover.html",
        {"review": asked, "side": questions.side(asked.resident_id, actor=actor), "form": form},
        status=422 if form.errors else 200,
    )


@permission_required(DECIDE)
def compare(request: HttpRequest, one: int, other: int) -> HttpResponse:
    """Two entries side by side, and the decision."""
    return _pair(request, one, other, None)


def _pair(request: HttpRequest, one: int, other: int, asked: Review | None) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = VerdictForm(request.POST or None, verdicts=Decision.Verdict.values)
    if request.method == "POST" and form.is_valid():
        said = _attempt(form, lambda: decide(one, other, form.verdict, reason=form.why(), actor=actor))
        if said:
            same = form.verdict == Decision.Verdict.SAME
            messages.success(
                request, _("已合并为同一人。如有误可以撤销。") if same else _("已记为不是同一人，以后不再询问。")
            )
            return redirect("residents:reviews")
    pair = questions.pair(one, other, actor=actor)
    return render(
        request,
        "residents/pair.html",
        {"pair": pair, "review": asked, "form": form},
        status=422 if form.errors else 200,
    )


@permission_required(MERGE)
def merges(request: HttpRequest) -> HttpResponseBase:
    """Merges, newest first; those that stand can be taken back."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    names: dict[int, str] = {}
    listing = Listing(
        request,
        questions.merges(actor),
        name="merges",
        title=gettext_lazy("合并记录"),
        columns=[
            Column("absorbed", gettext_lazy("并入的记录"), lead=True, value=lambda m: names[m.absorbed_id],
                   href=lambda m: reverse("residents:undo", args=[m.pk])),
            Column("kept", gettext_lazy("保留的记录"), value=lambda m: names[m.kept_id]),
            Column("reason", gettext_lazy("理由")),
            Column("merged_at", gettext_lazy("合并时间"), kind="moment", sort="merged_at"),
            Column("state", gettext_lazy("状态"), kind="tag",
                   value=lambda m: _("已撤销") if m.undone_at else _("有效"),
                   tag=lambda m: "" if m.undone_at else "good"),
        ],
        order=("-merged_at", "-pk"),
        empty=gettext_lazy("还没有合并过记录"),
    )  # fmt: skip
    shown = [who for row in listing.page.rows for who in (row.absorbed, row.kept)]
    names.update(questions.names_listed(shown, act="residents.list_merges", actor=actor))
    return listing.render("residents/merges.html")


@permission_required(MERGE)
def undo_merge(request: HttpRequest, pk: int) -> HttpResponse:
    """One merge, and the way back."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    made = get_object_or_404(questions.merges(actor), pk=pk)
    form = ReasonForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and _attempt(form, lambda: undo(pk, reason=form.why(), actor=actor))
    ):
        messages.success(request, _("合并已撤销，两条记录恢复原状。"))
        return redirect("residents:merges")
    names = questions.names_listed((made.absorbed, made.kept), act="residents.view_merge", actor=actor)
    return render(
        request,
        "residents/undo.html",
        {"merge": made, "names": names, "form": form},
        status=422 if form.errors else 200,
    )


def _attempt(form: ReasonForm, work: Callable[[], Any]) -> bool:
    """Do it; a refusal becomes an error of the form."""
    try:
        work()
    except NotPossible as refused:
        form.add_error(None, str(refused))
        return False
    return True
