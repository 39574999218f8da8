"""Rows of the claims domain."""

from yigongti.domains.money.claims.models.findings import Finding, FindingVersion, Screening
from yigongti.domains.money.claims.models.lines import ChargeLine

__all__ = ["ChargeLine", "Finding", "FindingVersion", "Screening"]
