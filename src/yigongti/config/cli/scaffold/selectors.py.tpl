"""Reads, narrowed to what the actor may see."""

from typing import Any

from yigongti.domains.${tier}.${name}.models import ${Name}
from yigongti.domains.${tier}.${name}.permissions import VIEW
from yigongti.kernel.access.api import Actor


def entries(actor: Actor) -> Any:
    """Entries of the organisations the actor may view, newest first."""
    return ${Name}.objects.visible_to(actor, VIEW).order_by("-written_at", "-pk")
