"""What a place says about counting, resolved once per reading: policy, who leads, which diseases a township treats."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.care.referrals import api as referrals
from yigongti.domains.oversight.indicators import policy
from yigongti.domains.oversight.indicators.formulas import Period
from yigongti.kernel import clock
from yigongti.kernel.policy.api import PolicyGap

Ranges = tuple[tuple[str, str], ...]


class Unsaid(LookupError):
    """What a measure can't be computed without and nobody has said; ``str()`` says it in words."""


NOT_SAID = (PolicyGap, Unsaid)


@dataclass(frozen=True)
class Rules:
    """As of ``on``, the last day of the period (today, where that is still to come). What only some measures need is
    looked up when the first of its conditions asks."""

    place: str
    on: date
    today: date
    visit_settings: tuple[str, ...]

    @cached_property
    def lead_hospitals(self) -> tuple[int, ...]:
        """Ids of the institutions that lead a group (牵头医院). Raises Unsaid where none is entered."""
        found = {pk for one in organisation.organisations(self.place, self.on) for pk in one.led_by}
        if not found:
            raise Unsaid(_("没有登记牵头医院"))
        return tuple(sorted(found))

    @cached_property
    def treatable_at_primary(self) -> Ranges:
        """Ranges of three-character categories township institutions treat (病种收治目录). Raises Unsaid."""
        found = referrals.tier_categories("primary", self.on, place=self.place)
        if not found:
            raise Unsaid(_("没有基层机构的病种收治目录"))
        return found


def rules(place: str, period: Period) -> Rules:
    """What counts at a place at the end of a period. Raises PolicyGap."""
    last, today = date.fromordinal(period.end.toordinal() - 1), clock.today()
    return Rules(place, min(last, today), today, policy.VISIT_SETTINGS.at(place, last).value)
