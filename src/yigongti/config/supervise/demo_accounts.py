"""The demo county's accounts for every role, as handed from the database to the screen.

``yigongti.simulation.demo.accounts()`` gives objects with ``role``, ``label``, ``username`` and ``password``
(the first one, or None once its owner has changed it). They wait in ``VAR/run/accounts.json``.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class DemoAccount:
    """One account to try the platform with."""

    role: str
    label: str
    username: str
    password: str | None


def write(folder: Path, accounts: list[DemoAccount]) -> None:
    """Leave the accounts for the supervisor, readable by its user only."""
    file = folder / "run" / "accounts.json"
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(json.dumps([asdict(account) for account in accounts], ensure_ascii=False))


def read(folder: Path) -> list[DemoAccount]:
    """The accounts left last; none where there is no demo county."""
    try:
        return [DemoAccount(**account) for account in json.loads((folder / "run" / "accounts.json").read_text())]
    except (OSError, ValueError, TypeError):
        return []
