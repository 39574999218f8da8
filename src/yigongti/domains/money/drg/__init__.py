"""Owns: grouping inpatient cases by tables (CHS-DRG kind), schemes and weights, what a group pays, figures by group.
Does not own: claims (claims), the year's budget and clearing (insurance_fund).
Governed by: Xuchang 四（二）; Kunshan 二（五）2–3; the national CHS-DRG grouping and payment rules (docs/drg.md)."""
