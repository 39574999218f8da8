"""Finding the pages: from the first page of a role along every link, one or two addresses for each view."""

import html
import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from babel.messages.pofile import read_po
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from playwright.sync_api import APIRequestContext

from yigongti.config.checks.messages import Message, in_python, in_template
from yigongti.config.setup.translations import sources

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


def pages(
    request: APIRequestContext, address: str, also: Iterable[str] = (), known: Container[str] = ()
) -> list[Found]:
    """What a role reaches from the first page, and from ``also``, by following links, breadth first.

    Only HTML counts as a page. Of a view that is known already one address is enough.
    """
    waiting = ["/", *also]
    seen = set(waiting)
    taken: dict[str, int] = defaultdict(int)
    found: list[Found] = []
    while waiting and len(found) < MOST:
        path = waiting.pop(0)
        view = view_of(path)
        if view is None or taken[view] >= (1 if view in known else PER_VIEW):
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
    """Runs of Chinese characters in the texts marked for translation: what an English page must not show.

    Left out are names of organisations (data, even where a kind of organisation is called the same) and what English
    texts quote.
    """
    runs: set[str] = set()
    for file in SOURCE.rglob("*.py"):
        if not {"tests", "migrations", "simulation"} & set(file.parts):
            runs.update(_runs(in_python(file)))
    for file in SOURCE.rglob("templates/**/*.html"):
        runs.update(_runs(in_template(file)))
    for file in (SOURCE.parents[1] / "policies").glob("*/organisations.yaml"):
        runs.difference_update(CHINESE.findall(file.read_text()))
    for file in sources():
        with file.open("rb") as catalogue:
            for message in read_po(catalogue):
                said = [message.string] if isinstance(message.string, str) else message.string
                runs.difference_update(run for text in said for run in CHINESE.findall(text))
    return frozenset(run for run in runs if len(run) > 1)


def _runs(messages: Iterable[Message]) -> Iterator[str]:
    for message in messages:
        if message.context != "gallery":
            yield from CHINESE.findall(message.text)
