"""Copies of this checkout for tests, and running things in them."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Checkout:
    """A folder with a checkout, and the environment its commands run in."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()  # words before each command, to become another user

    def call(
        self, *words: str, timeout: float = 300, cwd: Path | str = "/", program: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run ``./yigongti`` with words from another folder; gives what it said and its status."""
        return subprocess.run(
            [*self.prefix, str(program or self.root / "yigongti"), *words],
            env=self.environment,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    @contextmanager
    def running(self, *words: str, until: str = "Ctrl-C", seconds: float = 420) -> Iterator["Running"]:
        """``./yigongti run`` in the background, entered once it has said ``until``; killed for good at the end."""
        log = self.root.parent / f"run-{time.monotonic_ns()}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*self.prefix, str(self.root / "yigongti"), "run", *words],
                env=self.environment,
                cwd="/",
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        run = Running(process, log)
        try:
            run.await_words(until, seconds)
            yield run
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


@dataclass
class Running:
    """A started ``./yigongti run`` and what it prints."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def await_words(self, words: str, seconds: float = 180) -> None:
        """Return when the words were said; fails when it ends first or the time is over."""
        until = time.monotonic() + seconds
        while words not in self.said:
            assert self.process.poll() is None, f"it ended without {words!r}:\n{self.said}"
            assert time.monotonic() < until, f"{words!r} was not said in {seconds} s:\n{self.said}"
            time.sleep(0.1)

    def children(self) -> dict[str, int]:
        """Its own child processes by kind: postgres, web, worker."""
        found = {}
        for process in descendants(self.process.pid, depth=1):
            for kind, mark in (("postgres", b"/postgres"), ("web", b"granian"), ("worker", b"procrastinate")):
                if mark in _command(process):
                    found[kind] = process
        return found

    def all(self) -> list[int]:
        """Every process below it."""
        return descendants(self.process.pid, depth=9)


def copy_of_the_checkout(target: Path) -> Path:
    """What git would clone, with what is not committed yet, into a folder."""
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.split(b"\0")
    for name in filter(None, names):
        source = ROOT / os.fsdecode(name)
        if source.is_file():
            (target / os.fsdecode(name)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / os.fsdecode(name))
    return target


def lend_what_is_set_up(target: Path) -> None:
    """Let a copy use this checkout's packages and assets, for tests that are not about setting up."""
    for name in (".venv", "node_modules"):
        if (ROOT / name).exists():
            (target / name).symlink_to(ROOT / name)
    (target / ".tools").mkdir()
    shutil.copy2(ROOT / ".tools" / "setup.json", target / ".tools" / "setup.json")
    for compiled in (ROOT / "src").rglob("*.mo"):
        shutil.copy2(compiled, target / compiled.relative_to(ROOT))
    vendor = Path("src/yigongti/kernel/ui/static/vendor")
    shutil.copytree(ROOT / vendor, target / vendor, dirs_exist_ok=True)


def clean_environment(**given: str) -> dict[str, str]:
    """The environment without what a test run sets, so that a command starts like a person's."""
    private = ("DATABASE_URL", "PYTHONPATH", "VIRTUAL_ENV", "DJANGO_SETTINGS_MODULE")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in private and not name.startswith(("YIGONGTI_", "PYTEST_"))
    }
    return {**kept, **given}


def descendants(process: int, *, depth: int) -> list[int]:
    """Processes below a process, down to a depth."""
    found: list[int] = []
    for entry in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = [int(number) for number in entry.read_text().split()]
        except OSError:
            continue
        for child in children:
            found.append(child)
            if depth > 1:
                found += descendants(child, depth=depth - 1)
    return found


def left_of(processes: list[int], seconds: float = 30) -> list[str]:
    """What still lives of the processes after a time: nothing, as soon as all are gone."""
    until = time.monotonic() + seconds
    while left := [process for process in processes if _lives(process)]:
        if time.monotonic() > until:
            return [f"{process} {_command(process).decode(errors='replace')}" for process in left]
        time.sleep(0.1)
    return []


def _lives(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""
