"""The command line: its own commands here, every app's from the app's ``cli.py``.

A ``cli.py`` room holds ``commands`` (run with Django set up and the database reachable) and, where a command
needs no database, ``offline_commands`` (run with Django set up only). It imports click at its top and its own
services inside the functions, so that ``./yigongti --help`` stays quick.
"""
