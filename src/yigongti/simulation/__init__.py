"""Owns: the synthetic county, written as the files its member institutions would export for a year.

Does not own: any way into the database. The demo county enters through intake like everybody's records.
Governing documents: none. Every rate is a figure of ``county.yaml`` or of ``policies/<place>/simulation.yaml``,
with its source or the word PROPOSED.
"""
