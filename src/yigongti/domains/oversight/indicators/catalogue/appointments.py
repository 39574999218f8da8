"""Appointments: Kunshan 二（四）1."""

from django.utils.translation import gettext_lazy as _

from yigongti.domains.oversight.indicators.measures import PLACES, VISITS, Measure, Theme

EARLY_USE = Measure(
    name="early_release_use",
    theme=Theme.APPOINTMENTS,
    label=_("提前号源使用率"),
    meaning=_("向家庭医生提前开放的号源中，由家庭医生为居民约上的占多少；按出诊日期计，还没有到的日期不算。"),
    numerator=_("家庭医生约上的号源"),
    denominator=_("提前开放的号源"),
    dataset="early_places",
    counted=lambda t, rules: t.happened_on < rules.today,
    of_which=lambda t, rules: t.used > 0,
    rest=lambda t, rules: t.used < t.places,
    numerator_of="used",
    denominator_of="places",
    home="institution_id",
    breakdowns={"home": _("出诊机构"), "department": _("科室"), "expert": _("专家号")},
    unit=PLACES,
    gap_label=_("没有用上的"),
)
NO_SHOW = Measure(
    name="no_show_rate",
    theme=Theme.APPOINTMENTS,
    label=_("预约爽约率"),
    meaning=_("约好的就诊中，没有来也没有提前取消的占多少；取消的、停诊的、还没有到的不算。"),
    numerator=_("爽约"),
    denominator=_("到诊和爽约"),
    dataset="appointments",
    counted=lambda t, rules: t.state.isin(("done", "checked_in", "no_show")),
    of_which=lambda t, rules: t.no_show,
    home="institution_id",
    breakdowns={
        "home": _("就诊机构"),
        "department": _("科室"),
        "origin": _("预约机构"),
        "pool": _("号源"),
        "referred": _("是否转诊"),
    },
    unit=VISITS,
    lower_is_better=True,
    gap_label=_("到诊的"),
)
