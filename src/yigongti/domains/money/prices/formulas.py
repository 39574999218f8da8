"""The effect of an adjustment: quantities times price differences, shared between fund and patients."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True)
class Quantity:
    """How often an institution charged an item in the period; ``fund_percent`` of it was paid by the fund."""

    institution_id: int
    code: str
    quantity: Decimal
    fund_percent: Decimal


@dataclass
class InstitutionEffect:
    """What the same services come to before and after at one institution, in fen, and who pays the difference."""

    institution_id: int
    before_fen: int = 0
    after_fen: int = 0
    fund_fen: int = 0
    ups: int = 0
    downs: int = 0

    @property
    def change_fen(self) -> int:
        return self.after_fen - self.before_fen

    @property
    def patient_fen(self) -> int:
        """What the fund does not carry; with the fund's part it is the whole change to the fen."""
        return self.change_fen - self.fund_fen


@dataclass
class Effect:
    """The whole effect. ``unknown``: codes that change and of which no quantity is given (not even none);
    ``unplaced``: institutions whose tier nobody knows, so that what they charged is in no sum."""

    institutions: list[InstitutionEffect] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unplaced: list[int] = field(default_factory=list)

    @property
    def before_fen(self) -> int:
        return sum(one.before_fen for one in self.institutions)

    @property
    def after_fen(self) -> int:
        return sum(one.after_fen for one in self.institutions)

    @property
    def change_fen(self) -> int:
        return self.after_fen - self.before_fen

    @property
    def fund_fen(self) -> int:
        return sum(one.fund_fen for one in self.institutions)

    @property
    def patient_fen(self) -> int:
        return sum(one.patient_fen for one in self.institutions)

    @property
    def change(self) -> Decimal | None:
        """The change as a share of what stood before; None when that was nothing."""
        return Decimal(self.change_fen) / self.before_fen if self.before_fen else None

    def within(self, margin_percent: Decimal) -> bool:
        """Whether the total stays within the margin, up or down (总量控制). From nothing, any rise is beyond it."""
        return not self.change_fen if self.change is None else abs(self.change) * 100 <= margin_percent


def effect(
    prices: Mapping[tuple[str, str], tuple[int | None, int | None]],
    usage: Iterable[Quantity],
    tier_of: Mapping[int, str],
) -> Effect:
    """The effect of prices (item code, tier) → (before, after) on what was charged.

    An item new at a tier, or no longer charged there, changes what is offered rather than its price: it counts on
    neither side. Amounts of a line are rounded half up to the fen, the fund's part likewise.
    """
    found: dict[int, InstitutionEffect] = {}
    charged: set[str] = set()
    unplaced: set[int] = set()
    changing = {code for (code, _tier), (before, after) in prices.items() if None not in (before, after)}
    for one in usage:
        if not tier_of.get(one.institution_id) and one.code in changing and one.quantity:
            unplaced.add(one.institution_id)
        before, after = prices.get((one.code, tier_of.get(one.institution_id, "")), (None, None))
        if before is None or after is None:
            continue
        charged.add(one.code)
        row = found.setdefault(one.institution_id, InstitutionEffect(one.institution_id))
        was, becomes = _whole(one.quantity * before), _whole(one.quantity * after)
        row.before_fen += was
        row.after_fen += becomes
        row.fund_fen += _whole((becomes - was) * one.fund_percent / 100)
        row.ups += after > before
        row.downs += after < before
    return Effect([found[key] for key in sorted(found)], sorted(changing - charged), sorted(unplaced))


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))
