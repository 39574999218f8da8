from yigongti.domains.base.residents.models.guardianship import Guardianship
from yigongti.domains.base.residents.models.people import (
    BIRTH_PRECISION,
    DOCUMENTS,
    Household,
    Identifier,
    IdentifierKind,
    Membership,
    Phone,
    Resident,
    Sex,
)
from yigongti.domains.base.residents.models.sameness import Decision, Merge, Review

__all__ = [
    "BIRTH_PRECISION",
    "DOCUMENTS",
    "Decision",
    "Guardianship",
    "Household",
    "Identifier",
    "IdentifierKind",
    "Membership",
    "Merge",
    "Phone",
    "Resident",
    "Review",
    "Sex",
]
