"""Arithmetic of referrals: working-day deadlines, ranges of codes, medians. Knows no rows."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction

from yigongti.kernel import clock

TIER_RANK = {"village": 0, "primary": 1, "secondary": 2, "tertiary": 3}


def after_working_days(at: datetime, days: int, works: Callable[[date], bool]) -> datetime:
    """The same hour so many working days later. What comes on a day off counts from the next working day's beginning.

    Friday 16:00 + 1 → Monday 16:00; Saturday 10:00 + 1 → the end of Monday, that is Tuesday 00:00.
    """
    moment = at.astimezone(clock.ZONE)
    day = moment.date()
    counts = works(day)
    for _n in range(days):
        day = _next(day, works)
    return (
        datetime.combine(day, moment.time(), tzinfo=clock.ZONE) if counts else clock.midnight(day + timedelta(days=1))
    )


def _next(day: date, works: Callable[[date], bool]) -> date:
    """The first working day after a day. A calendar without one within a year is a mistake: ValueError."""
    for ahead in range(1, 366):
        if works(later := day + timedelta(days=ahead)):
            return later
    raise ValueError("a year without a working day")


def direction(origin_tier: str, receiver_tier: str) -> str:
    """up, down or sideways; raises KeyError for an institution without a tier."""
    difference = TIER_RANK[receiver_tier] - TIER_RANK[origin_tier]
    return "up" if difference > 0 else "down" if difference < 0 else "sideways"


def within(code: str, first: str, last: str) -> bool:
    """Whether an ICD-10 code lies in a range given by beginnings of codes, both included.

    ``within("I10.x00x002", "I10", "I15")``; ``within("J15.902", "J15.0", "J15.9")``.
    """
    folded, low, high = code.strip().upper(), first.upper(), last.upper()
    return len(folded) >= len(low) and folded[: len(low)] >= low and folded[: len(high)] <= high


def median(values: Sequence[int]) -> Fraction | None:
    """The middle value; of an even number, the mean of the two."""
    ordered = sorted(values)
    if not ordered:
        return None
    half = len(ordered) // 2
    return Fraction(ordered[half]) if len(ordered) % 2 else Fraction(ordered[half - 1] + ordered[half], 2)


def nearest_rank(values: Sequence[int], percent: int) -> int | None:
    """The smallest value that at least so many percent of the values do not exceed."""
    ordered = sorted(values)
    if not ordered:
        return None
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(rank, 1) - 1]


def share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


def merged(spans: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Ranges of three-character categories without overlaps, in order; neighbours (I10–I15, I16–I20) are joined."""
    found: list[tuple[str, str]] = []
    for first, last in sorted(spans):
        if found and first <= _after(found[-1][1]):
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def _after(category: str) -> str:
    number = int(category[1:]) + 1
    return f"{category[0]}{number:02d}" if number < 100 else f"{chr(ord(category[0]) + 1)}00"
