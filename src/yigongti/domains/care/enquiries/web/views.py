"""The desk's pages: what residents ask, one question with its answer, and how long answers take."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.enquiries import selectors
from yigongti.domains.care.enquiries.models import Enquiry, Topic
from yigongti.domains.care.enquiries.permissions import ANSWER, FIGURES
from yigongti.domains.care.enquiries.workflow import STATES
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit.api import record
from yigongti.kernel.ui.cases import case_page
from yigongti.kernel.ui.filters import ChoiceFilter, DayRangeFilter
from yigongti.kernel.ui.listing import Column, Listing

_COLOURS = {"asked": "attention", "answered": "good"}


@permission_required(ANSWER)
def listing(request: HttpRequest) -> HttpResponseBase:
    """Questions at my institutions: those that wait, the most pressing first; others by the filter."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = Enquiry.objects.visible_to(actor, ANSWER).select_related("institution")
    if not request.GET.get("state"):
        rows = rows.filter(state="asked")
    names: dict[int, str] = {}
    made = Listing(
        request,
        rows,
        name="enquiries",
        title=_("居民咨询"),
        columns=[
            Column("topic", _("咨询什么"), lead=True, value=lambda e: e.get_topic_display(),
                   href=lambda e: e.get_absolute_url()),
            Column("resident", _("居民"), value=lambda e: names.get(e.resident_id, "")),
            Column("institution.short_name", _("答复机构"),
                   value=lambda e: e.institution.short_name or e.institution.name),
            Column("state", _("状态"), kind="tag", value=lambda e: e.state_label,
                   tag=lambda e: _COLOURS.get(e.state, "")),
            Column("due_at", _("答复期限"), kind="due", sort="due_at",
                   value=lambda e: e.due_at if e.state == "asked" else None),
            Column("opened_at", _("提问时间"), kind="moment", sort="opened_at"),
        ],
        filters=[
            ChoiceFilter("state", _("状态"), "state", choices=list(STATES.items())),
            ChoiceFilter("topic", _("咨询什么"), "topic", choices=Topic.choices),
            DayRangeFilter("asked", _("提问日期"), by="opened_at"),
        ],
        order=("due_at", "pk"),
        empty=_("没有等待答复的咨询"),
    )  # fmt: skip
    shown = {row.resident_id for row in made.page.rows}
    names.update({pk: card.name for pk, card in residents.cards(shown).items()})
    record(actor=actor, act="enquiries.list", subject="enquiries", resident_ids=shown)
    return made.render("enquiries/list.html")


@permission_required(ANSWER)
def enquiry(request: HttpRequest, pk: int) -> HttpResponse:
    """One question: what was said, and the steps."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = selectors.at_desk(pk, actor=actor)
    return case_page(
        request,
        case,
        "enquiries/enquiry.html",
        {"enquiry": selectors.views([case])[0], "card": residents.card(case.resident_id)},
    )


@permission_required(FIGURES)
def figures(request: HttpRequest) -> HttpResponseBase:
    """How soon each institution answers, of what was asked in the last 90 days."""
    rows = selectors.figures(request.actor)  # type: ignore[attr-defined]
    return Listing(
        request,
        rows,
        name="enquiry-figures",
        title=_("咨询答复情况"),
        columns=[
            Column("institution", _("机构"), lead=True,
                   href=lambda f: reverse("organisation:organisation", args=[f.institution_id])),
            Column("asked", _("提问"), kind="number"),
            Column("answered", _("已答复"), kind="number"),
            Column("share_in_time", _("按时答复"), kind="share"),
            Column("median_hours", _("用时（小时）"), kind="number"),
            Column("waiting", _("待答复"), kind="number"),
            Column("overdue", _("超期未答复"), kind="number"),
        ],
        empty=_("近 90 天没有咨询"),
    ).render("enquiries/figures.html")  # fmt: skip
