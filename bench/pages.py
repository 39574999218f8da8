"""What a page costs under load: 50 people at once, each asking again as soon as the answer is there.

Both servers are granian started as ``./yigongti run`` starts it, with the same number of processes and threads, on
the same PostgreSQL. They are asked in turns, round after round, so that a noisy neighbour hurts both. With 50 people
always waiting, p95 is mostly what 50 pages cost the processors: the ratio compares the work of a page, not its
latency on an idle machine. Every visitor is another account, and readers of records read different records, since
looking leaves a line in the trail (chained per person).
"""

import asyncio
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.urls import reverse

from bench import bare
from bench import pages_county as county
from bench.harness import Result, percentile, size
from yigongti.config.supervise.child import Child
from yigongti.config.supervise.paths import ROOT
from yigongti.config.supervise.platform import web_command
from yigongti.config.supervise.server import free_port
from yigongti.kernel.access.api import Role

NAME = "pages"
AIM = "resident page and lists, 50 concurrent users: p95 ≤ 3× a bare Django view rendering 50 rows"

VISITORS = 50
ROUNDS = 4
REQUESTS = 15  # of each visitor, in each round, for each page
WARM_UP = 4
TOKEN = "a" * 32
HOST = "127.0.0.1"


@dataclass
class Page:
    """One page under load: the requests its visitors send, and how long answers took, in ms."""

    label: str
    port: int
    requests: list[bytes]
    took: list[float] = field(default_factory=list)
    client_share: list[float] = field(default_factory=list)
    length: int = 0

    def visit(self, times: int) -> None:
        """Every visitor asks so many times; raises AssertionError on any answer but 200."""
        began, worked = time.perf_counter(), time.process_time()
        took = asyncio.run(self._all(times))
        self.client_share.append((time.process_time() - worked) / (time.perf_counter() - began))
        self.took += took

    async def _all(self, times: int) -> list[float]:
        found = await asyncio.gather(*(self._one(request, times) for request in self.requests))
        return [one for visitor in found for one in visitor]

    async def _one(self, request: bytes, times: int) -> list[float]:
        reader, writer = await asyncio.open_connection(HOST, self.port, limit=1 << 22)
        took = []
        try:
            for _ in range(times):
                began = time.perf_counter()
                writer.write(request)
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                self.length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(self.length)
                took.append((time.perf_counter() - began) * 1000)
                if not head.startswith(b"http/1.1 200"):
                    raise AssertionError(f"{self.label}: {head[:100]!r}")
        finally:
            writer.close()
        return took


def run() -> list[Result]:
    """One line per page; the note says its size, the share of a processor the visitors took, and the machine's load."""
    hospital_id = county.make_organisations()
    everyone = county.make_residents(hospital_id)
    with_record = county.make_records(everyone, hospital_id)
    county.make_batches(hospital_id)
    county.make_trail(hospital_id)
    doctors, auditors, officers = (
        county.make_sessions(role, hospital_id, VISITORS) for role in (Role.DOCTOR, Role.AUDITOR, Role.DATA_OFFICER)
    )
    with connection.cursor() as cursor:
        cursor.execute(bare.MAKE)
    county.settle()
    connection.close()
    with _served("bench.bare:application", {"YIGONGTI_BENCH_BARE": "1"}) as bare_port:
        baseline = Page("bare", bare_port, [_request("/", "")] * VISITORS)
        with _served("yigongti.config.supervise.served:application", {}) as port:
            records = [reverse("health_record:record", args=[one]) for one in with_record]
            found = _request_body(q="王")
            pages = [
                Page("resident record, 500 facts", port, _of(doctors, records)),
                Page("residents found by name", port, _of(doctors, [reverse("residents:search")], found)),
                Page("organisation tree", port, _of(doctors, [reverse("organisation:tree")])),
                Page("audit trail", port, _of(auditors, [reverse("administration:trail")])),
                Page("intake batches", port, _of(officers, [reverse("intake:batches") + "?size=50"])),
            ]
            for page in (baseline, *pages):
                page.visit(WARM_UP)
                page.took.clear()
                page.client_share.clear()
            load = []
            for _round in range(ROUNDS):
                for page in (baseline, *pages):
                    page.visit(size(REQUESTS))
                    load.append(os.getloadavg()[0])
    bare_p95 = percentile(baseline.took, 95)
    return [
        Result(f"{page.label}, p95", "ms", percentile(page.took, 95), bare_p95, aim=3, note=_note(page, load))
        for page in pages
    ]


def _note(page: Page, load: list[float]) -> str:
    return (
        f"{len(page.took):,} requests, {page.length / 1024:.0f} KiB, median {percentile(page.took, 50):.0f} ms, "
        f"visitors took {max(page.client_share):.0%} of a processor, load {min(load):.0f}–{max(load):.0f}"
    )


def _of(sessions: list[str], paths: list[str], body: bytes = b"") -> list[bytes]:
    return [_request(path, session, body) for session, path in zip(sessions, cycle(paths), strict=False)]


def _request_body(**values: str) -> bytes:
    return urlencode(values).encode()


def _request(path: str, session: str, body: bytes = b"") -> bytes:
    cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
    lines = [
        f"{'POST' if body else 'GET'} {path} HTTP/1.1",
        f"Host: {HOST}",
        "Accept: text/html",
        "Accept-Language: zh-CN",
        "Connection: keep-alive",
        *([f"Cookie: {cookies}"] if session else []),
    ]
    if body:
        lines += [
            "Content-Type: application/x-www-form-urlencoded",
            f"X-CSRFToken: {TOKEN}",
            f"Content-Length: {len(body)}",
        ]
    return "\r\n".join([*lines, "", ""]).encode() + body


@contextmanager
def _served(application: str, besides: dict[str, str]) -> Iterator[int]:
    """An application served as the platform's is; gives its port."""
    port = free_port()
    log = Path(settings.VAR) / "logs" / f"{port}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]), **besides}
    server = Child(application, web_command(application, HOST, port), environment=environment, log=log)
    server.start()
    try:
        _await_answer(server, port)
        yield port
    except AssertionError as error:
        raise AssertionError(f"{error}; {application} said: {log.read_text(errors='replace')[-2000:]}") from error
    finally:
        server.stop()


def _await_answer(server: Child, port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=30).close()
            return
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{server.name} answers {error.code}: {server.last_words()}") from error
        except OSError:
            if time.monotonic() > until or not server.running():
                raise RuntimeError(f"{server.name} does not answer: {server.last_words()}") from None
            time.sleep(0.1)
