"""Notices, for everybody above."""

from yigongti.kernel.notices.selectors import NoticeView, of_resident
from yigongti.kernel.notices.senders import Sender, Sent, sent, without_codes
from yigongti.kernel.notices.services import (
    deliver_waiting,
    in_the_places_language,
    notify,
    read,
    read_all,
    register_phones,
    send_text,
    settle,
)

__all__ = [
    "NoticeView",
    "Sender",
    "Sent",
    "deliver_waiting",
    "in_the_places_language",
    "notify",
    "of_resident",
    "read",
    "read_all",
    "register_phones",
    "send_text",
    "sent",
    "settle",
    "without_codes",
]
