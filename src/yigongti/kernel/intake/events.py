"""What intake tells the domains."""

from dataclasses import dataclass
from datetime import date

from yigongti.kernel.events import Event


@dataclass(frozen=True)
class BatchStored(Event):
    """A batch is in. ``months``: first days of the months whose facts changed."""

    batch_id: int
    source_id: int
    months: tuple[date, ...]
