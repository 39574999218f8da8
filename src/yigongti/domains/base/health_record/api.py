"""Health records, for everybody above."""
