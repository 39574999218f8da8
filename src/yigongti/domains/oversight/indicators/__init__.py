"""Owns: measures: what the facts add up to, with numerator, denominator, target and a way down to the records.
Does not own: the facts (base.health_record, through the lake), the targets (policy), the pages (portals.cockpit).
Governed by: the four plans' target clauses; the 2024 monitoring indicators (紧密型县域医共体监测指标体系 2024 版).
"""
