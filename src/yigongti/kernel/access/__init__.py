"""Owns: accounts, sign-in, roles, grants of a role at an organisation for a period, scoped reads.
Does not own: what organisations are (base.organisation registers their tree), what can be done (each domain declares).
Governed by: GB/T 22239-2019 8.1.4, controls 01–10 (identity, failed sign-ins, time-out, least privilege).
"""
