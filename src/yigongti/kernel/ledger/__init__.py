"""Owns: value that moved: books (one per legal person), accounts, entries whose lines sum to zero, months that close.
Does not own: which accounts there are, what is posted and who may (money/books says).
Governed by: design.md (Entry); docs/adr/0021.
"""
