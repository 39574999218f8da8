"""Owns the page components, the shell around every page, the navigation, lists and their export, and the error pages.

Does not own any page of a domain, nor who may see it. Governing: WCAG 2.1 AA; GB/T 37668-2019.
"""
