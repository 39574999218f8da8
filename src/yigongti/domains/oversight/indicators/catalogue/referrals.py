"""Referrals: Xuchang 三（八）, Lincang 三（四）3, Wuhua 六（五）11–12, and the 2024 monitoring indicators."""

import ibis.expr.types as ir
from django.utils.translation import gettext_lazy as _

from yigongti.domains.oversight.indicators.measures import CASES, COUNT, MEAN, MINUTES, Feed, Measure, Text, Theme
from yigongti.domains.oversight.indicators.rules import Rules

REFERRED: dict[str, Text] = {
    "home": _("转出机构"),
    "institution": _("转入机构"),
    "disease_group": _("病种"),
    "urgent": _("缓急"),
    "reach": _("转诊范围"),
}


def _stands(t: ir.Table) -> ir.BooleanValue:
    """Not taken back, and not sent on as another referral, which counts itself."""
    return ~t.state.isin(("withdrawn", "redirected"))


def _up(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return (t.direction == "up") & _stands(t)


def _down(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return ((t.direction == "down") | t.returned) & _stands(t)


REFERRALS_UP = Measure(
    name="referrals_up",
    theme=Theme.REFERRALS,
    label=_("上转例数"),
    meaning=_("发出的上转，按发出日期计；撤回的不算，改转其他机构的只算一次。"),
    numerator=_("上转例数"),
    dataset="referrals",
    counted=_up,
    kind=COUNT,
    home="source_id",
    breakdowns=REFERRED,
    unit=CASES,
    value_unit=CASES,
)
REFERRALS_DOWN = Measure(
    name="referrals_down",
    theme=Theme.REFERRALS,
    label=_("下转例数"),
    meaning=_(
        "发出的下转，加上接收方已诊治、带着后续治疗方案转回的上转和平转；按转诊发出日期计，撤回的不算，改转其他机构的只算一次。"
    ),
    numerator=_("下转例数"),
    dataset="referrals",
    counted=_down,
    kind=COUNT,
    home="source_id",
    breakdowns={**REFERRED, "direction": _("原来的方向")},
    unit=CASES,
    value_unit=CASES,
)
SENT_DOWN = Measure(
    name="lead_hospital_sent_down_share",
    theme=Theme.REFERRALS,
    label=_("牵头医院下转患者占比"),
    meaning=_("牵头医院的出院患者中，转到下级机构继续治疗的占多少；按入院日期计，还没有出院的不算。"),
    numerator=_("下转的出院患者"),
    denominator=_("牵头医院出院患者"),
    dataset="discharges",
    counted=lambda t, rules: t.institution_id.isin(rules.lead_hospitals),
    of_which=lambda t, rules: t.sent_down,
    feeds=(
        Feed(
            "discharges",
            _("没有牵头医院出院数据"),
            _("牵头医院出院数据很少"),
            lambda t, rules: t.institution_id.isin(rules.lead_hospitals),
        ),
    ),
    home="institution_id",
    breakdowns={"home": _("牵头医院"), "disease_group": _("病种"), "manager": _("居民辖区管理机构")},
    unit=CASES,
    gap_label=_("没有下转的"),
)
TIME_TO_ANSWER = Measure(
    name="referral_time_to_answer",
    theme=Theme.REFERRALS,
    label=_("转诊答复用时"),
    meaning=_(
        "从转诊发出到接收方第一次答复（接收或不接收）平均用多少分钟；按发出日期计，还没有答复的和转往县域外的不算。"
    ),
    numerator=_("答复用时合计"),
    denominator=_("已答复的转诊"),
    dataset="referrals",
    counted=lambda t, rules: t.minutes_to_answer.notnull() & (t.reach != "outside"),
    kind=MEAN,
    numerator_of="minutes_to_answer",
    home="institution_id",
    breakdowns={
        "home": _("答复机构"),
        "origin": _("转出机构"),
        "urgent": _("缓急"),
        "direction": _("方向"),
        "disease_group": _("病种"),
    },
    unit=CASES,
    value_unit=MINUTES,
    lower_is_better=True,
)
FOLLOWED_UP = Measure(
    name="urgent_referral_followed_up",
    theme=Theme.REFERRALS,
    label=_("紧急转诊两周内随访率"),
    meaning=_(
        "紧急转诊后，应随访的患者中，在期限内（一般为转诊后 14 天）完成随访的占多少；按期限日计，期限还没有过的不算。"
    ),
    numerator=_("在期限内完成的随访"),
    denominator=_("期限已过的随访"),
    dataset="follow_ups",
    counted=lambda t, rules: (t.reason == "urgent") & (t.happened_on < rules.today),
    of_which=lambda t, rules: t.in_time,
    home="institution_id",
    breakdowns={"home": _("随访机构"), "origin": _("转诊机构"), "manager": _("居民辖区管理机构")},
    unit=CASES,
    gap_label=_("没有按期完成的"),
)
