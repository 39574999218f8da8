"""Owns: settlements as those who pay read them: lists, the settlement list, charge lines, versions, reversals; whether
a referral covers care out of the county; findings of fund supervision. Does not own: the settlements themselves (facts
of health_record), groups and weights (drg), clearing (insurance_fund).
Governed by: Xuchang 四（二）; Kunshan 二（五）2–3; 基金监管条例 articles 15, 16, 38, 40; 医疗保障基金结算清单."""
