"""What waits at the desk: the actor's inbox of the care domains, with who has each case in hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from yigongti.domains.base.residents import api as residents
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.workflow.api import InboxItem, InHand, assigned, inbox, workflows
from yigongti.kernel.workflow.table import Text

MOST = 2_000
CARE = ("referrals.", "follow_up.", "enquiries.", "appointments.")


@dataclass(frozen=True)
class Item:
    """One line of the list. ``person`` is the resident's name, masked; ``in_hand`` None while nobody has it."""

    item: InboxItem
    person: str
    in_hand: InHand | None

    @property
    def kind(self) -> Text:
        return self.item.workflow_label

    @property
    def title(self) -> str:
        return self.item.title

    @property
    def due_at(self) -> datetime | None:
        return self.item.due_at

    @property
    def overdue(self) -> bool:
        return self.item.overdue

    @property
    def due_today(self) -> bool:
        """Due before the day is over, overdue ones included."""
        return self.due_at is not None and self.due_at <= clock.midnight(clock.today() + timedelta(days=1))


def kinds() -> dict[str, Text]:
    """The kinds of work that come to the desk, by workflow."""
    return {name: table.label for name, table in sorted(workflows().items()) if name.startswith(CARE)}


def work(actor: Actor) -> list[Item]:
    """Everything of the care domains in which the actor may take a step now, the most pressing first."""
    items = inbox(actor, MOST, of=kinds())
    hands = {
        (name, case_id): hand
        for name in {item.workflow for item in items}
        for case_id, hand in assigned(name, [i.case_id for i in items if i.workflow == name]).items()
    }
    cards = residents.cards({item.resident_id for item in items if item.resident_id})
    found = [
        Item(
            item,
            cards[item.resident_id].name if item.resident_id in cards else "",
            hands.get((item.workflow, item.case_id)),
        )
        for item in items
    ]
    if cards:
        record(actor=actor, act="centre.list", subject="work", resident_ids=cards, detail={"cases": len(found)})
    return found


@dataclass(frozen=True)
class Counts:
    """What the head of the list says."""

    waiting: int
    overdue: int
    due_today: int
    nobodys: int


def counts(items: Sequence[Item]) -> Counts:
    """Of all that waits, before any filter."""
    return Counts(
        waiting=len(items),
        overdue=sum(one.overdue for one in items),
        due_today=sum(one.due_today and not one.overdue for one in items),
        nobodys=sum(one.in_hand is None for one in items),
    )
