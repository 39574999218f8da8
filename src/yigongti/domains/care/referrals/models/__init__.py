"""Rows of the referrals domain."""

from yigongti.domains.care.referrals.codes import DeclineCode, Direction, Reach, Reason, Urgency, Way
from yigongti.domains.care.referrals.models.catalogue import CatalogueEdition, CatalogueLine
from yigongti.domains.care.referrals.models.certificate import Certificate, CertificateSeries
from yigongti.domains.care.referrals.models.referral import Referral

__all__ = [
    "CatalogueEdition",
    "CatalogueLine",
    "Certificate",
    "CertificateSeries",
    "DeclineCode",
    "Direction",
    "Reach",
    "Reason",
    "Referral",
    "Urgency",
    "Way",
]
