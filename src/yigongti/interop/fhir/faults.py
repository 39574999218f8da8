"""What is wrong with a resource: where, what kind, and the offending value where it says nothing about a person."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """``path`` names resource and element; ``code`` is a reason; ``value`` fills its sentence."""

    path: str
    code: str
    value: str | None = None


class Unfit(Exception):
    """A resource that can't be taken."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults)
        self.faults: Sequence[Fault] = faults
