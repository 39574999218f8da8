"""How pressing a follow-up is: a band of four, from what was measured last and why somebody is followed up."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum

from yigongti.kernel import clock


class Risk(IntEnum):
    """Ordered: the list shows the highest first."""

    ROUTINE = 0
    RAISED = 1
    HIGH = 2
    URGENT = 3


@dataclass(frozen=True)
class Measured:
    """The newest readings, where there are any: mmHg, mmHg, mmol/L (fasting)."""

    systolic: Decimal | None = None
    diastolic: Decimal | None = None
    glucose: Decimal | None = None


@dataclass(frozen=True)
class Limits:
    """From where on a band begins; the same units."""

    high: Measured
    raised: Measured


def risk(measured: Measured, limits: Limits, *, urgent: bool) -> Risk:
    """``urgent``: the readings meet a criterion of urgent referral, or an urgent referral is what is followed up."""
    if urgent:
        return Risk.URGENT
    if _reaches(measured, limits.high):
        return Risk.HIGH
    return Risk.RAISED if _reaches(measured, limits.raised) else Risk.ROUTINE


def _reaches(measured: Measured, limit: Measured) -> bool:
    pairs = (
        (measured.systolic, limit.systolic),
        (measured.diastolic, limit.diastolic),
        (measured.glucose, limit.glucose),
    )
    return any(value is not None and bound is not None and value >= bound for value, bound in pairs)


def due_on(since: date, days: int) -> date:
    """The last day on which a follow-up is in time."""
    return since + timedelta(days=days)


def end_of(day: date) -> datetime:
    """The moment a day is over."""
    return clock.midnight(day + timedelta(days=1))
