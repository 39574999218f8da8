"""What charges are compared with: the prices in force, the names items have, and a place's rules on both (policy)."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date

from yigongti.domains.money.prices import api as prices
from yigongti.kernel import clock


def categories_of(code: str, charged_as: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The categories an item of this code is charged under by a place's rule; empty where its beginning says
    nothing. The longest beginning that fits counts."""
    fitting = [start for start in charged_as if code.startswith(start)]
    return charged_as[max(fitting, key=len)] if fitting else frozenset()


def pattern_of(words: Collection[str]) -> str | None:
    """What finds any of these words in a name; None, which finds nothing, for no words."""
    return "|".join(re.escape(word) for word in words) or None


def names_of(codes: Collection[str]) -> dict[str, str]:
    """What the place's list calls these items; codes it doesn't have are left out."""
    return prices.item_names(codes) if codes else {}


def prices_of(wanted: Iterable[tuple[str, date, str]], *, place: str) -> Mapping[tuple[str, date, str], int]:
    """What items cost, in fen, by (code, day, tier); what has no price is left out.

    Prices change seldom: a tier's are asked for at the ends of each month, and day by day only where those differ.
    """
    by_month: dict[tuple[date, str], dict[date, set[str]]] = {}
    for code, on, tier in wanted:
        by_month.setdefault((clock.month_of(on), tier), {}).setdefault(on, set()).add(code)
    found: dict[tuple[str, date, str], int] = {}
    for (_month, tier), days in by_month.items():
        codes = set().union(*days.values())
        first = prices.price_at(codes, min(days), tier, place=place)
        last = prices.price_at(codes, max(days), tier, place=place)
        for on, own in days.items():
            then = first if first == last else prices.price_at(own, on, tier, place=place)
            found |= {(code, on, tier): then[code] for code in own if code in then}
    return found
