"""Finding the pages: from the first page of a role along every link, one or two addresses for each view."""

import html
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from playwright.sync_api import APIRequestContext

from yigongti.config.checks.messages import in_python, in_template

SOURCE = Path(__file__).resolve().parents[2] / "src" / "yigongti"
LINK = re.compile(r'<a\s[^>]*?href="([^"#]*)[^"]*"([^>]*)>', re.DOTALL)
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
PER_VIEW = 2
MOST = 150


@dataclass(frozen=True)
class Found:
    """A page that answered: its view and one address of it."""

    view: str
    path: str
    status: int


def pages(request: APIRequestContext, address: str, start: str = "/") -> list[Found]:
    """What a role reaches by following links, breadth first; only HTML counts as a page."""
    waiting, seen = [start], {start}
    taken: dict[str, int] = defaultdict(int)
    found: list[Found] = []
    while waiting and len(found) < MOST:
        path = waiting.pop(0)
        view = view_of(path)
        if view is None or taken[view] >= PER_VIEW:
            continue
        taken[view] += 1
        answer = request.get(address + path)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        found.append(Found(view, urlsplit(answer.url)._replace(scheme="", netloc="").geturl(), answer.status))
        for link in _links(answer.text(), path):
            if link not in seen:
                seen.add(link)
                waiting.append(link)
    return found


def _links(page: str, path: str) -> Iterator[str]:
    for href, rest in LINK.findall(page):
        if "download" in rest or not href:
            continue
        target = urlsplit(urljoin(path, html.unescape(href)))
        if not target.netloc and target.path.startswith("/") and "export=" not in target.query:
            yield target._replace(fragment="").geturl()


def view_of(path: str) -> str | None:
    """The name of the view behind an address; None for none."""
    try:
        return resolve(urlsplit(path).path).view_name or None
    except Resolver404:
        return None


def plain_views() -> set[str]:
    """Views of our own that take no argument and answer a GET: each should be reached by somebody."""
    found: set[str] = set()

    def walk(patterns: list[URLPattern | URLResolver], namespace: str) -> None:
        for one in patterns:
            if isinstance(one, URLResolver):
                walk(one.url_patterns, one.namespace or namespace)
            elif one.name and namespace and not one.pattern.converters:
                found.add(f"{namespace}:{one.name}")

    walk(get_resolver().url_patterns, "")
    return found


@cache
def own_words() -> frozenset[str]:
    """Runs of Chinese characters in the texts marked for translation: what an English page must not show."""
    runs: set[str] = set()
    for file in SOURCE.rglob("*.py"):
        if not {"tests", "migrations", "simulation"} & set(file.parts):
            runs.update(run for message in in_python(file) for run in CHINESE.findall(message.text))
    for file in SOURCE.rglob("templates/**/*.html"):
        runs.update(run for message in in_template(file) for run in CHINESE.findall(message.text))
    return frozenset(run for run in runs if len(run) > 1)
