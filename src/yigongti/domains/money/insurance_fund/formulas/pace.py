"""How a year is going: use so far against the budget, and where it would end.

The forecast, plainly: every month still to come is taken to cost what the months so far cost on average. The range is
the 95 % prediction interval of the sum of k further months, from the spread of the n there are (Student's t, n − 1
degrees of freedom): ± t · s · √(k + k²/n). With fewer than three months there is no forecast.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

MONTHS = 12
LEAST = 3
# Two-sided 95 % points of Student's t by degrees of freedom, 1 to 11.
T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201)


@dataclass(frozen=True)
class Pace:
    """In fen. ``expected``: the part of the budget that belongs to the months so far; ``forecast`` and its range are
    None while there are too few months. ``beside``: what is used in any case, whatever the months cost."""

    used: int
    expected: int
    months: int
    forecast: int | None
    low: int | None
    high: int | None
    beside: int = 0


def pace(monthly_fen: Sequence[int], budget_fen: int, beside_fen: int = 0) -> Pace:
    """``monthly_fen``: complete months from January on; ``beside_fen``: use that belongs to no month (corrections of
    earlier years), added as it is."""
    n, used = len(monthly_fen), sum(monthly_fen) + beside_fen
    expected = budget_fen * n // MONTHS
    left = MONTHS - n
    if n < LEAST:
        return Pace(used, expected, n, None, None, None, beside_fen)
    mean = sum(monthly_fen) / n
    forecast = used + round(mean * left)
    if not left:
        return Pace(used, expected, n, used, used, used, beside_fen)
    spread = sqrt(sum((m - mean) ** 2 for m in monthly_fen) / (n - 1))
    reach = round(T95[n - 2] * spread * sqrt(left + left * left / n))
    return Pace(used, expected, n, forecast, forecast - reach, forecast + reach, beside_fen)
