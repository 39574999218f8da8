"""Domains of the tier "money"."""
