"""Where an installation keeps what it writes. Standard library only; the same answers as the settings."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]


def var() -> Path:
    """The folder of everything written at run time (YIGONGTI_VAR, else ``var/`` in the checkout)."""
    return Path(os.environ.get("YIGONGTI_VAR") or ROOT / "var").resolve()
