"""Entries for tests."""

from yigongti.domains.${tier}.${name}.services import write
from yigongti.kernel.access.api import system_actor


def entry(title: str = "例", *, organisation_id: int = 1) -> int:
    """An entry written by the system; its id."""
    return write(title, organisation_id=organisation_id, actor=system_actor("tests"))
