"""Reading questions: the resident's own, those at one's desk, how long answers take, and whom a resident may ask."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.enquiries.models import Enquiry, Message
from yigongti.domains.care.enquiries.permissions import ANSWER, FIGURES
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible, ScopedQuerySet
from yigongti.kernel.audit.api import record
from yigongti.kernel.workflow.table import Choices


@dataclass(frozen=True)
class Desk:
    """An institution a resident may ask."""

    id: int
    name: str
    why: str


@dataclass(frozen=True)
class MessageView:
    """Something said: by the resident (``own``), or by ``who`` for ``where``."""

    at: datetime
    own: bool
    who: str
    where: str
    text: str


@dataclass(frozen=True)
class EnquiryView:
    """A question with all that was said in it, the first thing first."""

    id: int
    resident_id: int
    institution_id: int
    institution: str
    topic: str
    topic_label: str
    state: str
    state_label: str
    asked_at: datetime
    due_at: datetime | None
    first_answered_at: datetime | None
    messages: tuple[MessageView, ...]
    address: str

    @property
    def open(self) -> bool:
        return self.state in ("asked", "answered")

    @property
    def overdue(self) -> bool:
        return self.state == "asked" and self.due_at is not None and self.due_at < clock.now()

    @property
    def question(self) -> str:
        """What was asked first."""
        return self.messages[0].text if self.messages else ""


def desks(resident_id: int) -> list[Desk]:
    """Whom a resident may ask: the institution that manages him, then the hospital that leads its consortium."""
    card = residents.card(resident_id)
    if card is None:
        raise NotVisible
    today = clock.today()
    manager = card.managing_institution_id
    above = organisation.path(manager) if manager else ()
    leads = next((one.led_by for one in reversed(above) if one.led_by), ())
    if not leads:
        root = above[0].place if above else ""
        known = organisation.institutions(root) if root else _everywhere()
        leads = tuple(one.id for one in known if one.kind == "lead_hospital")
    found = organisation.get_many({*leads, *([manager] if manager else [])})
    ids = dict.fromkeys([*([manager] if manager else []), *leads])
    return [
        Desk(i, found[i].label, _("管理我的机构") if i == manager else _("牵头医院健康管理中心"))
        for i in ids
        if i in found and found[i].exists_on(today)
    ]


def _everywhere() -> list[organisation.OrganisationView]:
    from django.conf import settings

    return organisation.institutions(settings.PLACE)


def other_desks(case: Enquiry) -> Choices:
    """Where a question could be handed on to."""
    return tuple((str(desk.id), desk.name) for desk in desks(case.resident_id) if desk.id != case.institution_id)


def of_resident(resident_id: int, *, actor: Actor) -> list[EnquiryView]:
    """A resident's questions, newest first; for himself and who acts for him. Raises NotVisible."""
    entries = residents.cluster(resident_id)
    if not entries or not (actor.everything or entries[0] in actor.residents):
        raise NotVisible
    rows = Enquiry.objects.unscoped("the resident's own").filter(resident_id__in=entries)
    return views(rows.order_by("-opened_at", "-pk"))


def own(enquiry_id: int, *, actor: Actor) -> Enquiry:
    """One of the resident's own questions. Raises NotVisible."""
    rows: ScopedQuerySet = Enquiry.objects.unscoped("the resident's own")
    found: Enquiry | None = rows.filter(pk=enquiry_id).first()
    if found is None or residents.whole(found.resident_id) not in actor.residents:
        raise NotVisible
    return found


def get(enquiry_id: int, *, actor: Actor) -> EnquiryView:
    """One question, for the resident or for who answers there; staff's look is in the trail. Raises NotVisible."""
    case = own(enquiry_id, actor=actor) if actor.is_resident else at_desk(enquiry_id, actor=actor)
    return views([case])[0]


def at_desk(enquiry_id: int, *, actor: Actor) -> Enquiry:
    """One question at an institution of the actor's; the look is in the trail. Raises NotVisible."""
    found: Enquiry | None = Enquiry.objects.visible_to(actor, ANSWER).filter(pk=enquiry_id).first()
    if found is None:
        raise NotVisible
    record(
        actor=actor, act="enquiries.view", subject=f"enquiries.enquiry:{found.pk}", resident_id=found.resident_id,
        detail={"relation": "duty"},
    )  # fmt: skip
    return found


def answered_of(resident_id: int, *, actor: Actor) -> list[EnquiryView]:
    """A resident's questions that were answered and are not settled yet."""
    return [one for one in of_resident(resident_id, actor=actor) if one.state == "answered"]


def open_for(actor: Actor) -> list[EnquiryView]:
    """Questions that wait for an answer at the actor's institutions, the most pressing first."""
    rows = Enquiry.objects.visible_to(actor, ANSWER).filter(state="asked")
    found = views(rows.order_by("due_at", "pk"))
    record(actor=actor, act="enquiries.list", subject="enquiries", resident_ids={one.resident_id for one in found})
    return found


def open_count(actor: Actor) -> int:
    """How many wait."""
    count: int = Enquiry.objects.visible_to(actor, ANSWER).filter(state="asked").count()
    return count


def views(rows: Iterable[Enquiry] | ScopedQuerySet) -> list[EnquiryView]:
    """Rows as views, in the order given, with what was said in each."""
    found = list(rows)
    said: dict[int, list[Message]] = {}
    for message in Message.objects.filter(enquiry_id__in=[row.pk for row in found]).order_by("at", "pk"):
        said.setdefault(message.enquiry_id, []).append(message)
    names = organisation.names(
        {row.institution_id for row in found}
        | {m.organisation_id for messages in said.values() for m in messages if m.organisation_id}
    )
    return [_view(row, said.get(row.pk, []), names) for row in found]


def _view(row: Enquiry, said: list[Message], names: dict[int, str]) -> EnquiryView:
    return EnquiryView(
        id=row.pk,
        resident_id=row.resident_id,
        institution_id=row.institution_id,
        institution=names.get(row.institution_id, ""),
        topic=row.topic,
        topic_label=str(row.get_topic_display()),
        state=row.state,
        state_label=row.state_label,
        asked_at=row.opened_at,
        due_at=row.due_at,
        first_answered_at=row.first_answered_at,
        messages=tuple(
            MessageView(
                m.at, m.by_resident, residents.plain_name(m.author), names.get(m.organisation_id or 0, ""), m.text
            )
            for m in said
        ),
        address=row.get_absolute_url(),
    )


@dataclass(frozen=True)
class Figures:
    """How an institution answers, of what was asked there in a period. ``median_hours``: to the first answer."""

    institution_id: int
    institution: str
    asked: int
    answered: int
    in_time: int
    waiting: int
    overdue: int
    median_hours: float | None

    @property
    def share_in_time(self) -> float | None:
        """Of those answered or overdue, the share answered by the deadline."""
        due = self.answered + self.overdue
        return self.in_time / due if due else None


def figures(actor: Actor, *, since: date | None = None, until: date | None = None) -> list[Figures]:
    """By institution, for questions asked in a period (``until`` included; the last 90 days, left out). Withdrawn
    questions don't count. Raises Forbidden."""
    actor.require(FIGURES)
    since = since or clock.today() - timedelta(days=90)
    rows = Enquiry.objects.visible_to(actor, FIGURES).filter(opened_at__gte=clock.midnight(since))
    if until:
        rows = rows.filter(opened_at__lt=clock.midnight(until + timedelta(days=1)))
    now = clock.now()
    at: dict[int, list[Enquiry]] = {}
    for row in rows.exclude(state="withdrawn"):
        at.setdefault(row.institution_id, []).append(row)
    names = organisation.names(at)
    return sorted(
        (_figures(pk, names.get(pk, ""), asked, now) for pk, asked in at.items()),
        key=lambda one: (-one.overdue, -one.asked, one.institution_id),
    )


def _figures(institution_id: int, name: str, asked: list[Enquiry], now: datetime) -> Figures:
    answered = [row for row in asked if row.first_answered_at]
    waiting = [row for row in asked if not row.first_answered_at and row.state == "asked"]
    hours = sorted((row.first_answered_at - row.opened_at).total_seconds() / 3600 for row in answered)  # type: ignore[operator]
    middle = len(hours) // 2
    median = None
    if hours:
        median = hours[middle] if len(hours) % 2 else (hours[middle - 1] + hours[middle]) / 2
    return Figures(
        institution_id=institution_id,
        institution=name,
        asked=len(asked),
        answered=len(answered),
        in_time=sum(
            row.first_due_at is None or row.first_answered_at <= row.first_due_at
            for row in answered
            if row.first_answered_at
        ),
        waiting=len(waiting),
        overdue=sum(row.first_due_at is not None and row.first_due_at < now for row in waiting),
        median_hours=round(median, 1) if median is not None else None,
    )
