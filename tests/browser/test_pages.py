"""Every page that some role can reach: at 1280 and 380 px, in both languages; axe, console, network.

A page that a new domain brings is found by its links; nothing has to be listed here.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import crawl
from tests.browser.conftest import PHONE, WIDE, Desk
from tests.browser.scenery import RESIDENTS, session_of

ROLES = [
    "village_doctor", "doctor", "coordinator", "data_officer", "insurance_officer", "finance_officer", "director",
    "guidance_officer", "system_admin", "security_admin", "auditor",
]  # fmt: skip

# Reached by acting, not by a link from a page: a form's target, a piece of a page that a script asks for.
NOT_LINKED = {
    "access:sign_in", "access:sign_out", "terminology:lookup", "ui:gallery_progress", "notices:bell",
    "referrals:belongs", "referrals:template", "appointments:book", "resident:sign_in", "resident:sign_out",
    "resident:code", "resident:choose", "resident:start", "resident:developer",
}  # fmt: skip

# Without a relation to the resident these ask for a reason: a page all the same, with status 403.
CLOSED = {"health_record:record", "health_record:looked"}
# What institutions measure, by the name they sent: data, although some of our own pages use the same words.
DATA = {"腹痛", "收缩压", "舒张压", "空腹血糖", "体重", "身高", "妊娠"}

FOREIGN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  const note = (text, element) => {
    if (/[\\u4e00-\\u9fff]/.test(text) && !element.closest('[lang^=zh], script')) found.push(text);
  };
  while (walker.nextNode()) note(walker.currentNode.data, walker.currentNode.parentElement);
  for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'data-label'])
    for (const element of document.querySelectorAll(`[${name}]`)) note(element.getAttribute(name), element);
  note(document.title, document.body);
  return found;
}"""
TOO_WIDE = """() => [document.documentElement.scrollWidth - document.documentElement.clientWidth,
  [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1
    && !e.closest('.table-frame, .tabs, .steps, pre, svg')).slice(0, 3).map((e) => e.outerHTML.slice(0, 120))]"""

reached: dict[str, str] = {}


@pytest.mark.parametrize("role", ROLES)
def test_pages_of(role, sign_in):
    """Pages this role reaches and no role before it did."""
    desk: Desk = sign_in(role)
    faults: list[str] = []
    for found in crawl.pages(desk.context.request, desk.address, residents(desk), frozenset(reached)):
        if found.status != 200 and not (found.view in CLOSED and found.status == 403):
            faults.append(f"{found.path}: a link leads to status {found.status}")
        elif found.view not in reached:
            reached[found.view] = found.path
            faults += [f"{found.path}: {fault}" for fault in look(desk, found.path)]
    assert not faults, "\n".join(faults)


def test_pages_of_a_resident(sign_in, platform):
    """The residents' own pages, from their first one."""
    desk: Desk = sign_in(None)
    cookie = session_of(RESIDENTS["calm"][0], platform.environment)
    desk.context.add_cookies([{"name": "sessionid", "value": cookie, "url": desk.address}])
    faults: list[str] = []
    for found in crawl.pages(desk.context.request, desk.address, ["/resident/"], frozenset(reached)):
        if found.status != 200:
            faults.append(f"{found.path}: a link leads to status {found.status}")
        elif found.view not in reached:
            reached[found.view] = found.path
            faults += [f"{found.path}: {fault}" for fault in look(desk, found.path)]
    assert any(view.startswith("resident:") for view in reached)
    assert not faults, "\n".join(faults)


def test_every_page_is_reached_by_somebody():
    if len(reached) < 3:
        pytest.skip("the pages were not looked at in this run")
    missing = crawl.plain_views() - set(reached) - NOT_LINKED
    assert not missing, sorted(missing)


@pytest.mark.parametrize("path", ["/account/sign-in/", "/no/such/page/"])
def test_pages_for_nobody(path, sign_in):
    desk = sign_in(None)
    assert look(desk, path) == []


def residents(desk: Desk) -> list[str]:
    """What the search in the top bar leads to: it is a form, so that no name stands in an address."""
    desk.open("/")
    search = desk.page.locator(".bar__search input[type=search]")
    if search.count() == 0:
        return []
    search.fill("王")
    search.press("Enter")
    desk.page.wait_for_load_state()
    links = desk.page.locator("main table a")
    return [str(links.nth(n).get_attribute("href")) for n in range(min(links.count(), 4))]


def look(desk: Desk, path: str) -> list[str]:
    """What is wrong with a page."""
    faults: list[str] = []
    for language in ("zh-hans", "en"):
        desk.speak(language)
        desk.narrow(WIDE)
        status = desk.open(path)
        desk.page.wait_for_timeout(120)
        for name, size in (("1280", WIDE), ("380", PHONE)):
            desk.narrow(size)
            over, which = desk.page.evaluate(TOO_WIDE)
            if over > 0:
                faults.append(f"{language} {name} px: {over} px too wide: {which}")
            if language == "zh-hans":
                faults += [f"{name} px: {fault}" for fault in axe(desk)]
        if language == "en":
            shown = set(desk.page.evaluate(FOREIGN))
            own = crawl.own_words()
            left = sorted({run for text in shown for run in crawl.CHINESE.findall(text) if run in own - DATA})
            if left:
                faults.append(f"not in English: {'、'.join(left[:12])}")
        if desk.page.locator("h1").count() != 1:
            faults.append(f"{language}: {desk.page.locator('h1').count()} first headings")
        faults += [f"{language}: {one}" for one in desk.complaints if f"status of {status}" not in one]
    desk.speak("zh-hans")
    return faults


def axe(desk: Desk) -> list[str]:
    """Serious and critical violations."""
    return [
        f"axe {found['id']} ({found['impact']}): {found['nodes'][0]['target']} of {len(found['nodes'])}"
        for found in Axe().run(desk.page).response["violations"]
        if found["impact"] in {"serious", "critical"}
    ]
