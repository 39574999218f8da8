"""Finding residents by what somebody has in hand: a name, pinyin, initials, a number, a phone.

Searching is county-wide for those who may search; what comes back identifies nobody to a stranger. Numbers are
looked up by blind index: exactly or not at all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from yigongti.domains.base.residents.candidates import standing
from yigongti.domains.base.residents.columns import fetch
from yigongti.domains.base.residents.models import IdentifierKind
from yigongti.domains.base.residents.names import fold, split_syllables
from yigongti.domains.base.residents.permissions import SEARCH
from yigongti.domains.base.residents.selectors import Card, cards
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.privacy.api import PHONE, blind_index, normalise

MOST = 50  # rows a person would still read
SHORTEST_NUMBER = 4

_han = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af]")


class By(StrEnum):
    NUMBER = "number"
    NAME = "name"
    PINYIN = "pinyin"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Found:
    """Who was found, best first; ``more`` when there are others beyond ``MOST``."""

    by: By
    cards: list[Card]
    more: bool


def search(text: str, *, actor: Actor, birth_year: int | None = None) -> Found:
    """Residents matching what was typed; ``birth_year`` narrows. Raises Forbidden without the permission to search.

    The trail keeps that somebody searched, by what kind of thing and who came back, not the words.
    """
    actor.require(SEARCH)
    text = text.strip()[:200]
    by = _kind(text)
    ids = {By.NUMBER: _by_number, By.NAME: _by_name, By.PINYIN: _by_pinyin}[by](text, birth_year) if text else []
    merged = standing(ids)
    today = list(dict.fromkeys(merged[i][0] for i in ids if i in merged))
    found = cards(today[:MOST])
    record(
        actor=actor,
        act="residents.search",
        subject="residents",
        resident_ids=found,
        detail={"by": str(by), "found": len(found)},
    )
    return Found(by, [found[i] for i in today[:MOST] if i in found], len(today) > MOST)


def _kind(text: str) -> By:
    if not text:
        return By.NOTHING
    if _han.search(text):
        return By.NAME
    return By.NUMBER if any(c.isdigit() for c in text) else By.PINYIN


def _by_number(text: str, birth_year: int | None) -> list[int]:
    """Whoever has this number as a document, card, patient number anywhere, or phone; temporary numbers too."""
    plain = normalise("", text)
    if len(plain) < SHORTEST_NUMBER:
        return []
    blinds = [blind_index(kind, text) for kind in IdentifierKind]
    rows = fetch(
        """
        SELECT resident_id FROM residents_identifier WHERE blind = ANY(%(blinds)s) AND active AND source_id IS NULL
        UNION
        SELECT resident_id FROM residents_identifier WHERE blind = ANY(%(blinds)s) AND active AND source_id IS NOT NULL
        UNION
        SELECT resident_id FROM residents_phone WHERE blind = %(phone)s
        UNION
        SELECT id FROM residents_resident WHERE temporary_no = %(temporary)s
        ORDER BY 1 LIMIT %(limit)s
        """,
        {"blinds": blinds, "phone": blind_index(PHONE, text), "temporary": text.upper(), "limit": MOST + 1},
    )
    return [row[0] for row in rows]


def _by_name(text: str, birth_year: int | None) -> list[int]:
    """Names that are, begin with, or contain the text; the shortest of them first."""
    key = fold(text)
    grams = [key] if len(key) == 1 else [key[i : i + 2] for i in range(len(key) - 1)]
    return _ranked(
        "name_grams @> %(grams)s::text[] AND (name_key LIKE %(within)s OR name LIKE %(within)s)",
        "name_key <> %(key)s, name_key NOT LIKE %(begins)s, length(name_key)",
        {"grams": grams, "key": key, "begins": f"{_like(key)}%", "within": f"%{_like(key)}%"},
        birth_year,
    )


def _by_pinyin(text: str, birth_year: int | None) -> list[int]:
    """Pinyin of the whole name or its beginning, initials, syllables within; Latin names by three letters."""
    typed = re.sub(r"[^a-zü]", "", text.lower()).replace("ü", "v")
    if not typed:
        return []
    values = {"key": typed, "begins": f"{_like(typed)}%", "within": f"%{_like(typed)}%"}
    found = _ranked(
        "pinyin = %(key)s OR pinyin LIKE %(begins)s OR initials LIKE %(begins)s AND length(%(key)s) <= 4",
        "pinyin <> %(key)s, initials <> %(key)s, length(pinyin)",
        values,
        birth_year,
    )
    if len(found) <= MOST:
        syllables, rest = split_syllables(typed)
        for grams in (syllables, [typed[i : i + 3] for i in range(len(typed) - 2)]):
            if grams and (grams is not syllables or rest != typed):
                more = _ranked(
                    "name_grams @> %(grams)s::text[] AND (pinyin LIKE %(within)s OR name_key LIKE %(within)s)",
                    "length(pinyin)",
                    {**values, "grams": grams},
                    birth_year,
                )
                found = list(dict.fromkeys([*found, *more]))
    return found[: MOST + 1]


def _ranked(condition: str, order: str, values: Mapping[str, object], birth_year: int | None) -> list[int]:
    """At most a screenful. Of very many, those the index gives first: who searches for 张 must say more anyway."""
    year = (
        "AND birth_date BETWEEN make_date(%(year)s, 1, 1) AND make_date(%(year)s, 12, 31)"
        if birth_year is not None
        else ""
    )
    rows = fetch(
        f"""
        SELECT id FROM (
            SELECT id, name_key, pinyin, initials FROM residents_resident WHERE ({condition}) {year} LIMIT 2000
        ) AS hits ORDER BY {order}, id LIMIT %(limit)s
        """,  # noqa: S608  (constants of this module)
        {**values, "year": birth_year, "limit": MOST + 1},
    )
    return [row[0] for row in rows]


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
