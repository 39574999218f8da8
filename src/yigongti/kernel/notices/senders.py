"""Who carries a text to a phone. The default writes it to a file and says so in the log.

A sign-in code is its phone's holder's alone: no page and no log shows one, except where ``codes_shown``.

A place names its own sender (a gateway for SMS, a WeChat service account) in YIGONGTI_SENDER: ``package.module:Class``.
"""

import hashlib
import json
import logging
import os
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import connection

from yigongti.kernel import clock
from yigongti.kernel.privacy.api import mask_phone

log = logging.getLogger(__name__)


class Sender(Protocol):
    """Carries texts. ``key`` is the same at every attempt of one text: a sender must deliver a key once."""

    def send(self, *, key: str, phone: str, text: str) -> None:
        """Raises an exception when the text could not be handed on; it is then tried again."""
        ...


@dataclass(frozen=True)
class Sent:
    """A text as the default sender keeps it; the phone is masked."""

    phone: str
    text: str
    at: datetime


class FileSender:
    """Writes each text into a file below VAR/outbox, named by its key: a second attempt finds the file of the first."""

    def send(self, *, key: str, phone: str, text: str) -> None:
        folder = outbox()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = hashlib.sha256(f"{key} {phone}".encode()).hexdigest()[:32]
        draft = folder / f"{name}.{os.getpid()}.draft"
        draft.touch(mode=0o600)
        draft.write_text(
            json.dumps({"phone": mask_phone(phone), "text": text, "at": clock.now().isoformat()}, ensure_ascii=False)
        )
        try:
            os.link(draft, folder / f"{name}.json")
        except FileExistsError:
            return
        finally:
            draft.unlink()
        log.info("text to %s: %s", mask_phone(phone), without_codes(text))


_code = re.compile(r"(?<!\d)\d{6}(?!\d)")
_DEMO = "demo county"  # the mark that config.supervise sets on a database with the demo county in it


def codes_shown() -> bool:
    """Whether sign-in codes may be read off a page or the log: for developers, and of made-up people."""
    if settings.DEBUG:
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('installation_mark') IS NOT NULL")
        [there] = cursor.fetchone()
        if not there:
            return False
        cursor.execute("SELECT EXISTS (SELECT FROM installation_mark WHERE name = %s)", [_DEMO])
        [shown] = cursor.fetchone()
    return bool(shown)


def without_codes(text: str) -> str:
    """A text as others may see it: a code of six digits is masked, unless ``codes_shown``."""
    return text if not _code.search(text) or codes_shown() else _code.sub("******", text)


def outbox() -> Path:
    """Where the default sender leaves its files."""
    folder: Path = settings.VAR / "outbox"
    return folder


def sent(limit: int = 100) -> list[Sent]:
    """What the default sender wrote last, newest first."""
    files = sorted(outbox().glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)[:limit]
    read = [json.loads(file.read_text()) for file in files]
    return [Sent(one["phone"], one["text"], datetime.fromisoformat(one["at"])) for one in read]


@cache
def sender() -> Sender:
    """The sender of this installation. Raises ImportError, AttributeError for one that isn't there."""
    module, _, name = settings.SENDER.partition(":")
    made: Sender = getattr(import_module(module), name)()
    return made
