"""Whom a number could let in, for the sign-in of residents: asked before anybody is known, so it says nothing outward.

A number is a document, a card or a phone. Whether one is known, and whose it is, is told to nobody before a code has
come back from the phone on record.
"""

import re
from dataclasses import dataclass

from yigongti.domains.base.residents.columns import fetch
from yigongti.domains.base.residents.contact import best, vouched_phones
from yigongti.domains.base.residents.guardians import is_of_age
from yigongti.domains.base.residents.models import IdentifierKind
from yigongti.domains.base.residents.selectors import Card, cards
from yigongti.kernel.privacy.api import PHONE, blind_index, normalise


@dataclass(frozen=True)
class Reachable:
    """The phone a code goes to, and the standing entry the number names; None where it is only a phone."""

    phone: str
    resident_id: int | None


_DOCUMENTS_AND_CARDS = [kind.value for kind in IdentifierKind if kind is not IdentifierKind.PATIENT]
_FIND = """
    WITH RECURSIVE found AS (
        SELECT resident_id AS id, 0 AS by_phone, NULL::bigint AS source_id FROM residents_identifier
        WHERE blind = ANY(%(blinds)s) AND active AND source_id IS NULL
        UNION
        SELECT resident_id, 1, source_id FROM residents_phone WHERE blind = %(phone)s AND vouched
    ), chain AS (
        SELECT r.id, r.merged_into_id, r.managing_institution_id, f.by_phone, f.source_id, true AS own
        FROM found f JOIN residents_resident r ON r.id = f.id
        UNION
        SELECT r.id, r.merged_into_id, r.managing_institution_id, c.by_phone, c.source_id, false
        FROM chain c JOIN residents_resident r ON r.id = c.merged_into_id
    )
    SELECT DISTINCT id, by_phone FROM chain
    WHERE merged_into_id IS NULL
        AND (by_phone = 0 OR own OR source_id IS NULL OR source_id = managing_institution_id)
    ORDER BY by_phone, id
"""
"""Whom a number names, and who is vouched to have the phone: as ``contact.vouched_phones`` has it."""
_phone_signs = re.compile(r"[+()]")


def plain_number(number: str) -> str:
    """The one form of whatever is asked for: a phone's digits without +86, else the document or card without gaps.

    Limits count and look-ups compare this form, so that no other spelling of a number is another number.
    """
    text = normalise("", number)
    digits = _phone_signs.sub("", text)
    return normalise(PHONE, digits) if digits.isascii() and digits.isdecimal() else text


def reachable(number: str) -> Reachable | None:
    """Where the code for a number goes: to the phone on record of whom it names, or to the phone itself if it is on
    record. None where there is nobody, or no phone."""
    number = plain_number(number)
    rows = _found([blind_index(kind, number) for kind in _DOCUMENTS_AND_CARDS], number if number.isdecimal() else "")
    named = [resident_id for resident_id, by_phone in rows if not by_phone]
    phones = vouched_phones(named)  # asked for nobody, too
    if named:
        phone = best(phones)
        return Reachable(phone, named[0]) if phone and len(named) == 1 else None
    if not rows:
        return None
    return Reachable(number, None)


def _found(blinds: list[bytes], phone: str) -> list[tuple[int, int]]:
    return fetch(_FIND, {"blinds": blinds, "phone": blind_index(PHONE, phone)})


def adults_with_phone(phone: str, *, only: int | None = None) -> list[Card]:
    """Who of the living and of age is on record with a phone, the eldest first; ``only`` narrows to the one whom the
    number named, if that person is among them."""
    living = [
        c
        for c in cards(row[0] for row in _found([], phone)).values()
        if c.deceased_on is None and is_of_age(c.birth_date)
    ]
    named = [card for card in living if card.id == only]
    return named or sorted(living, key=lambda card: (str(card.birth_date), card.id))
