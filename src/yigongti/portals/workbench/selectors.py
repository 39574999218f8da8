"""What waits for somebody, grouped by kind of case."""

from collections.abc import Sequence
from dataclasses import dataclass

from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import InboxItem, inbox


@dataclass(frozen=True)
class WaitingGroup:
    """Cases of one kind, the most pressing first."""

    label: str
    items: Sequence[InboxItem]

    @property
    def overdue(self) -> int:
        return sum(item.overdue for item in self.items)


def waiting(actor: Actor) -> list[WaitingGroup]:
    """The actor's inbox by kind of case; the kind whose first case presses most comes first."""
    groups: dict[str, list[InboxItem]] = {}
    for item in sorted(inbox(actor), key=lambda one: (one.due_at is None, one.due_at, one.since)):
        groups.setdefault(str(item.workflow_label), []).append(item)
    return [WaitingGroup(label, items) for label, items in groups.items()]
