"""A visitor of the platform without a browser: keeps cookies, fills in the real forms, follows the menu."""

import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin


class _Page(HTMLParser):
    """What a visitor needs of a page: heading, fields of forms with a password, links of the menu."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.headings = 0
        self.fields: dict[str, str] = {}
        self.menu: list[str] = []
        self._depth = 0  # inside nav.side
        self._form: dict[str, str] = {}
        self._asks_password = False
        self.feed(source)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "h1":
            self.headings += 1
        elif tag == "nav" and "side" in (given.get("class") or "").split():
            self._depth = 1
        elif tag == "a" and self._depth and (given.get("href") or "").startswith("/"):
            self.menu.append(str(given["href"]))
        elif tag == "form":
            self._form, self._asks_password = {}, False
        elif tag == "input" and given.get("name"):
            self._form[str(given["name"])] = given.get("value") or ""
            self._asks_password |= given.get("type") == "password"

    def handle_endtag(self, tag: str) -> None:
        if tag == "nav":
            self._depth = 0
        elif tag == "form" and self._asks_password:
            self.fields = self._form


@dataclass
class Answer:
    """One page as a visitor got it."""

    status: int
    address: str
    source: str
    page: _Page = field(repr=False)


class Visitor:
    """Visits the platform at a base address."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._opener.addheaders = [("Accept", "text/html"), ("Accept-Language", "zh-CN")]

    def get(self, path: str) -> Answer:
        """The page at a path, redirects followed."""
        return self._open(urllib.request.Request(urljoin(self.base, path)))  # noqa: S310

    def submit(self, answer: Answer, **values: str) -> Answer:
        """Send the page's form that asks for a password, with these values filled in."""
        body = urlencode({**answer.page.fields, **values}).encode()
        headers = {"Referer": answer.address, "Origin": self.base}
        return self._open(urllib.request.Request(answer.address, data=body, headers=headers))  # noqa: S310

    def _open(self, request: urllib.request.Request) -> Answer:
        try:
            with self._opener.open(request, timeout=60) as answer:
                status, address, source = answer.status, answer.url, answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            status, address, source = error.code, error.url or "", error.read().decode("utf-8", "replace")
        return Answer(status, address, source, _Page(source))
