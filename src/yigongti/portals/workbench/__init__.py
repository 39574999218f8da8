"""Owns the first page after sign-in: what waits for me, and the ways to what I do most.

Does not own any case or figure: those come from the kernel's inbox and from cards registered by the domains.
"""
