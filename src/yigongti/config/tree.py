"""What is installed: every room of the house with an ``apps.py``. Being in the tree is all it takes.

The tiers are listed from the ground up; inside a tier, by name. So a new domain touches no list.
"""

from importlib.util import find_spec
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent

TIERS = (
    "kernel",
    "domains/base",
    "domains/care",
    "domains/money",
    "domains/oversight",
    "interop",
    "portals",
)


def installed_apps() -> list[str]:
    """Dotted names of all apps, lowest tier first."""
    return [
        "yigongti." + ".".join(app.parent.relative_to(SOURCE).parts)
        for tier in TIERS
        for app in sorted((SOURCE / tier).glob("*/apps.py"))
    ]


def apps_with(room: str) -> list[str]:
    """Dotted names of the given room (``web.urls``, ``cli``) in every app that has it."""
    path = Path(*room.split("."))
    return [
        f"{app}.{room}"
        for app in installed_apps()
        if (SOURCE / Path(*app.split(".")[1:]) / path).with_suffix(".py").exists() and find_spec(app) is not None
    ]
