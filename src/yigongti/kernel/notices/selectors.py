"""One's own notices."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from yigongti.kernel.access.api import Actor
from yigongti.kernel.notices.models import Notice

SHOWN = 100


@dataclass(frozen=True)
class NoticeView:
    """A notice as pages show it; ``resident_id`` where it is about, and to, a resident."""

    id: int
    title: str
    body: str
    address: str
    urgent: bool
    told_at: datetime
    read_at: datetime | None
    resident_id: int | None


def of_account(actor: Actor) -> "QuerySet[Notice]":
    """The notices of a member of staff."""
    return Notice.objects.filter(account_id=actor.id or 0)


def of_resident(resident_ids: Iterable[int]) -> list[NoticeView]:
    """The newest notices of residents; the caller has checked that the reader acts for them."""
    found = Notice.objects.filter(resident_id__in=list(resident_ids)).order_by("-told_at", "-pk")[:SHOWN]
    return [NoticeView(n.pk, n.title, n.body, n.address, n.urgent, n.told_at, n.read_at, n.resident_id) for n in found]


@dataclass(frozen=True)
class Unread:
    """What the bell shows: how many are unread, and the newest urgent one of them."""

    count: int
    urgent: NoticeView | None


def unread(actor: Actor) -> Unread:
    """The unread notices of a member of staff, in one query unless one of them is urgent."""
    rows = list(of_account(actor).filter(read_at=None).values_list("pk", "urgent")[:SHOWN])
    pressing = [pk for pk, urgent in rows if urgent]
    if not pressing:
        return Unread(len(rows), None)
    n = Notice.objects.get(pk=max(pressing))
    shown = NoticeView(n.pk, n.title, n.body, n.address, n.urgent, n.told_at, n.read_at, None)
    return Unread(len(rows), shown)
