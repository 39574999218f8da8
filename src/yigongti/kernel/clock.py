"""The only source of time: aware datetimes in China Standard Time, and a way for tests to fix them.

Promises that nothing else in the platform reads the system clock (ruff bans the other ways), so a test
or a re-run of a closed year can say what "now" was.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")

_fixed: ContextVar[datetime | None] = ContextVar("fixed_clock", default=None)


def now() -> datetime:
    """The present moment, aware, in China Standard Time."""
    return _fixed.get() or datetime.now(ZONE)


def today() -> date:
    """The present calendar day in China."""
    return now().date()


def midnight(day: date) -> datetime:
    """The first moment of a calendar day in China, aware."""
    return datetime.combine(day, time.min, tzinfo=ZONE)


def month_of(day: date) -> date:
    """The first day of the month a day lies in."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after the one a day lies in."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


@contextmanager
def fixed(at: datetime) -> Iterator[None]:
    """Hold the clock at an aware datetime inside the block. Raises ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError("the clock takes aware datetimes only")
    token = _fixed.set(at.astimezone(ZONE))
    try:
        yield
    finally:
        _fixed.reset(token)
