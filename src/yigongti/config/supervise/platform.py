"""The platform's processes and their supervisor: PostgreSQL, the web server, the job worker.

Order of starting: PostgreSQL, database up to date, demo county, web and worker; on a later start the web server
does not wait for the database to be looked over. Of stopping: the reverse.
A web server or worker that dies is started again; so is PostgreSQL, on its port. One that keeps dying ends
everything, with a line that names it and its log.
"""

import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from yigongti.config.supervise.child import Child
from yigongti.config.supervise.installation import Installation, Ownership
from yigongti.config.supervise.marks import DEMO_DONE, marks, prepared
from yigongti.config.supervise.server import Server, refuse_unusable

WEB_PROCESSES = 2
THREADS = 4  # per web process; each may hold one connection to PostgreSQL
PYTHON = (sys.executable, "-P", "-m")


def web_command(application: str, host: str, port: int) -> list[str]:
    """How a WSGI application (``module:name``) is served; the benches serve their baselines in the same way."""
    return [*PYTHON, "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
            "--workers", str(WEB_PROCESSES), "--blocking-threads", str(THREADS), "--no-ws",
            "--respawn-failed-workers", "--workers-kill-timeout", "5", "--log-level", "warning",
            application]  # fmt: skip


class Stopped(BaseException):
    """Somebody asked the platform to stop (Ctrl-C, SIGTERM, a closed terminal)."""


class PlatformFailed(Exception):
    """The platform could not start or go on; the message says which part and why."""


class Platform:
    """Everything ``run`` starts, for one installation that the caller owns."""

    def __init__(self, installation: Installation, ownership: Ownership, *, host: str, port: int):
        self.installation = installation
        self.ownership = ownership
        self.host = host
        self.port = port
        self.server: Server | None = None
        self.children: list[Child] = []
        self.restarted: list[float] = []

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the platform."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self.port}"

    def start(self, *, demo_residents: int | None) -> None:
        """Start everything; returns when pages answer. Raises PlatformFailed and the server's exceptions."""
        _free_or_fail(self.host, self.port)
        url = os.environ.get("DATABASE_URL")
        if url:
            refuse_unusable(url)
        else:
            began = time.monotonic()
            self.server = self.installation.server()
            self.server.start()
            url = self.server.url
            programs = self.server.programs
            self.say(f"PostgreSQL {programs.major} ({programs.origin}) in {time.monotonic() - began:.1f} s")
        self.ownership.tell(database=url)
        environment = dict(os.environ, DATABASE_URL=url, YIGONGTI_VAR=str(self.installation.folder))
        self._say_how_it_is_reached(environment)
        preparing = self._prepare(environment, demo_residents)
        # A database this checkout has prepared before is ready for pages; then both start side by side.
        if not {prepared(), DEMO_DONE} <= marks(url):
            self._await(preparing)
        began = time.monotonic()
        logs = self.installation.folder / "logs"
        web = web_command("yigongti.config.supervise.served:application", self.host, self.port)
        worker = [*PYTHON, "django", "procrastinate", "worker", "--name", "yigongti", "--concurrency", "1"]
        environment["DJANGO_SETTINGS_MODULE"] = "yigongti.config.settings"
        self._begin(Child("the web server", web, environment=environment, log=logs / "web.log"))
        self._await_pages()
        self._await(preparing)
        # only now: pages come sooner when nothing else competes for the processor
        self._begin(Child("the job worker", worker, environment=environment, log=logs / "worker.log"))
        self.say(f"pages answer in {time.monotonic() - began:.1f} s")
        self.ownership.tell(address=self.address)

    def watch(self) -> NoReturn:
        """Keep everything running until Stopped. Raises PlatformFailed when a part keeps dying."""
        ticks = 0
        while True:
            time.sleep(0.5)
            ticks += 1
            if self.server and not self.server.running():
                self._revive_server()
            for child in self.children:
                if not child.running():
                    how = child.ended_how()
                    child.kill_rest()
                    if not child.may_restart():
                        raise PlatformFailed(f"{child.name} keeps ending (it {how}); see {child.log}")
                    self.say(f"{child.name} {how}; starting it again")
                    child.start()
                if ticks % 600 == 0:
                    child.trim_log()

    def stop(self) -> None:
        """Stop everything that was started, whatever state it is in."""
        undisturbed()
        for child in reversed(self.children):
            child.stop()
        if self.server:
            self.server.stop()

    def say(self, line: str) -> None:
        """One calm line of progress."""
        print(f"· {line}", flush=True)

    def _say_how_it_is_reached(self, environment: dict[str, str]) -> None:
        """A platform answers to known host names only; one that listens beyond this machine has to be told them."""
        if self.host in ("127.0.0.1", "localhost", "::1") or environment.get("YIGONGTI_HOSTS"):
            return
        if self.host in ("0.0.0.0", "::"):
            self.say("listening on all addresses; name those it answers to: YIGONGTI_HOSTS=name,address")
        else:
            environment["YIGONGTI_HOSTS"] = f"localhost,127.0.0.1,[::1],{self.host}"

    def _begin(self, child: Child) -> None:
        self.children.append(child)
        child.start()

    def _prepare(self, environment: dict[str, str], demo_residents: int | None) -> Child:
        command = [sys.executable, "-P", "-m", "yigongti.config.supervise.prepare"]
        if demo_residents is not None:
            command += ["--demo-residents", str(demo_residents)]
        child = Child("preparing the database", command, environment=environment, log=None)
        self._begin(child)
        return child

    def _await(self, preparing: Child) -> None:
        """Return when the database is prepared."""
        while preparing.running():
            time.sleep(0.05)
            if self.server and not self.server.running():
                raise PlatformFailed(f"PostgreSQL ended while the database was prepared; see {self.server.log}")
        status = preparing.process.returncode if preparing.process else 0
        if status > 0:
            raise SystemExit(status)  # it has said why itself
        if status:
            raise PlatformFailed(f"the database could not be prepared (the process {preparing.ended_how()})")
        if preparing in self.children:
            self.children.remove(preparing)

    def _await_pages(self, seconds: float = 180) -> None:
        until = time.monotonic() + seconds
        while True:
            for child in self.children:
                if not child.running() and child.log:
                    raise PlatformFailed(f"{child.name} {child.ended_how()}: {child.last_words()} (see {child.log})")
            try:
                urllib.request.urlopen(self.address + "/", timeout=20).close()  # noqa: S310
                return
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    return
                raise PlatformFailed(
                    f"the first page answers {error.code}; see {self.installation.folder / 'logs' / 'web.log'}"
                ) from error
            except OSError:
                if time.monotonic() > until:
                    raise PlatformFailed(f"the web server did not answer within {seconds:.0f} s") from None
                time.sleep(0.1)

    def _revive_server(self) -> None:
        assert self.server is not None
        now = time.monotonic()
        self.restarted = [at for at in self.restarted if now - at < 60] + [now]
        if len(self.restarted) > 3:
            raise PlatformFailed(f"PostgreSQL keeps ending; see {self.server.log}")
        self.say("PostgreSQL ended unexpectedly; starting it again")
        self.server.restart()


STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn the signals that ask a process to stop into Stopped, once: cleaning up is not interrupted."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        undisturbed()
        raise Stopped

    # under nohup a closed terminal is to change nothing
    wanted = [n for n in STOPPING if n != signal.SIGHUP or signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def undisturbed() -> None:
    """From here on, signals that ask to stop change nothing: stopping is under way."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)


def _free_or_fail(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise PlatformFailed(f"{host} is not an address of this machine ({error.strerror})") from error
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except PermissionError as error:
            raise PlatformFailed(f"port {port} may be used by root only; choose one above 1023 (--port)") from error
        except OSError as error:
            raise PlatformFailed(
                f"port {port} on {host} is in use by another program; choose another: ./yigongti run --port {port + 1}"
            ) from error
