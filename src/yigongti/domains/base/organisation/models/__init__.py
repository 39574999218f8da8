"""Rows and database constraints of the organisation domain."""

from yigongti.domains.base.organisation.models.alliances import Alliance, AllianceMember
from yigongti.domains.base.organisation.models.cases import Joining, Leaving, MembershipCase
from yigongti.domains.base.organisation.models.documents import Document, DocumentVersion
from yigongti.domains.base.organisation.models.tree import (
    ALLOWED_PARENTS,
    HEALTH_KINDS,
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
    "HEALTH_KINDS",
    "INSTITUTION_KINDS",
    "Alliance",
    "AllianceMember",
    "Document",
    "DocumentVersion",
    "Identifier",
    "Joining",
    "Kind",
    "Leadership",
    "Leaving",
    "LoadedEntry",
    "Membership",
    "MembershipCase",
    "Name",
    "Organisation",
    "Tier",
    "TierPeriod",
    "TreeVersion",
]
