"""What a page was asked for in its address: months and numbers, with sense made of nonsense."""

import re
from datetime import date

from django.http import HttpRequest

from yigongti.kernel import clock
from yigongti.kernel.ledger.api import BookView

_MONTH = re.compile(r"(\d{4})-(\d{2})")
FIRST, LAST = date(2000, 1, 1), date(2100, 12, 1)


def month(text: str) -> date | None:
    """The first day of a month as typed (2026-03); None for anything else."""
    match = _MONTH.fullmatch(text.strip()[:7]) if text.isascii() else None
    if match is None or not 1 <= int(match[2]) <= 12:
        return None
    found = date(int(match[1]), int(match[2]), 1)
    return found if FIRST <= found <= LAST else None


def span(request: HttpRequest, book: BookView | None = None) -> tuple[date, date]:
    """The months asked for, in order; from the year's beginning to this month where nothing sensible was asked."""
    until = month(request.GET.get("until", "")) or clock.month_of(clock.today())
    since = month(request.GET.get("since", "")) or date(until.year, 1, 1)
    return min(since, until), max(since, until)


def number(text: str | None) -> int | None:
    """A row's id as typed, or None."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 18 else None


def day(text: str) -> date | None:
    """A day as typed (2026-03-09), or None."""
    try:
        found = date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None
    return found if FIRST <= found <= LAST else None
