"""Owns: one year of one insurance fund: pool, deductions, budgets, prepayments, clearing, distribution, what-if, frozen
years. Does not own: claims (health_record, claims), DRG (drg), the members' books (books).
Governed by: Xuchang 四（二）; Kunshan 二（五）2–3; Wuhua 六（六）16."""
