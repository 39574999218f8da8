"""What a measure is: which rows of a dataset count, what of them is summed, and how a figure comes of the two sums.

Conditions are Ibis expressions on a dataset of the lake, so the same measure runs on any engine. The measures
themselves are in ``catalogue``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import ibis
import ibis.expr.types as ir
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yigongti.domains.oversight.indicators.formulas import count, mean, percentage
from yigongti.domains.oversight.indicators.rules import Rules
from yigongti.kernel.policy.api import Parameter

Text = str | Promise
Condition = Callable[[ir.Table, Rules], ir.BooleanValue]


class Theme(TextChoices):
    """What a measure is about; the cockpit shows one after the other."""

    CARE = "care", _("就医格局")
    REFERRALS = "referrals", _("转诊协同")
    APPOINTMENTS = "appointments", _("预约诊疗")
    PAYMENT = "payment", _("医保支付")


@dataclass(frozen=True)
class Unit:
    """``key``: in JSON. ``per``: how many of it make one of what people read, with so many decimal ``places``."""

    key: str
    label: Text
    per: int = 1
    places: int = 0


PERCENT = Unit("percent", "%")
VISITS = Unit("visits", _("人次"))
FEN = Unit("fen", _("元"), per=100, places=2)
CASES = Unit("cases", _("例"))
MINUTES = Unit("minutes", _("分钟"))
WEIGHT = Unit("weight_e4", _("权重"), per=10_000, places=2)
PLACES = Unit("places", _("个号"))


@dataclass(frozen=True)
class Kind:
    """How a figure comes of numerator and denominator, and with how many decimals people read it."""

    name: str
    value: Callable[[int, int], Decimal | None]
    places: int


SHARE = Kind("share", percentage, 1)
COUNT = Kind("count", count, 0)
MEAN = Kind("mean", mean, 1)


@dataclass(frozen=True)
class Feed:
    """A supply of rows a measure can't do without in any month: those of its ``counted`` rows that are ``among``.
    ``missing`` and ``thin`` say in words that there are none, or suspiciously few."""

    name: str
    missing: Text
    thin: Text
    among: Condition


def everything(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    """All that is counted."""
    return ibis.literal(True)


@dataclass(frozen=True)
class Measure:
    """Two sums over the rows that are ``counted``, and the figure that comes of them.

    The numerator sums ``numerator_of`` over the rows that are also ``of_which``, the denominator ``denominator_of``
    over all; each is a column, or empty to count rows. A share is numerator ÷ denominator in per cent; a count is the
    numerator; a mean is numerator ÷ denominator in the numerator's unit, with the median of its column beside it.
    ``rest``: the rows behind what a share lacks, where they are not simply those that are not ``of_which``.

    ``feeds`` is empty where the rows are made on this platform itself: a month without rows is nought, not missing.
    ``home``: the column that says which institution of the tree a row belongs to: where the person is looked after
    (``managing_id``) for measures of a population, where it happened for measures of the work done.
    ``breakdowns``: which of ``dimensions.DIMENSIONS`` it offers, the first by itself, and what each is called here.
    ``gap_label``: what is counted and not ``of_which``. ``target`` is None where no plan speaks of one;
    ``lower_is_better`` says which side of a target is the good one. ``growth``: how it has changed since the same
    months of the year before belongs to the figure.
    """

    name: str
    theme: Theme
    label: Text
    meaning: Text
    dataset: str
    counted: Condition
    numerator: Text
    breakdowns: Mapping[str, Text]
    home: str
    unit: Unit
    kind: Kind = SHARE
    denominator: Text = ""
    of_which: Condition = everything
    rest: Condition | None = None
    numerator_of: str = ""
    denominator_of: str = ""
    value_unit: Unit = PERCENT
    feeds: tuple[Feed, ...] = ()
    target: Parameter[Decimal] | None = None
    lower_is_better: bool = False
    growth: bool = False
    gap_label: Text = field(default=_("未计入分子的"))

    @property
    def numerator_unit(self) -> Unit:
        """A mean's numerator is in the unit of its value; any other's is the denominator's."""
        return self.value_unit if self.kind is MEAN else self.unit

    @property
    def gap_part(self) -> str:
        """Which part of a share there should be less of: "rest", or "of_which" where lower is better; else ""."""
        if self.kind is not SHARE:
            return ""
        return "of_which" if self.lower_is_better else "rest"

    def gap(self, numerator: int, denominator: int) -> int:
        """What there should be less of; of a count or a mean, what it is made of."""
        return denominator - numerator if self.gap_part == "rest" else numerator

    def reached(self, value: Decimal, target: Decimal) -> bool:
        """Whether a value is on the good side of a target."""
        return value <= target if self.lower_is_better else value >= target

    def short_of(self, value: Decimal, target: Decimal) -> Decimal:
        """How far a value is from a target on the bad side; negative beyond it."""
        return value - target if self.lower_is_better else target - value
