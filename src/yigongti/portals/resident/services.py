"""Signing residents in: a code for a number, and who may come in with it.

An unknown number is treated as a known one is: the same rows, the same answer, the same attempts. What differs, the
text to a phone, is a job's work, after the answer.
"""

import secrets
from datetime import timedelta
from hmac import compare_digest

from django.db import connection, transaction

from yigongti.domains.base.residents import api as residents
from yigongti.domains.base.residents.api import Card
from yigongti.kernel import clock
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.jobs.api import defer
from yigongti.kernel.privacy.api import blind_index
from yigongti.portals.resident import codes
from yigongti.portals.resident.models import SignInCode
from yigongti.portals.resident.policy import CODE_ATTEMPTS, CODE_MINUTES, CODES_PER_CLIENT, CODES_PER_NUMBER

NUMBER, CLIENT, PHONE = "resident.number", "resident.client", "resident.phone"
DIGITS = 6
WINDOW = timedelta(hours=1)


class TooMany(Exception):
    """So many codes were asked for that no more are sent for now."""


class CodeWrong(Exception):
    """Not the code. ``left``: attempts left."""

    def __init__(self, left: int) -> None:
        super().__init__(left)
        self.left = left


class CodeOver(Exception):
    """A code that was used, has expired or was tried too often: nothing lets anybody in with it any more."""


def ask_code(number: str, *, client: str) -> int:
    """Have a code sent to the phone on record of whoever the number names; gives the id to answer it under.

    Raises TooMany per number and per client, whether the number is known or not. So many codes went to one phone,
    under whichever numbers, that no more do: then this answers as ever, for "too many" would tell whose phone it is.
    """
    from yigongti.portals.resident.tasks import send_code

    number = residents.plain_number(number)
    number_key, client_key = blind_index(NUMBER, number), blind_index(CLIENT, client)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    lasts = timedelta(minutes=CODE_MINUTES.at().value)
    with transaction.atomic():
        _one_at_a_time(number_key)
        now = clock.now()
        _refuse_too_many(number_key, client_key)
        found = residents.reachable(number)
        phone_key = blind_index(PHONE, found.phone if found else f"nobody {number}")
        _one_at_a_time(phone_key)
        if _too_many_to(phone_key):
            found = None
        row = SignInCode.objects.create(
            number_key=number_key,
            client_key=client_key,
            phone=found.phone if found else None,
            phone_key=phone_key if found else b"",
            named_id=found.resident_id if found else None,
            code_key=b"",
            asked_at=now,
            expires_at=now + lasts,
        )
        row.code_key = codes.key_of(row.pk, code)
        row.save(update_fields=["code_key"])
        note = codes.sealed(code, found.phone if found else None, lasts=lasts)
        defer(send_code, code_id=row.pk, known=bool(found), sealed=note)
    return row.pk


def verify(code_id: int, code: str) -> list[Card]:
    """Who may come in with a code: the living and of age on record with the phone it went to, or the one of them whom
    the number named. A code is good once. Raises CodeWrong, CodeOver."""
    left = _try(code_id, code)
    if left is not None:
        record(
            actor=system_actor("resident"),
            act="resident.sign_in",
            subject=f"code:{code_id}",
            outcome="refused",
            detail={"attempts_left": left},
        )
        raise CodeWrong(left) if left else CodeOver
    row = SignInCode.objects.get(pk=code_id)
    return residents.adults_with_phone(row.phone, only=row.named_id) if row.phone else []


@transaction.atomic
def _try(code_id: int, code: str) -> int | None:
    """None when it was the code; else how many attempts are left. Raises CodeOver."""
    row = SignInCode.objects.select_for_update().filter(pk=code_id).first()
    most = CODE_ATTEMPTS.at().value
    if row is None or row.used_at or row.expires_at <= clock.now() or row.failures >= most:
        raise CodeOver
    if compare_digest(bytes(row.code_key), codes.key_of(row.pk, code)):
        row.used_at = clock.now()
        row.save(update_fields=["used_at"])
        return None
    row.failures += 1
    row.save(update_fields=["failures"])
    return most - row.failures


def _one_at_a_time(key: bytes) -> None:
    """Two askings for one number, or phone, at once must not both be the last one allowed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(key[:8], "big", signed=True)])


def _too_many_to(phone_key: bytes) -> bool:
    lately = SignInCode.objects.filter(asked_at__gt=clock.now() - WINDOW, phone_key=phone_key)
    return lately.count() >= CODES_PER_NUMBER.at().value


def _refuse_too_many(number_key: bytes, client_key: bytes) -> None:
    lately = SignInCode.objects.filter(asked_at__gt=clock.now() - WINDOW)
    if lately.filter(number_key=number_key).count() >= CODES_PER_NUMBER.at().value:
        raise TooMany
    if lately.filter(client_key=client_key).count() >= CODES_PER_CLIENT.at().value:
        raise TooMany
