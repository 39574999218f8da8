"""What pages are asked for in their address: a period, a number; what makes no sense is the usual."""

from datetime import date, timedelta

from django.http import HttpRequest

from yigongti.kernel import clock


def number(text: str) -> int | None:
    """A number the database can hold, or None."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def day(text: str) -> date | None:
    """A day of this century, or None."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2100 else None


def period(request: HttpRequest) -> tuple[date, date]:
    """``since`` and ``until``: without them, the twelve months up to the end of last month."""
    last = clock.month_of(clock.today()) - timedelta(days=1)
    until = day(request.GET.get("until", "")) or last
    since = day(request.GET.get("since", "")) or clock.month_of(until).replace(year=until.year - 1) + timedelta(days=31)
    since = since if request.GET.get("since") else clock.month_of(since)
    return since, until
