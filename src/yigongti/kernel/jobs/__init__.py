"""Owns: work done later or elsewhere, queued in PostgreSQL: a job is stored exactly if its cause is.
Does not own: what the work is; each domain's ``tasks.py`` says that.
Governed by: docs/architecture.md.
"""
