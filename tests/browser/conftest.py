"""Chromium, the platform it looks at, and people signed in to it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.platform import Running, running
from tests.browser.seed import PASSWORD

NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 380, "height": 760}


def chromium() -> str | None:
    """Path of Chromium: YIGONGTI_CHROMIUM, else the first of its usual names on the PATH."""
    named = os.environ.get("YIGONGTI_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs Chromium, and shares one platform: one worker runs it all."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            if chromium() is None:
                item.add_marker(pytest.mark.skip(reason="NO CHROMIUM: apt-get install chromium fonts-wqy-zenhei"))


@pytest.fixture(scope="package")
def platform() -> Iterator[Running]:
    """The platform, seeded, for all browser tests."""
    with running(os.environ.get("DATABASE_URL", "postgres:///yigongti")) as served:
        yield served


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium; without its sandbox, which a container's root may not use."""
    # Playwright's loop would otherwise make Django refuse the database in this thread.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--lang=zh-CN"])
        yield launched
        launched.close()


class Desk:
    """A browser window of somebody, and what it complained of."""

    def __init__(self, context: BrowserContext, address: str):
        self.context, self.address = context, address
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda said: self._heard(said.type, said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        self.page.on("request", lambda request: self._asked(request.url))

    def open(self, path: str) -> int:
        """Go to a page; returns its status."""
        self.complaints.clear()
        response = self.page.goto(self.address + path)
        return response.status if response else 0

    def speak(self, language: str) -> None:
        """Choose the language of the pages: zh-hans or en."""
        self.context.add_cookies([{"name": "django_language", "value": language, "url": self.address}])

    def narrow(self, size: dict[str, int]) -> None:
        self.page.set_viewport_size(size)  # type: ignore[arg-type]

    def _heard(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(f"console {kind}: {text}")

    def _asked(self, url: str) -> None:
        if not url.startswith((f"{self.address}/", "data:", "blob:")):
            self.complaints.append(f"asked another machine: {url}")


@pytest.fixture(scope="package")
def states(platform: Running, browser: Browser) -> Callable[[str], dict[str, object] | None]:
    """Cookies of a role, signed in once through the sign-in page."""
    kept: dict[str, dict[str, object]] = {}

    def state(role: str) -> dict[str, object]:
        if role not in kept:
            context = browser.new_context(viewport=WIDE)
            page = context.new_page()
            enter(page, platform.address, f"browser_{role}")
            assert "/account/sign-in/" not in page.url, page.inner_text("main")
            kept[role] = context.storage_state()  # type: ignore[assignment]
            context.close()
        return kept[role]

    return state


def enter(page: Page, address: str, username: str, password: str = PASSWORD) -> None:
    """Fill in the sign-in page."""
    page.goto(f"{address}/account/sign-in/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    page.click("main button[type=submit]")
    page.wait_for_load_state()


@pytest.fixture
def sign_in(platform: Running, browser: Browser, states: Callable[[str], object]) -> Iterator[Callable[..., Desk]]:
    """``sign_in(role, phone=False)``: a desk of somebody with that role; ``sign_in(None)``: of nobody."""
    opened: list[BrowserContext] = []

    def desk(role: str | None, *, phone: bool = False, scripts: bool = True) -> Desk:
        context = browser.new_context(
            viewport=PHONE if phone else WIDE,  # type: ignore[arg-type]
            locale="zh-CN",
            storage_state=states(role) if role else None,  # type: ignore[arg-type]
            java_script_enabled=scripts,
        )
        opened.append(context)
        return Desk(context, platform.address)

    yield desk
    for context in opened:
        context.close()
