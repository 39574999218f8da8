"""A voucher's line as the pages draw it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Drawn:
    """Account, amount (debit positive), the other side's name, note."""

    code: str
    name: str
    fen: int
    other: str
    note: str

    @property
    def debit(self) -> int:
        return max(self.fen, 0)

    @property
    def credit(self) -> int:
        return max(-self.fen, 0)
