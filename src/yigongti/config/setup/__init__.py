"""Setting up a checkout: uv, Python packages, front-end assets, translations, each only when stale.

Runs under a bare Python ≥ 3.11, before any package is installed: standard library only. What was done is
written to ``.tools/setup.json``; a command that finds its needs there goes on at once.
"""

from yigongti.config.setup.checkout import prepare
from yigongti.config.setup.failure import SetUpFailed

__all__ = ["SetUpFailed", "prepare"]
