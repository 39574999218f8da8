"""Owns: what should be: dated parameters, each with its document and clause; places; the plans' clauses.

Does not own: what a parameter is used for (its domain), how a clause is carried out (plan_ledger).
Governing documents: the places' plans under ``policies/``; reference facts and their evidence tags.
"""
