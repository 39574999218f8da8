"""The parts of ``check`` and how they are run: independent programs at once, at most as many as there are cores."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace

from yigongti.config.supervise.paths import ROOT

BIN = ROOT / ".venv" / "bin"
PYTHON_FILES = [name for name in ("src", "tests", "bench", "conftest.py", "yigongti") if (ROOT / name).exists()]


@dataclass(frozen=True)
class Part:
    """One check: its name for people, and the program that does it."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """How a part went: whether it passed, in how many seconds, and what it said if not."""

    name: str
    passed: bool
    seconds: float
    said: str


def _python(*words: str) -> tuple[str, ...]:
    return (sys.executable, *words)


# The longest first, so that the others fit beside it.
PARTS = (
    Part("types (mypy)", _python("-m", "mypy", "--no-error-summary", "src/yigongti")),
    Part("models and templates", _python("-P", "-m", "yigongti.config.checks.django_checks")),
    Part("translations", _python("-P", "-m", "yigongti.config.checks.translations")),
    Part("imports", _python(str(BIN / "lint-imports"), "--no-cache")),
    Part("lint (ruff)", (str(BIN / "ruff"), "check", "--quiet", "--output-format=concise", *PYTHON_FILES)),
    Part(
        "format (ruff)", (str(BIN / "ruff"), "format", "--check", "--quiet", "--output-format=concise", *PYTHON_FILES)
    ),
)


def run_all(parts: tuple[Part, ...] = PARTS) -> Iterator[Outcome]:
    """Outcomes in the order in which the parts end."""
    with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
        for done in as_completed([pool.submit(_run, part) for part in parts]):
            yield done.result()


def _run(part: Part) -> Outcome:
    began = time.monotonic()
    environment = dict(
        os.environ,
        PYTHONPATH=os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        PYTHONWARNINGS="ignore",
        # never a database: none of the parts needs one, and none may depend on one
        DATABASE_URL="postgres://nobody@127.0.0.1:1/none",
        DJANGO_SETTINGS_MODULE="yigongti.config.settings",
    )
    ended = subprocess.run(
        part.command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    said = (ended.stdout.strip() + "\n" + ended.stderr.strip()).strip()
    return Outcome(part.name, ended.returncode == 0, time.monotonic() - began, said)


def shortened(outcome: Outcome, lines: int = 40) -> Outcome:
    """The outcome with at most so many lines of what it said."""
    all_lines = outcome.said.splitlines()
    if len(all_lines) <= lines:
        return outcome
    kept = [*all_lines[:lines], f"… and {len(all_lines) - lines} lines more"]
    return replace(outcome, said="\n".join(kept))
