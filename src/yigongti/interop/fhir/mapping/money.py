"""Amounts of money in FHIR, in yuan and to the fen; one that nobody means is refused in words."""

from decimal import Decimal

from yigongti.interop.fhir.elements import Json, number
from yigongti.interop.fhir.faults import Fault, Unfit
from yigongti.kernel.money import LARGEST, fen

YUAN = "CNY"
DEAREST = Decimal(10) ** 9
"""In yuan: no unit price is as much."""


def fen_of(money: Json | None, path: str) -> int | None:
    """An amount in fen; None where there is none. Raises Unfit for parts of a fen, and for more than any amount."""
    amount = _amount(money, path, LARGEST, 2)
    return None if amount is None else fen(amount)


def plain_yuan(money: Json | None, path: str) -> str | None:
    """An amount in yuan as a file has it, with up to four decimals. Raises Unfit, also for another currency."""
    amount = _amount(money, path, DEAREST, 4)
    if amount is None or money is None:
        return None
    if money.get("currency", YUAN) != YUAN:
        raise Unfit(Fault(f"{path}.currency", "fhir_value", str(money.get("currency"))))
    return f"{amount:f}"


def bounded(amount_fen: int, path: str) -> int:
    """A sum, unless it is more than any amount. Raises Unfit."""
    if abs(amount_fen) >= LARGEST * 100:
        raise Unfit(Fault(path, "fhir_amount", str(amount_fen)[:40]))
    return amount_fen


def _amount(money: Json | None, path: str, limit: Decimal, places: int) -> Decimal | None:
    if not money or "value" not in money:
        return None
    amount = Decimal(str(money["value"]))
    if abs(amount) >= limit:
        raise Unfit(Fault(f"{path}.value", "fhir_amount", number(money["value"])[:40]))
    if amount != round(amount, places):
        raise Unfit(Fault(f"{path}.value", "fhir_value", str(amount)[:40]))
    return amount
