"""Whom a number could let in, for the sign-in of residents: asked before anybody is known, so it says nothing outward.

A number is a document, a card or a phone. Whether one is known, and whose it is, is told to nobody before a code has
come back from the phone on record.
"""

from dataclasses import dataclass

from yigongti.domains.base.residents.columns import fetch
from yigongti.domains.base.residents.contact import best
from yigongti.domains.base.residents.guardians import is_of_age
from yigongti.domains.base.residents.models import IdentifierKind, Phone
from yigongti.domains.base.residents.selectors import Card, cards
from yigongti.kernel.privacy.api import PHONE, blind_index, normalise, unseal


@dataclass(frozen=True)
class Reachable:
    """The phone a code goes to, and the standing entry the number names; None where it is only a phone."""

    phone: str
    resident_id: int | None


_DOCUMENTS_AND_CARDS = [kind.value for kind in IdentifierKind if kind is not IdentifierKind.PATIENT]
_FIND = """
    WITH RECURSIVE found AS (
        SELECT resident_id AS id, 0 AS by_phone FROM residents_identifier
        WHERE blind = ANY(%(blinds)s) AND active AND source_id IS NULL
        UNION
        SELECT resident_id, 1 FROM residents_phone WHERE blind = %(phone)s
    ), chain AS (
        SELECT r.id, r.merged_into_id, f.by_phone FROM found f JOIN residents_resident r ON r.id = f.id
        UNION
        SELECT r.id, r.merged_into_id, c.by_phone FROM chain c JOIN residents_resident r ON r.id = c.merged_into_id
    )
    SELECT DISTINCT id, by_phone FROM chain WHERE merged_into_id IS NULL ORDER BY by_phone, id
"""

_PHONES = """
    WITH RECURSIVE entry AS (
        SELECT id FROM unnest(%s::bigint[]) AS k (id)
        UNION
        SELECT r.id FROM entry e JOIN residents_resident r ON r.merged_into_id = e.id
    )
    SELECT p.value FROM residents_phone p JOIN entry e ON e.id = p.resident_id ORDER BY p.id DESC
"""
_CONTEXT: str = Phone._meta.get_field("value").context


def reachable(number: str) -> Reachable | None:
    """Where the code for a number goes: to the phone on record of whom it names, or to the phone itself if it is on
    record. None where there is nobody, or no phone."""
    rows = fetch(
        _FIND,
        {
            "blinds": [blind_index(kind, number) for kind in _DOCUMENTS_AND_CARDS],
            "phone": blind_index(PHONE, number),
        },
    )
    named = [resident_id for resident_id, by_phone in rows if not by_phone]
    phones = [unseal(bytes(value), _CONTEXT) for (value,) in fetch(_PHONES, [named])]  # asked for nobody, too
    if named:
        phone = best(phones)
        return Reachable(phone, named[0]) if phone and len(named) == 1 else None
    if not rows:
        return None
    return Reachable(normalise(PHONE, number), None)


def adults_with_phone(phone: str, *, only: int | None = None) -> list[Card]:
    """Who of the living and of age is on record with a phone, the eldest first; ``only`` narrows to the one whom the
    number named, if that person is among them."""
    rows = fetch(
        """
        WITH RECURSIVE chain AS (
            SELECT r.id, r.merged_into_id FROM residents_phone p JOIN residents_resident r ON r.id = p.resident_id
            WHERE p.blind = %s
            UNION
            SELECT r.id, r.merged_into_id FROM chain c JOIN residents_resident r ON r.id = c.merged_into_id
        )
        SELECT DISTINCT id FROM chain WHERE merged_into_id IS NULL
        """,
        [blind_index(PHONE, phone)],
    )
    living = [c for c in cards(row[0] for row in rows).values() if c.deceased_on is None and is_of_age(c.birth_date)]
    named = [card for card in living if card.id == only]
    return named or sorted(living, key=lambda card: (str(card.birth_date), card.id))
