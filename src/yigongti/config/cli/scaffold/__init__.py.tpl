"""Owns: ${label} (to be said in a line).
Does not own: to be said in a line.
Governed by: document and clause, to be said in a line.
"""
