"""Follow-ups, for the pages that show them beside other work."""

from yigongti.domains.care.follow_up.formulas import Risk
from yigongti.domains.care.follow_up.listing import FollowUpLine, rows_for
from yigongti.domains.care.follow_up.models import FollowUp, Reason
from yigongti.domains.care.follow_up.permissions import FOLLOW_UP, VIEW
from yigongti.domains.care.follow_up.selectors import Figures, figures, follow_ups, waiting, waiting_of
from yigongti.domains.care.follow_up.services.keeping import Found, Visit, ask_for, measure, record_visit

__all__ = [
    "FOLLOW_UP",
    "VIEW",
    "Figures",
    "FollowUp",
    "FollowUpLine",
    "Found",
    "Reason",
    "Risk",
    "Visit",
    "ask_for",
    "figures",
    "follow_ups",
    "measure",
    "record_visit",
    "rows_for",
    "waiting",
    "waiting_of",
]
