"""Grouping: one case with its whole path, and many cases by compiled tables. Both give the same answer."""
