"""A question and its answer. Each line is one way on: who takes it, from which state to which, what must be said.

The resident asks, asks again and says that it is settled; whoever acts for him may, too. The institution answers, or
hands the question to the one that can. An answered question closes by itself when nobody asks again.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from yigongti.domains.care.enquiries.permissions import ANSWER, ON_BEHALF
from yigongti.domains.care.enquiries.policy import ANSWER_HOURS, CLOSE_DAYS
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import Ask, Step, Workflow
from yigongti.kernel.workflow.table import Answers, Choices

if TYPE_CHECKING:
    from yigongti.domains.care.enquiries.models import Enquiry

STATES = {
    "asked": _("待答复"),
    "answered": _("已答复"),
    "closed": _("已结束"),
    "withdrawn": _("已撤回"),
}


# The rooms below import the models, and the models this table: so they are looked up when they run.


def _answer_by(case: "Enquiry") -> datetime:
    return case.entered_at + timedelta(hours=ANSWER_HOURS.at().value)


def _close_at(case: "Enquiry") -> datetime:
    return case.entered_at + timedelta(days=CLOSE_DAYS.at().value)


def _others(case: "Enquiry | None") -> Choices:
    from yigongti.domains.care.enquiries import selectors

    return selectors.other_desks(case) if case is not None else ()


def _answer(case: "Enquiry", actor: Actor, answers: Answers) -> None:
    from yigongti.domains.care.enquiries import services

    services.note_answer(case, actor, answers)


def _ask_again(case: "Enquiry", actor: Actor, answers: Answers) -> None:
    from yigongti.domains.care.enquiries import services

    services.note_question(case, actor, str(answers["question"]))


def _hand_on(case: "Enquiry", actor: Actor, answers: Answers) -> None:
    from yigongti.domains.care.enquiries import services

    services.hand_on(case, actor, answers)


ENQUIRY = Workflow(
    "enquiries.enquiry",
    _("居民咨询"),
    states=STATES,
    initial="asked",
    final={"closed", "withdrawn"},
    steps=(
        Step("answer", _("答复"), ("asked",), "answered", ANSWER, "institution_id",
             asks=(Ask("answer", _("答复内容"), hint=_("居民会收到通知。需要面诊的，请直接说明到哪里、挂什么科。")),),
             due=_answer_by, effect=_answer),
        Step("hand_on", _("转给别的机构答复"), ("asked",), "asked", ANSWER, "institution_id", plain=True, quiet=True,
             asks=(Ask("to", _("转给"), kind="choice", choices=_others), Ask("note", _("说明"), required=False)),
             effect=_hand_on),
        Step("ask_again", _("继续问"), ("answered",), "asked", ON_BEHALF, "institution_id", own="resident_id",
             asks=(Ask("question", _("想问什么")),), effect=_ask_again, quiet=True, plain=True),
        Step("withdraw", _("撤回"), ("asked",), "withdrawn", ON_BEHALF, "institution_id", own="resident_id",
             plain=True, quiet=True),
        Step("close", _("问题已解决"), ("answered",), "closed", None, own="resident_id", due=_close_at),
    ),
)  # fmt: skip
