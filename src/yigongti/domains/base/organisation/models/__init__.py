"""Rows and database constraints of the organisation domain."""

from yigongti.domains.base.organisation.models.alliances import Alliance, AllianceMember
from yigongti.domains.base.organisation.models.tree import (
    ALLOWED_PARENTS,
    INSTITUTION_KINDS,
    Identifier,
    Kind,
    Leadership,
    LoadedEntry,
    Membership,
    Name,
    Organisation,
    Tier,
    TierPeriod,
    TreeVersion,
)

__all__ = [
    "ALLOWED_PARENTS",
    "INSTITUTION_KINDS",
    "Alliance",
    "AllianceMember",
    "Identifier",
    "Kind",
    "Leadership",
    "LoadedEntry",
    "Membership",
    "Name",
    "Organisation",
    "Tier",
    "TierPeriod",
    "TreeVersion",
]
