"""Owns: cases, i.e. work that crosses desks: who may take each step, by when, and everything that was done.
Does not own: what a case is about; each domain writes its own state table in ``workflow.py``.
Governed by: docs/architecture.md (Case).
"""
