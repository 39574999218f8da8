"""Lists of referrals: to answer (the urgent and overdue first), sent by us, to follow up, to approve, all."""

from typing import Any

from django.conf import settings
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.referrals import selectors
from yigongti.domains.care.referrals.models import Direction, Reach, Referral, Urgency
from yigongti.domains.care.referrals.permissions import ANSWER, APPROVE, ARRANGE, EXPORT, FOLLOW_UP, OVERSEE, SEND, VIEW
from yigongti.domains.care.referrals.permissions import FIGURES as FIGURES_PAGE
from yigongti.domains.care.referrals.web.looks import note_list
from yigongti.domains.care.referrals.web.referral import COLOURS
from yigongti.domains.care.referrals.workflow import IN_APPROVAL, REFERRAL
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Permission
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ui.filters import ChoiceFilter, DayRangeFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing

Part = tuple[str, Any, Permission, str, tuple[str, ...]]
PARTS: tuple[Part, ...] = (
    ("answer", _("待我方答复"), ANSWER, "receiver_id", ("sent", "expired")),
    ("coming", _("等患者到诊"), ANSWER, "receiver_id", ("accepted", "arrived", "treated")),
    ("approve", _("待审批"), APPROVE, "approver_id", IN_APPROVAL),
    ("oversee", _("待督办"), OVERSEE, "overseer_id", ("expired", "approval_late")),
    ("ours", _("我方发出"), ARRANGE, "origin_id", ("draft", *IN_APPROVAL, "sent", "expired", "accepted",
                                                 "declined", "not_arrived", "arrived", "treated", "certified")),
    ("follow_up", _("待随访"), FOLLOW_UP, "follow_up_id", ("returned", "certified", "arrived")),
)  # fmt: skip


def part_rows(part: Part, actor: Actor) -> QuerySet[Any]:
    """The referrals of one part that wait for the actor's institutions."""
    name, _label, permission, column, states = part
    rows = selectors.visible(actor).filter(state__in=states)
    if not actor.everything:
        rows = rows.filter(**{f"{column}__in": sorted(actor.organisations(permission))})
    if name == "follow_up":
        rows = rows.exclude(~Q(direction=Direction.DOWN), state="arrived")
    return rows


ALL = "all"


@permission_required(VIEW)
def listing(request: HttpRequest, part: str = "") -> HttpResponseBase:
    """One part of the referrals the reader stands on a side of; without a name, the first that has any."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    mine = [one for one in PARTS if actor.may(one[2])]
    counts = {one[0]: part_rows(one, actor).count() for one in mine}
    chosen = next((one for one in mine if one[0] == part), None)
    if chosen is None and part not in ("", ALL):
        raise Http404(part)
    if chosen is None and part != ALL:
        chosen = next((one for one in mine if counts[one[0]]), None)
    rows = part_rows(chosen, actor) if chosen else selectors.visible(actor)
    rows = rows.annotate(
        pressing=Case(
            When(urgency=Urgency.URGENT, state__in=("sent", "expired", *IN_APPROVAL), then=Value(0)),
            When(Q(state__in=("expired", "approval_late")) | Q(due_at__lt=clock.now()), then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )
    )
    order = ("pressing", "due_at", "-pk") if chosen else ("-opened_at", "-pk")
    names = _Names()
    page = Listing(
        request,
        rows,
        name="referrals",
        title=chosen[1] if chosen else _("全部转诊"),
        columns=columns(names),
        filters=filters(),
        order=order,
        export=EXPORT,
        empty=_("没有转诊"),
    )
    names.read(page)
    note_list(page, actor, act="referrals.browse", subject=f"referrals:{chosen[0] if chosen else ALL}")
    tabs = [
        {
            "label": one[1],
            "href": reverse("referrals:part", args=[one[0]]),
            "current": one is chosen,
            "count": counts[one[0]],
        }
        for one in mine
    ]
    tabs.append(
        {"label": _("全部"), "href": reverse("referrals:part", args=[ALL]), "current": chosen is None, "count": ""}
    )
    context = {"tabs": tabs, "may_send": actor.may(SEND), "may_count": actor.may(FIGURES_PAGE)}
    return page.render("referrals/list.html", context)


class _Names:
    """Names of the patients of a page, masked, and of institutions; asked for once. An export asks as it goes."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}
        self._places: dict[int, str] = {}

    def origin(self, row: Referral) -> str:
        if row.origin_id not in self._places:
            self._places |= organisation.names([row.origin_id])
        return self._places.get(row.origin_id, "")

    def read(self, page: Listing) -> None:
        if "export" not in page.request.GET:
            self._add([row.resident_id for row in page.page.rows])
            self._places |= organisation.names({row.origin_id for row in page.page.rows})

    def of(self, row: Referral) -> str:
        if row.resident_id not in self._known:
            self._add([row.resident_id])
        return self._known.get(row.resident_id, "")

    def _add(self, ids: list[int]) -> None:
        self._known |= {pk: card.name or card.temporary_no for pk, card in residents.cards(ids).items()}


def columns(names: _Names) -> list[Column]:
    return [
        Column("patient", _("患者"), value=names.of, lead=True, href=lambda row: row.get_absolute_url()),
        Column(
            "urgency", _("缓急"), kind="tag", value=lambda r: r.get_urgency_display(),
            tag=lambda r: "bad" if r.urgent else "",
        ),
        Column("direction", _("方向"), value=lambda row: row.get_direction_display()),
        Column("diagnosis", _("诊断"), value=lambda row: row.diagnosis),
        Column("origin", _("转出机构"), value=names.origin),
        Column("receiver_name", _("转入机构")),
        Column("state", _("状态"), kind="tag", value=lambda r: r.state_label, tag=lambda r: COLOURS[r.state]),
        Column("sent_at", _("发出时间"), kind="moment", sort="sent_at"),
        Column("due_at", _("时限"), kind="due", sort="due_at", value=lambda r: r.due_at if r.is_open else None),
        Column("answered_at", _("答复时间"), kind="moment", on_page=False),
        Column("arrived_at", _("到诊时间"), kind="moment", on_page=False),
        Column("returned_at", _("转回时间"), kind="moment", on_page=False),
        Column("followed_up_on", _("随访日期"), kind="day", on_page=False),
    ]  # fmt: skip


def filters() -> list[Any]:
    return [
        TextFilter("q", _("诊断或机构"), by=lambda rows, text: rows.filter(
            Q(diagnosis__icontains=text) | Q(diagnosis_code__istartswith=text) | Q(receiver_name__icontains=text)
        )),
        ChoiceFilter("direction", _("方向"), by="direction", choices=Direction.choices),
        ChoiceFilter("urgency", _("缓急"), by="urgency", choices=Urgency.choices),
        ChoiceFilter("reach", _("范围"), by="reach", choices=Reach.choices),
        ChoiceFilter("state", _("状态"), by="state", choices=list(REFERRAL.states.items())),
        ChoiceFilter("figure", _("统计口径"), by=by_figure, choices=FIGURES),
        ChoiceFilter("receiver", _("转入机构"), by="receiver_id", choices=_receivers),
        DayRangeFilter("sent", _("发出日期"), by="sent_at"),
    ]  # fmt: skip


FIGURES = [
    ("answered", _("已答复")),
    ("accepted", _("已接收")),
    ("not_accepted", _("未接收")),
    ("overdue", _("超时未答复或超时答复")),
    ("in_time", _("按时答复")),
    ("follow_up_due", _("应随访")),
    ("followed_up_in_time", _("按时随访")),
]


def by_figure(rows: QuerySet[Any], figure: str) -> QuerySet[Any]:
    """The referrals a figure of ``figures.py`` counts."""
    now, today = clock.now(), clock.today()
    sent = rows.filter(sent_at__isnull=False, receiver_id__isnull=False)
    match figure:
        case "answered":
            return sent.filter(answered_at__isnull=False)
        case "accepted":
            return sent.filter(answered_at__isnull=False, accepted_at__isnull=False)
        case "not_accepted":
            return sent.filter(answered_at__isnull=False, accepted_at__isnull=True)
        case "overdue":
            unanswered = Q(answered_at__isnull=True, first_answer_by__lt=now)
            unanswered &= Q(ended_at__isnull=True) | Q(ended_at__gt=F("first_answer_by"))
            return sent.filter(Q(answered_at__gt=F("first_answer_by")) | unanswered)
        case "in_time":
            return sent.filter(answered_at__lte=F("first_answer_by"))
        case "follow_up_due":
            return sent.filter(Q(followed_up_on__isnull=False) | Q(follow_up_by__lt=today), follow_up_by__isnull=False)
        case _:
            return sent.filter(followed_up_on__lte=F("follow_up_by"))


def _receivers() -> list[tuple[str, str]]:
    return [(str(view.id), view.label) for view in organisation.institutions(settings.PLACE) if view.tier]
