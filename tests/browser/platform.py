"""A whole platform for the browser tests: its own database, seeded, behind the real web server."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Running:
    """Where the platform answers, what it wrote, and the environment it runs in."""

    address: str
    log: Path
    environment: dict[str, str]

    def said(self) -> str:
        return self.log.read_text()[-4000:]


@contextmanager
def running(database_url: str) -> Iterator[Running]:
    """Seed and serve beside the given database (same server, another name); both go when the tests end."""
    name = f"browser_{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="yigongti-browser-") as folder, _database(database_url, name):
        environment = dict(
            os.environ,
            DATABASE_URL=_beside(database_url, name),
            YIGONGTI_VAR=folder,
            YIGONGTI_DEBUG="0",
            DJANGO_SETTINGS_MODULE="yigongti.config.settings",
            PYTHONPATH=os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        )
        seeded = subprocess.run(
            [sys.executable, "-m", "tests.browser.seed"],
            env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if seeded.returncode:
            raise RuntimeError(f"seeding failed:\n{seeded.stdout}{seeded.stderr}")
        with _served(environment, Path(folder) / "web.log") as served:
            yield served


def _beside(url: str, name: str) -> str:
    """The same server, another database."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@contextmanager
def _database(url: str, name: str) -> Iterator[None]:
    with psycopg.connect(_beside(url, "postgres"), autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield
        finally:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def _served(environment: dict[str, str], log: Path) -> Iterator[Running]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
               "--workers", "1", "--blocking-threads", "2", "--no-ws", "--log-level", "warning",
               "yigongti.config.wsgi:application"]  # fmt: skip
    with log.open("w") as out:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)  # noqa: S603
        try:
            _await(address, process, log)
            yield Running(address, log, environment)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/account/sign-in/", timeout=5):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the platform does not answer:\n{log.read_text()[-4000:]}")
