"""What the organisation domain tells others, after commit."""

from dataclasses import dataclass
from datetime import date

from yigongti.kernel.events import Event


@dataclass(frozen=True)
class OrganisationChanged(Event):
    """An organisation was entered, or its particulars, names or tier changed."""

    organisation_id: int


@dataclass(frozen=True)
class OrganisationMoved(Event):
    """From ``on`` an organisation stands under ``to_parent_id`` (None: nowhere), not under the other."""

    organisation_id: int
    from_parent_id: int | None
    to_parent_id: int | None
    on: date
