"""Owns: how a plan's clauses are carried out by the system and what is missing; the pages of plan and policy.

Does not own: the clauses and parameters themselves (kernel.policy, ``policies/``), the measures, cases and pages named.
Governing documents: the places' plans; Kunshan 四 (a list of tasks, supervised), Xuchang 五（一）(a ledger).
"""
