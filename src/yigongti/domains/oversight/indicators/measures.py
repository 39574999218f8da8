"""The measures, one reading down: what is counted, of it what, in which unit, from which feeds, against which target.

Every measure here is a share: rows that count (``counted``), and among them those that are as they should be
(``of_which``). Both are Ibis conditions on a dataset of the lake, so the same measure runs on any engine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import ibis.expr.types as ir
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yigongti.domains.oversight.indicators import policy
from yigongti.kernel.policy.api import Parameter

Text = str | Promise

GRASSROOTS = ("primary", "village")
HOSPITALS = ("secondary", "tertiary")


@dataclass(frozen=True)
class Rules:
    """What the place's policy says about counting, resolved once per reading."""

    visit_settings: tuple[str, ...]


Condition = Callable[[ir.Table, Rules], ir.BooleanValue]


@dataclass(frozen=True)
class Feed:
    """A supply of rows a measure can't do without in any month: those of its ``counted`` rows that are ``among``.
    ``missing`` and ``thin`` say in words that there are none, or suspiciously few."""

    name: str
    missing: Text
    thin: Text
    among: Condition


@dataclass(frozen=True)
class Measure:
    """A share. ``amount``: the column that is summed (fen), or empty to count rows.

    ``home``: the column that says which institution of the tree a row belongs to: where the person is looked
    after (``managing_id``) for measures of a population, where it happened for measures of the work done.
    """

    name: str
    label: Text
    meaning: Text
    numerator: Text
    denominator: Text
    dataset: str
    counted: Condition
    of_which: Condition
    feeds: tuple[Feed, ...]
    target: Parameter[Decimal]
    home: str
    amount: str = ""
    unit: Text = ""


def _inside(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return t.inside_county


def _outside(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return ~t.inside_county


def _grassroots(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return t.tier.isin(GRASSROOTS)


def _hospitals(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return t.tier.isin(HOSPITALS)


IN_COUNTY_VISITS = Measure(
    name="in_county_visit_rate",
    label=_("县域内就诊率"),
    meaning=_("参保居民的就诊中，在县域内就诊的占多少。"),
    numerator=_("在县域内的就诊人次"),
    denominator=_("参保居民全部就诊人次"),
    dataset="claims",
    counted=lambda t, rules: t.setting.isin(rules.visit_settings),
    of_which=_inside,
    feeds=(
        Feed("inside", _("没有县域内就诊结算数据"), _("县域内就诊结算数据很少"), _inside),
        Feed("outside", _("没有县域外就诊结算数据"), _("县域外就诊结算数据很少"), _outside),
    ),
    target=policy.IN_COUNTY_VISIT_TARGET,
    home="managing_id",
    unit=_("人次"),
)
IN_COUNTY_ADMISSIONS = Measure(
    name="in_county_admission_rate",
    label=_("县域内住院率"),
    meaning=_("参保居民的住院中，在县域内住院的占多少。"),
    numerator=_("在县域内的住院人次"),
    denominator=_("参保居民全部住院人次"),
    dataset="claims",
    counted=lambda t, rules: t.setting == "inpatient",
    of_which=_inside,
    feeds=(
        Feed("inside", _("没有县域内住院结算数据"), _("县域内住院结算数据很少"), _inside),
        Feed("outside", _("没有县域外住院结算数据"), _("县域外住院结算数据很少"), _outside),
    ),
    target=policy.IN_COUNTY_ADMISSION_TARGET,
    home="managing_id",
    unit=_("人次"),
)
GRASSROOTS_VISITS = Measure(
    name="grassroots_visit_share",
    label=_("基层诊疗量占比"),
    meaning=_("县域内各机构的诊疗人次中，基层机构完成的占多少。"),
    numerator=_("基层机构诊疗人次"),
    denominator=_("县域内全部诊疗人次"),
    dataset="encounters",
    counted=lambda t, rules: t.setting.isin(rules.visit_settings) & t.tier.isin(GRASSROOTS + HOSPITALS),
    of_which=_grassroots,
    feeds=(
        Feed("grassroots", _("没有基层机构就诊数据"), _("基层机构就诊数据很少"), _grassroots),
        Feed("hospitals", _("没有医院就诊数据"), _("医院就诊数据很少"), _hospitals),
    ),
    target=policy.GRASSROOTS_TARGET,
    home="institution_id",
    unit=_("人次"),
)
FUND_IN_COUNTY = Measure(
    name="fund_share_in_county",
    label=_("医保基金县域内支出占比（不含药店）"),
    meaning=_("医保基金为参保居民支付的费用中，付给县域内医疗机构的占多少；药店不计入。"),
    numerator=_("付给县域内医疗机构的基金"),
    denominator=_("医保基金支付总额（不含药店）"),
    dataset="claims",
    counted=lambda t, rules: t.setting != "pharmacy",
    of_which=_inside,
    feeds=(
        Feed("inside", _("没有县域内结算数据"), _("县域内结算数据很少"), _inside),
        Feed("outside", _("没有县域外结算数据"), _("县域外结算数据很少"), _outside),
    ),
    target=policy.FUND_SHARE_TARGET,
    home="managing_id",
    amount="fund_fen",
    unit=_("元"),
)

MEASURES: dict[str, Measure] = {
    measure.name: measure for measure in (IN_COUNTY_VISITS, IN_COUNTY_ADMISSIONS, GRASSROOTS_VISITS, FUND_IN_COUNTY)
}
