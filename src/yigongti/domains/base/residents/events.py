"""What the master index tells the domains above. Ids, never details."""

from dataclasses import dataclass

from yigongti.kernel.events import Event


@dataclass(frozen=True)
class ResidentRegistered(Event):
    """Somebody was entered by hand (a batch tells of its residents in its receipt)."""

    resident_id: int


@dataclass(frozen=True)
class ResidentsMerged(Event):
    """``absorbed_id`` now stands under ``kept_id``; facts of both stay where they are."""

    kept_id: int
    absorbed_id: int


@dataclass(frozen=True)
class MergeUndone(Event):
    """``absorbed_id`` stands for itself again."""

    kept_id: int
    absorbed_id: int


@dataclass(frozen=True)
class ResidentHandedOver(Event):
    """Another institution looks after the resident from now on, by a decision of the one that did."""

    resident_id: int
