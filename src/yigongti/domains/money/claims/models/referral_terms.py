"""What places asked of care out of the county when it was last looked at."""

from django.db import models


class ReferralTerms(models.Model):
    """One row. ``digest``: of all places' terms (terms.digest); another one has ``claim_referrals`` published again."""

    digest = models.CharField(max_length=64, default="")
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="claims_referral_terms_one")]

    def __str__(self) -> str:
        return self.digest[:12]
