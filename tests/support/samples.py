"""The folder of open sample data, which a user does not have: tests that want it skip without."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def folder() -> Path | None:
    """Where the samples are: ``YIGONGTI_SAMPLES``, else ``../shared/data`` beside the checkout; None if neither."""
    for place in (os.environ.get("YIGONGTI_SAMPLES"), ROOT.parent / "shared" / "data"):
        if place and Path(place).is_dir():
            return Path(place)
    return None
