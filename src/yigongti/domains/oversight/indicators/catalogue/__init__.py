"""The measures, one reading down: what is counted, of it what, in which unit, from which feeds, to which target."""

from yigongti.domains.oversight.indicators.catalogue import appointments, care, payment, referrals
from yigongti.domains.oversight.indicators.measures import Measure

REPORTED = ("claims", "encounters")
"""Datasets that come with reports, and say by themselves how far the reports go."""

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        care.IN_COUNTY_VISITS,
        care.IN_COUNTY_ADMISSIONS,
        care.GRASSROOTS_VISITS,
        care.FUND_IN_COUNTY,
        care.TREATABLE_BELOW,
        referrals.REFERRALS_UP,
        referrals.REFERRALS_DOWN,
        referrals.SENT_DOWN,
        referrals.TIME_TO_ANSWER,
        referrals.FOLLOWED_UP,
        appointments.EARLY_USE,
        appointments.NO_SHOW,
        payment.GRASSROOTS_FUND,
        payment.INPATIENT_COST,
        payment.REIMBURSED,
        payment.CASE_MIX,
    )
}
