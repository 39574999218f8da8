"""Money in whole fen. A split always sums to what was split; nothing here ever touches a float."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

Weight = int | Decimal | Fraction


def split(total_fen: int, weights: Sequence[Weight]) -> list[int]:
    """Share out ``total_fen`` in proportion to ``weights`` by the largest remainder.

    The parts sum to ``total_fen`` exactly; no part is a whole fen or more away from its exact share; ties
    go to the earlier weight. A negative total (a recovery) splits as its mirror image.
    Raises ValueError for no weights, a negative weight, or weights that sum to zero.
    """
    shares = [Fraction(w) for w in weights]
    whole = sum(shares, Fraction(0))
    if not shares or any(share < 0 for share in shares) or whole == 0:
        raise ValueError("weights must be non-negative and not all zero")
    if total_fen < 0:
        return [-part for part in split(-total_fen, weights)]
    exact = [total_fen * share / whole for share in shares]
    parts = [int(e) for e in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: total_fen - sum(parts)]:
        parts[i] += 1
    return parts


LARGEST = Decimal(10) ** 15
"""In yuan: more than any sum of money there is, and in fen it fits the database's whole numbers."""


def fen(yuan_amount: Decimal | str | int) -> int:
    """Yuan to whole fen, half a fen rounded up. Raises ValueError when it is not a number, or more than any amount."""
    try:
        amount = Decimal(yuan_amount)
        if not amount.is_finite() or abs(amount) >= LARGEST:
            raise ValueError(f"not an amount of money: {str(yuan_amount)[:40]!r}")
        return int((amount * 100).to_integral_value(rounding=ROUND_HALF_UP))
    except ArithmeticError as error:
        raise ValueError(f"not an amount of money: {yuan_amount!r}") from error


def yuan(amount_fen: int) -> str:
    """Fen as people read yuan: ``123456`` → ``"1,234.56"``."""
    return f"{Decimal(amount_fen) / 100:,.2f}"
