"""Questions of residents, for everybody above: asking, reading one's own, what waits, how long answers take."""

from yigongti.domains.care.enquiries.models import Topic
from yigongti.domains.care.enquiries.permissions import ANSWER, FIGURES, ON_BEHALF
from yigongti.domains.care.enquiries.selectors import (
    Desk,
    EnquiryView,
    Figures,
    MessageView,
    answered_of,
    desks,
    figures,
    get,
    of_resident,
    open_count,
    open_for,
)
from yigongti.domains.care.enquiries.services import LONGEST, AskRefused, ask, ask_again, take_own
from yigongti.domains.care.enquiries.workflow import ENQUIRY

TOPICS = tuple(Topic.choices)
"""What a question may be about: (code, label)."""

__all__ = [
    "ANSWER",
    "ENQUIRY",
    "FIGURES",
    "LONGEST",
    "ON_BEHALF",
    "TOPICS",
    "AskRefused",
    "Desk",
    "EnquiryView",
    "Figures",
    "MessageView",
    "answered_of",
    "ask",
    "ask_again",
    "desks",
    "figures",
    "get",
    "of_resident",
    "open_count",
    "open_for",
    "take_own",
]
