"""Where Chromium is, for browser tests."""

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = "chromium fonts-wqy-zenhei"  # Debian's; without a Chinese font every character is a box


def find() -> str | None:
    """Path of Chromium: YIGONGTI_CHROMIUM, else the first of its usual names on the PATH; None without."""
    named = os.environ.get("YIGONGTI_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next((path for name in NAMES if (path := shutil.which(name))), None)
