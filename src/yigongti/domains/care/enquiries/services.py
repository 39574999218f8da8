"""Asking, and what the steps of a question do. The effects run inside the step's transaction."""

from django.db import transaction
from django.utils.translation import gettext as _

from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.enquiries import selectors
from yigongti.domains.care.enquiries.events import EnquiryAnswered, EnquiryAsked
from yigongti.domains.care.enquiries.models import Enquiry, Message, Topic
from yigongti.domains.care.enquiries.permissions import ANSWER, ON_BEHALF
from yigongti.domains.care.enquiries.policy import OPEN_AT_ONCE
from yigongti.domains.care.enquiries.workflow import ENQUIRY
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.events import emit
from yigongti.kernel.notices.api import in_the_places_language, notify
from yigongti.kernel.workflow.api import StepRefused, open_case, take_step
from yigongti.kernel.workflow.table import Answers

SHORTEST, LONGEST = 4, 1000


class AskRefused(Exception):
    """A question that can't be asked like that. ``str()`` is a sentence for people; ``field`` is what to correct."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@transaction.atomic
def ask(
    resident_id: int, *, institution_id: int, topic: str, text: str, actor: Actor, follows_id: int | None = None
) -> int:
    """Ask an institution something, for oneself, a ward, or (staff of that institution) on a resident's behalf.

    Gives the id. Raises Forbidden, NotVisible, AskRefused for an institution that isn't the resident's to ask, an
    unknown topic, too little said, or too many questions open.
    """
    entries = residents.cluster(resident_id)
    if not entries:
        raise NotVisible
    if not actor.is_resident:
        actor.require(ON_BEHALF, institution_id)
    elif entries[0] not in actor.residents:
        raise NotVisible
    text = _said(text)
    if topic not in Topic.values:
        raise AskRefused(_("请选择咨询什么。"), "topic")
    if institution_id not in {desk.id for desk in selectors.desks(entries[0])}:
        raise AskRefused(_("请选择管理您的机构或牵头医院。"), "institution")
    rows = Enquiry.objects.unscoped("the asker's own").filter(resident_id__in=entries)
    if rows.filter(state__in=("asked", "answered")).count() >= OPEN_AT_ONCE.at().value:
        raise AskRefused(_("您还有几个咨询没有结束。请先看答复，或结束已解决的。"))
    follows = rows.filter(pk=follows_id).first() if follows_id is not None else None
    case = open_case(
        Enquiry(resident_id=entries[0], institution_id=institution_id, topic=topic, follows=follows), actor=actor
    )
    case.first_due_at = case.due_at
    case.save(update_fields=["first_due_at"])
    _note(case, actor, text, by_resident=True)
    _tell_desk(case)
    return case.pk


def ask_again(enquiry_id: int, text: str, *, actor: Actor) -> None:
    """Take an answered question up again. Raises NotVisible, AskRefused, StepRefused."""
    take_step(selectors.own(enquiry_id, actor=actor), "ask_again", actor=actor, answers={"question": _said(text)})


def take_own(enquiry_id: int, step: str, *, actor: Actor) -> None:
    """The resident's steps that ask nothing: "close", "withdraw". Raises NotVisible, StepRefused."""
    take_step(selectors.own(enquiry_id, actor=actor), step, actor=actor)


def note_question(case: Enquiry, actor: Actor, text: str) -> None:
    """Effect of asking again."""
    case.rounds += 1
    _note(case, actor, text, by_resident=True)
    _tell_desk(case)


def note_answer(case: Enquiry, actor: Actor, answers: Answers) -> None:
    """Effect of answering: it is kept, and the resident is told."""
    now = clock.now()
    if case.first_answered_at is None:
        case.first_answered_at = now
    _note(case, actor, str(answers["answer"]), by_resident=False)
    _tell_resident(case)
    emit(EnquiryAnswered(case.pk, case.resident_id, case.institution_id))


def hand_on(case: Enquiry, actor: Actor, answers: Answers) -> None:
    """Effect of handing a question to another institution: the clock starts anew there, the first deadline stays."""
    to = int(answers["to"])
    if to not in {int(key) for key, _label in selectors.other_desks(case)}:
        raise StepRefused(_("不能转给这家机构。"))
    case.institution_id = to
    _tell_desk(case, again=True)


def _said(text: str) -> str:
    text = text.replace("\0", "").strip()
    if len(text) < SHORTEST:
        raise AskRefused(_("请把想问的事说清楚一些。"), "text")
    if len(text) > LONGEST:
        raise AskRefused(_("太长了，请写在 %(n)d 字以内。") % {"n": LONGEST}, "text")
    return text


def _note(case: Enquiry, actor: Actor, text: str, *, by_resident: bool) -> None:
    Message.objects.create(
        enquiry=case,
        at=clock.now(),
        by_resident=by_resident,
        author=actor.name,
        organisation_id=actor.home_organisation_id,
        text=text,
    )


@in_the_places_language()
def _tell_resident(case: Enquiry) -> None:
    notify(
        f"enquiries.answered:{case.pk}:{case.rounds}",
        title=_("您的咨询有答复了，请登录居民页面查看。"),
        address=case.get_absolute_url(),
        resident_id=case.resident_id,
    )


@in_the_places_language()
def _tell_desk(case: Enquiry, *, again: bool = False) -> None:
    """Everybody who answers there is told, once per question and desk."""
    moved = f":{case.institution_id}" if again else ""
    notify(
        f"{ENQUIRY.name}.asked:{case.pk}:{case.rounds}{moved}",
        title=case.title,
        address=case.get_absolute_url(),
        desk=(ANSWER, case.institution_id),
    )
    emit(EnquiryAsked(case.pk, case.resident_id, case.institution_id))
