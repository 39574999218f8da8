"""Telling people: in the transaction of what they are told of, once per event and person."""

from collections.abc import Callable, Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import translation

from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Permission, holders
from yigongti.kernel.jobs.api import defer
from yigongti.kernel.notices import senders
from yigongti.kernel.notices.models import Notice, Text

PhoneOf = Callable[[int], str | None]


def in_the_places_language() -> translation.override:
    """A block, or a decorated function, whose words are those of the place, whatever language its cause was shown in:
    what is told is read by others."""
    return translation.override(settings.LANGUAGE_CODE)


def _no_phone(resident_id: int) -> str | None:
    return None


_phone_of: PhoneOf = _no_phone


def register_phones(phone_of: PhoneOf) -> None:
    """The residents domain says here how a resident is reached: his phone, or None."""
    global _phone_of
    _phone_of = phone_of


def notify(
    key: str,
    *,
    title: str,
    body: str = "",
    address: str = "",
    urgent: bool = False,
    accounts: Iterable[int] = (),
    desk: tuple[Permission, int] | None = None,
    resident_id: int | None = None,
) -> None:
    """Tell people of an event in the caller's transaction: accounts, everybody who holds the permission at the
    organisation (``desk``), or a resident, who gets a text as well.

    ``key`` names the event, not the attempt: nobody is told twice under one key. ``title`` and ``body`` carry no
    number of a person. ``address`` is the page to open, a path of this platform.
    """
    told = set(accounts) | (set(holders(*desk)) if desk else set())
    common = {"title": title[:200], "body": body[:1000], "address": address, "urgent": urgent, "told_at": clock.now()}
    with transaction.atomic():
        Notice.objects.bulk_create(
            [Notice(key=key, account_id=account_id, **common) for account_id in sorted(told)], ignore_conflicts=True
        )
        if resident_id is not None:
            _tell_resident(key, resident_id, common)


def _tell_resident(key: str, resident_id: int, common: dict[str, object]) -> None:
    from yigongti.kernel.notices.tasks import deliver

    notice, new = Notice.objects.get_or_create(key=key, resident_id=resident_id, defaults=common)
    if not new:
        return
    phone = _phone_of(resident_id)
    Text.objects.create(notice=notice, phone=phone, state=Text.State.WAITING if phone else Text.State.NO_PHONE)
    if phone:
        defer(deliver, once="notices.deliver")


def deliver_waiting(limit: int = 500) -> int:
    """Hand waiting texts to the sender, each in a transaction of its own; returns how many went out.

    One killed between sending and noting it is sent again under the same key, and the sender delivers a key once. One
    that fails waits for the next run and keeps no other back; the first error is raised at the end.
    """
    waiting = list(Text.objects.filter(state=Text.State.WAITING).order_by("pk").values_list("pk", flat=True)[:limit])
    out, failed = 0, None
    for pk in waiting:
        try:
            out += _deliver(pk)
        except Exception as error:
            failed = failed or error
    if failed:
        raise failed
    return out


@transaction.atomic
def _deliver(pk: int) -> bool:
    text = (
        Text.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("notice")
        .filter(pk=pk, state=Text.State.WAITING)
        .first()
    )
    if text is None:  # another process has it
        return False
    notice = text.notice
    words = f"{notice.title} {notice.body}".strip()
    senders.sender().send(key=f"{notice.key}:{notice.resident_id}", phone=text.phone or "", text=words)
    text.state, text.sent_at = Text.State.SENT, clock.now()
    text.save(update_fields=["state", "sent_at"])
    return True


def settle(*keys: str, prefixes: Iterable[str] = ()) -> int:
    """What these notices ask for has been done: nobody needs to open them any more; returns how many were unread.

    ``prefixes``: beginnings of keys, for what was asked more than once.
    """
    meant = Q(key__in=keys)
    for prefix in prefixes:
        meant |= Q(key__startswith=prefix)
    return Notice.objects.filter(meant, read_at=None).update(read_at=clock.now())


def send_text(phone: str, text: str, *, key: str) -> None:
    """Send one text now and keep nothing of it: a sign-in code. Raises whatever the sender raises."""
    senders.sender().send(key=key, phone=phone, text=text)


def read(notice_id: int, *, actor: Actor) -> str | None:
    """Note that one of the actor's own notices was read; gives the address it leads to, None when it isn't his."""
    own = Notice.objects.filter(pk=notice_id)
    own = own.filter(resident_id__in=actor.residents) if actor.is_resident else own.filter(account_id=actor.id or 0)
    found = own.values_list("address", flat=True).first()
    own.filter(read_at=None).update(read_at=clock.now())
    return found


def read_all(*, actor: Actor) -> int:
    """Note that all of the actor's notices were read; returns how many had not been."""
    own = Notice.objects.filter(read_at=None)
    own = own.filter(resident_id__in=actor.residents) if actor.is_resident else own.filter(account_id=actor.id or 0)
    return own.update(read_at=clock.now())
