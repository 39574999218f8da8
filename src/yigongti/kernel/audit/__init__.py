"""Owns: the audit trail: who did what, when, to what, with which outcome, each line chained to the one before.
Does not own: the content of rows before and after (row history), or who may do what (access).
Governed by: GB/T 22239-2019 8.1.4 (every user, records protected); PIPL art. 51; cybersecurity law (6 months).
"""
