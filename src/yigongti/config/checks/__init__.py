"""``./yigongti check``: the quick checks, each a part with a name, run side by side.

Parts that are programs (ruff, mypy, lint-imports) run as they are; parts that need Django share one process.
"""
