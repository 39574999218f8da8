"""Made-up people with well-formed numbers."""

from datetime import date

import polars as pl

from yigongti.domains.base.residents import formulas
from yigongti.domains.base.residents.incoming import COLUMNS
from yigongti.domains.base.residents.models import Resident
from yigongti.domains.base.residents.services.deciding import merge, undo
from yigongti.domains.base.residents.services.resolving import resolve
from yigongti.kernel.access.api import system_actor

MACHINE = system_actor("tests")


def id_number(born: date, serial: int, region: str = "320583") -> str:
    """A valid number; an odd serial is male."""
    first = f"{region}{born:%Y%m%d}{serial:03}"
    return first + formulas.check_character(first)


def person(name=None, born=None, sex=None, **rest):
    """One incoming row; ``born`` is a date or ISO text."""
    return {"name": name, "birth_date": date.fromisoformat(born) if isinstance(born, str) else born, "sex": sex, **rest}


def frame(*rows):
    return pl.DataFrame(
        [{column: row.get(column) for column in COLUMNS} for row in rows], schema=COLUMNS
    ).with_row_index("row_no", offset=2)


def send(*rows, source=None, batch=None):
    """Resolve rows; gives (resident_id, outcome, reason) of each."""
    found = resolve(frame(*rows), source_id=source, actor=MACHINE, batch_id=batch)
    return [tuple(row) for row in found.select("resident_id", "outcome", "reason").iter_rows()]


def register(*rows, source=None):
    """Ids of rows that must all be new."""
    found = send(*rows, source=source)
    assert [outcome for _, outcome, _ in found] == ["created"] * len(rows), found
    return [resident_id for resident_id, _, _ in found]


def one_person(one_id, other_id):
    """Merge two entries."""
    return merge(one_id, other_id, reason="test", actor=MACHINE)


def died(resident_id, on):
    """Note somebody's death."""
    Resident.objects.unscoped("test").filter(pk=resident_id).update(deceased_on=on)


def two_persons(merge_id):
    """Take a merge back."""
    return undo(merge_id, reason="test", actor=MACHINE)
