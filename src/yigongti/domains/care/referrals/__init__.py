"""Owns: moving a patient between institutions, up, down, sideways and out of the county: catalogues of what each tier
treats, referrals from draft to close, certificates. Does not own: slots (appointments), follow-up visits (follow_up).
Governed by: Xuchang 三（八）; Wuhua 六（五）11–12; Lincang 三（四）3; Kunshan 二（三）1, 3; the urgent criteria of the
public-health standard."""
