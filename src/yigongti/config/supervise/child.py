"""A supervised process: started in a session of its own, bound to its starter's life, restarted if it dies.

Its own session keeps Ctrl-C from reaching it, so that the supervisor decides the order in which things stop.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

from yigongti.config.supervise.paths import ROOT
from yigongti.config.supervise.privilege import bound

RESTARTS = 5
WINDOW = 60.0  # seconds
LOG_LIMIT = 50 * 1024 * 1024  # bytes


class Child:
    """A process of the platform and everything it starts itself."""

    def __init__(self, name: str, command: list[str], *, environment: dict[str, str], log: Path | None):
        self.name = name
        self.command = command
        self.environment = environment
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self._starts: list[float] = []
        self._log_began = 0

    def start(self) -> None:
        """Start it; what it prints goes to its log, or to the screen where it has none."""
        self._starts.append(time.monotonic())
        output = self.log.open("ab") if self.log else None
        self._log_began = output.tell() if output else 0
        try:
            self.process = subprocess.Popen(
                [*bound(signal.SIGTERM), *self.command],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        finally:
            if output:
                output.close()

    def running(self) -> bool:
        """Whether its process is alive."""
        return self.process is not None and self.process.poll() is None

    def may_restart(self) -> bool:
        """Whether it died seldom enough to be tried again."""
        recent = [at for at in self._starts if time.monotonic() - at < WINDOW]
        return len(recent) <= RESTARTS

    def ended_how(self) -> str:
        """How it ended, in words."""
        code = self.process.poll() if self.process else None
        if code is None:
            return "runs"
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"

    def last_words(self) -> str:
        """The last line it wrote to its log since it was started."""
        try:
            said = self.log.read_bytes()[self._log_began :].decode(errors="replace") if self.log else ""
        except OSError:
            said = ""
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        return lines[-1] if lines else "it said nothing"

    def stop(self, seconds: float = 10) -> None:
        """Ask it to end, wait, then kill it and whatever it started."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        self.kill_rest()
        self.process = None

    def kill_rest(self) -> None:
        """Kill every process left in its session's group, so a restart finds its port free."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self.process.wait()

    def trim_log(self) -> None:
        """Keep the log from filling the disk: beyond the limit the older half of two files is dropped."""
        if self.log and self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.with_suffix(".1.log").write_bytes(self.log.read_bytes())
            os.truncate(self.log, 0)


def bound_call(command: list[str], environment: dict[str, str]) -> int:
    """Run a command in the checkout to its end, bound to this process's life; gives its exit status."""
    process = subprocess.Popen([*bound(signal.SIGTERM), *command], env=environment, cwd=ROOT, start_new_session=True)
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
