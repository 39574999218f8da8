"""Writes of the DRG domain."""
