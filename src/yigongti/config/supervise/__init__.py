"""Processes of one installation: finding and running PostgreSQL, the web server and the job worker.

``binaries`` and ``paths`` are read by the set-up under a bare Python, so they use the standard library only.
"""
