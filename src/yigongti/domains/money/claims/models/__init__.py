"""Rows of the claims domain."""

from yigongti.domains.money.claims.models.findings import Finding, FindingVersion, Screening
from yigongti.domains.money.claims.models.lines import ChargeLine
from yigongti.domains.money.claims.models.referral_terms import ReferralTerms

__all__ = ["ChargeLine", "Finding", "FindingVersion", "ReferralTerms", "Screening"]
