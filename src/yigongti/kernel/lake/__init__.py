"""Owns: the measuring copy of the facts: Parquet files by month, published whole, read through Ibis.
Does not own: which facts there are (each domain's ``lake.py`` says) or what they add up to (oversight.indicators).
Governed by: docs/architecture.md (Measure); docs/adr.
"""
