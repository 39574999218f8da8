"""Results of grouping, special reviews, coefficients of institutions."""

from yigongti.domains.money.drg.models.coefficients import Coefficient, CoefficientTable
from yigongti.domains.money.drg.models.grouped import GroupedClaim, GroupedMonth
from yigongti.domains.money.drg.models.special import SpecialReview

__all__ = ["Coefficient", "CoefficientTable", "GroupedClaim", "GroupedMonth", "SpecialReview"]
