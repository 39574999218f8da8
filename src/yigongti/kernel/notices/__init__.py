"""Owns: notices: what people are told of, once each, with whether they have read it; and texts to phones.
Does not own: what is worth telling; each domain says that where it happens.
Governed by: docs/architecture.md.
"""
