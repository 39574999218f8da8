"""A crowd at the door: many people on keep-alive connections, each asking for one place, in an order of its own."""

import asyncio
import json
import os
import random
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from yigongti.config.supervise.child import Child
from yigongti.config.supervise.paths import ROOT
from yigongti.config.supervise.platform import web_command
from yigongti.config.supervise.server import free_port

HOST = "127.0.0.1"
TOKEN = "a" * 32
PLATFORM = "yigongti.config.supervise.served:application"


@dataclass(frozen=True)
class Wish:
    """Who (a session key) wants which slot for whom."""

    session: str
    slot_id: int
    resident_id: int


@dataclass(frozen=True)
class Answer:
    """What came of it: the status, what was said, and how long it took (ms)."""

    wish: Wish
    status: int
    said: dict
    took: float


def request(path: str, wish: Wish) -> bytes:
    """A booking as a page's form sends it."""
    body = f"slot={wish.slot_id}&resident={wish.resident_id}".encode()
    cookies = f"{settings.SESSION_COOKIE_NAME}={wish.session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {HOST}",
        "Accept-Language: zh-CN",
        "Connection: keep-alive",
        f"Cookie: {cookies}",
        f"X-CSRFToken: {TOKEN}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def rush(port: int, path: str, wishes: Sequence[Wish], *, seed: int, connections: int = 100) -> list[Answer]:
    """All wishes at once over so many connections, shuffled by the seed; the answers in the order they came."""
    order = list(wishes)
    random.Random(seed).shuffle(order)
    return asyncio.run(_rush(port, path, order, connections))


async def _rush(port: int, path: str, order: list[Wish], connections: int) -> list[Answer]:
    waiting = iter(order)
    answers: list[Answer] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        try:
            for wish in waiting:
                began = time.perf_counter()
                writer.write(request(path, wish))
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                body = await reader.readexactly(length)
                took = (time.perf_counter() - began) * 1000
                status = int(head.split(b" ", 2)[1])
                said = json.loads(body) if b"application/json" in head else {"page": body.decode(errors="replace")}
                answers.append(Answer(wish, status, said, took))
        finally:
            writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return answers


@contextmanager
def served(
    database_url: str, application: str = "yigongti.config.supervise.served:application", **besides: str
) -> Iterator[int]:
    """An application served by granian as the platform's is, in several processes; gives its port."""
    port = free_port()
    log = Path(settings.VAR) / "logs" / f"{port}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "YIGONGTI_VAR": str(settings.VAR),
        "DJANGO_SETTINGS_MODULE": "yigongti.config.settings",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src"), *filter(None, sys.path)]),
        **besides,
    }
    server = Child(application, web_command(application, HOST, port), environment=environment, log=log)
    server.start()
    try:
        _await_answer(server, port)
        yield port
    finally:
        server.stop()


def _await_answer(server: Child, port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=30).close()
            return
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return
            raise RuntimeError(f"{server.name} answers {error.code}: {server.last_words()}") from error
        except OSError:
            if time.monotonic() > until or not server.running():
                raise RuntimeError(f"{server.name} does not answer: {server.last_words()}") from None
            time.sleep(0.1)
