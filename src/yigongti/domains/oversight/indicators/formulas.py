"""The arithmetic of figures: exact, and empty where it would be a lie."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from re import fullmatch


@dataclass(frozen=True)
class Period:
    """Days from ``start`` up to, not including, ``end``; made of whole months. ``text``: 2025, 2025-Q3 or 2025-07."""

    text: str
    start: date
    end: date

    def months(self) -> tuple[date, ...]:
        """The first days of its months."""
        found, day = [], self.start
        while day < self.end:
            found.append(day)
            day = _following(day)
        return tuple(found)


def year_before(of: Period, until: date) -> Period:
    """The same months of the year before, without those whose counterpart begins after ``until``."""
    first = of.start.replace(year=of.start.year - 1)
    end = min(of.end, _following(until.replace(day=1)))
    return Period(str(first.year), first, max(first, end.replace(year=end.year - 1)))


def _following(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def period(text: str) -> Period:
    """A year, a quarter or a month. Raises ValueError for anything else."""
    match = fullmatch(r"(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?", text.strip())
    if match is None or int(match[1]) < 1900:
        raise ValueError(f"{text!r} is not a period: write 2025, 2025-Q3 or 2025-07")
    year = int(match[1])
    if match[2]:
        first, length = 3 * int(match[2]) - 2, 3
    elif match[3]:
        first, length = int(match[3]), 1
    else:
        first, length = 1, 12
    last = first + length
    return Period(text.strip(), date(year, first, 1), date(year + (last > 12), (last - 1) % 12 + 1, 1))


def percentage(numerator: int, denominator: int, places: int = 4) -> Decimal | None:
    """``numerator`` of ``denominator`` in per cent, rounded half up; None when there is nothing to share."""
    if denominator == 0:
        return None
    return (Decimal(numerator) * 100 / Decimal(denominator)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def mean(total: int, rows: int, places: int = 4) -> Decimal | None:
    """``total`` shared out evenly over ``rows``, rounded half up; None when there are no rows."""
    if rows == 0:
        return None
    return (Decimal(total) / Decimal(rows)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def growth(value: Decimal, before: Decimal, places: int = 4) -> Decimal | None:
    """By how many per cent ``value`` is above ``before``, rounded half up; None when there was nothing before."""
    if before == 0:
        return None
    return ((value - before) * 100 / before).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def count(rows: int, _of: int) -> Decimal:
    """Rows as they are: none is nought, not unknown."""
    return Decimal(rows)
