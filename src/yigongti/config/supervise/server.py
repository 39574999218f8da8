"""One PostgreSQL server as a supervised child: made, started, asked until it answers, stopped.

It listens on 127.0.0.1 only, on a free port, without a unix socket (their paths are limited to 107 bytes),
with a generated password. It dies with the process that started it (``privilege.bound``).
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from yigongti.config.supervise.binaries import OLDEST, Installation
from yigongti.config.supervise.privilege import Way, way_for

USER = DATABASE = "yigongti"
MEBIBYTE = 1024 * 1024


class ServerFailed(Exception):
    """PostgreSQL could not be made, started or reached; the message says what it said."""


class Server:
    """A PostgreSQL server on the data below ``folder/<major>``.

    ``lasting=False`` is for data that may be lost (tests): no flush to disk anywhere.
    """

    def __init__(self, programs: Installation, folder: Path, *, password: str, log: Path, lasting: bool = True):
        self.programs = programs
        self.folder = folder
        self.data = folder / str(programs.major)
        self.password = password
        self.log = log
        self.lasting = lasting
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._way: Way | None = None

    @property
    def url(self) -> str:
        """The DATABASE_URL of the running server."""
        return f"postgres://{USER}:{quote(self.password)}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self) -> None:
        """Make the database if there is none, start, and return once it answers. Raises ServerFailed, NotAsRoot."""
        self._way = way_for(self.programs.folder, self.folder)
        self.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / "password").unlink(missing_ok=True)  # left by a kill while the database was made
        if not (self.data / "PG_VERSION").exists():
            self._make()
        else:
            self._clear_remains()
        self.port = free_port()
        self._spawn()

    def restart(self) -> None:
        """Start again on the same port after the server died. Raises ServerFailed."""
        self._clear_remains()
        self._spawn()

    def running(self) -> bool:
        """Whether the server's process is alive."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Stop: fast (SIGINT: clients are cut, everything is written), then at once (SIGQUIT), then killed."""
        if self.process is None:
            return
        for number, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            if self.process.poll() is not None:
                break
            self.process.send_signal(number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
        self.process = None

    def _spawn(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *self._prefix(),
                    str(self.programs.folder / "postgres"),
                    "-D",
                    str(self.data),
                    *(f"--{name}={value}" for name, value in self._options().items()),
                ],
                cwd="/",
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._await_answer()

    def _make(self) -> None:
        """initdb beside the final place, moved there when whole: a kill in the middle leaves nothing half made."""
        draft = self.folder / f"{self.programs.major}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        assert self._way is not None
        secret = self.folder / "password"
        secret.unlink(missing_ok=True)
        secret.touch(mode=0o600)
        secret.write_text(self.password + "\n")
        if os.geteuid() == 0:
            os.chown(secret, self._way.owner, self._way.group)
        command = [
            *self._prefix(),
            str(self.programs.folder / "initdb"),
            f"--pgdata={draft}",
            f"--username={USER}",
            "--auth=scram-sha-256",
            f"--pwfile={secret}",
            "--encoding=UTF8",
            "--no-locale",
            "--no-instructions",
            *(["--data-checksums"] if self.lasting else ["--no-sync"]),
        ]
        ended = subprocess.run(
            command, cwd="/", env=_environment(), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        secret.unlink()
        if ended.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            raise ServerFailed(f"PostgreSQL could not make a database: {_last_line(ended.stderr or ended.stdout)}")
        draft.rename(self.data)

    def _options(self) -> dict[str, str]:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "password_encryption": "scram-sha-256",
            "shared_buffers": f"{_shared_buffers() if self.lasting else 128}MB",
            "work_mem": "16MB",
            "maintenance_work_mem": "128MB",
            "random_page_cost": "1.1",
            "jit": "off",
            "max_wal_size": "4GB",
            "checkpoint_timeout": "15min",
            # facts are partitioned by month, and every partition and index touched takes a lock
            "max_locks_per_transaction": "512",
            "dynamic_shared_memory_type": "posix" if _roomy("/dev/shm") else "mmap",
            "log_timezone": "Asia/Shanghai",
            "logging_collector": "off",
            "log_min_messages": "warning",
        }
        if not self.lasting:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return options

    def _await_answer(self, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while True:
            if not self.running():
                raise ServerFailed(f"PostgreSQL stopped at once: {_last_line(_tail(self.log))} (see {self.log})")
            try:
                with self._connect("postgres") as connection:
                    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                    if found.fetchone() is None:
                        connection.execute(f'CREATE DATABASE "{DATABASE}"')
                return
            except psycopg.OperationalError as error:
                if "password authentication" in str(error):
                    self.stop()
                    raise ServerFailed(
                        "PostgreSQL refuses the kept password: keys and data below VAR are not of one installation"
                    ) from error
                if time.monotonic() > until:
                    self.stop()
                    raise ServerFailed(f"PostgreSQL did not answer within {seconds:.0f} s (see {self.log})") from error
                time.sleep(0.05)

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=self.password,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def _clear_remains(self) -> None:
        """After a kill: let what is left of an earlier server end, and remove its pid file if it is stale.

        PostgreSQL itself takes any process with the number in the file for a living server; numbers come again
        quickly in a container.
        """
        for number, seconds in ((None, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            until = time.monotonic() + seconds
            while left := self._left():
                if number is not None:
                    for process in left:
                        _signal(process, number)
                    number = None
                if time.monotonic() > until:
                    break
                time.sleep(0.1)
            else:
                break
        else:
            raise ServerFailed(f"an earlier PostgreSQL on {self.data} does not end (processes {self._left()})")
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _left(self) -> list[int]:
        """Processes that run in this data folder: an earlier server's, since they work nowhere else."""
        own = self.process.pid if self.running() and self.process else None
        found = []
        for entry in Path("/proc").glob("[0-9]*/cwd"):
            try:
                if entry.samefile(self.data):
                    found.append(int(entry.parent.name))
            except OSError:
                continue
        return [process for process in found if process != own]

    def _prefix(self) -> list[str]:
        assert self._way is not None
        return list(self._way.prefix)


def kept_password(file: Path) -> str:
    """The password in a file, made on first use."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(32))
        draft.rename(file)
    return file.read_text().strip()


def refuse_unusable(url: str) -> None:
    """Raises ServerFailed when the database at an address does not answer or is too old."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            version = connection.info.server_version // 10000
    except psycopg.Error as error:
        raise ServerFailed(f"the database of DATABASE_URL does not answer: {str(error).splitlines()[0]}") from error
    if version < OLDEST:
        raise ServerFailed(f"the database of DATABASE_URL is PostgreSQL {version}; {OLDEST} or newer is needed")


def answers(url: str) -> bool:
    """Whether a database answers at an address."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    """Little is passed on: no PG* variable may redirect the server, and messages are in plain English."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _shared_buffers() -> int:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEBIBYTE
    return max(128, min(memory // 8, 1024))


def _roomy(folder: str) -> bool:
    """Containers often give /dev/shm 64 MB, too little for one parallel query."""
    try:
        room = os.statvfs(folder)
    except OSError:
        return False
    return os.access(folder, os.W_OK) and room.f_frsize * room.f_blocks >= 256 * MEBIBYTE


def _signal(process: int, number: signal.Signals) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        pass


def _tail(log: Path) -> str:
    try:
        return log.read_text(errors="replace")[-4000:]
    except OSError:
        return ""


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error", "ERROR"))]
    return (telling or lines or ["it said nothing"])[-1]
