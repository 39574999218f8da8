"""Residents who signed in: for tests of this portal, and for those that look at its pages in a browser."""

import re
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.test import Client

from yigongti.domains.base.residents import api as residents
from yigongti.kernel import clock
from yigongti.kernel.notices.api import sent
from yigongti.portals.resident import sessions


def session_of(resident_id: int) -> SessionBase:
    """A stored session in which this resident has just signed in; its ``session_key`` is the cookie's value.

    In a browser: ``context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(pk).session_key,
    "url": base}])``, then open ``/resident/``.
    """
    card = residents.card(resident_id)
    assert card is not None, resident_id
    made: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore()
    now = clock.now().timestamp()
    made.update(
        {
            sessions.RESIDENT: resident_id,
            sessions.NAME: card.full_name,
            sessions.SEEN: now,
            sessions.SINCE: now,
        }
    )
    made.create()
    return made


def signed_in(resident_id: int) -> Client:
    """A test client of a resident who has just signed in."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session_of(resident_id).session_key)
    return client


def last_code() -> str:
    """The code in the text that the default sender wrote last."""
    found = re.search(r"\d{6}", sent(1)[0].text)
    assert found, sent(1)
    return found[0]
