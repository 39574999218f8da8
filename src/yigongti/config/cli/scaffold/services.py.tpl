"""Writes: one verb, one function."""

from django.db import transaction

from yigongti.domains.${tier}.${name}.models import ${Name}
from yigongti.domains.${tier}.${name}.permissions import WRITE
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record


@transaction.atomic
def write(title: str, *, organisation_id: int, actor: Actor) -> int:
    """Write an entry for an organisation; gives its id. Raises Forbidden; ValueError without a title."""
    actor.require(WRITE, organisation_id)
    if not title.strip():
        raise ValueError("an entry needs a title")
    row = ${Name}.objects.create(
        organisation_id=organisation_id, title=title.strip(), written_by_id=actor.id, written_at=clock.now()
    )
    record(actor=actor, act="${name}.write", subject=f"${name}:{row.pk}", organisation_id=organisation_id)
    return int(row.pk)
