"""Scene 4, the insurance officer on 31 December: budget, prepayments, use inside and outside, deposit, clearing; each
figure opens down to the claims; a second person approves, and the year is frozen; the books balance to the fen.

The year is the demo county's own: 2025, run up to its clearing.
"""

import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PASSWORD, enter

YUAN = re.compile(r"-?[\d,]+\.\d\d")
MOST_FINDINGS = 10


@pytest.fixture
def at_desk(sign_in, platform):
    """``at_desk(username, phone=False)``: somebody of the scene at their page."""

    def desk(username, *, phone=False):
        made = sign_in(None, phone=phone)
        enter(made.page, platform.address, username, PASSWORD)
        assert "/account/sign-in/" not in made.page.url, made.page.inner_text("main")
        return made

    return desk


def follow(page: Page, name: str) -> None:
    page.locator("main").get_by_role("link", name=name, exact=True).first.click()
    page.wait_for_load_state()


def yuan(text: str) -> Decimal:
    """The first amount in a text."""
    found = YUAN.search(text)
    assert found, text
    return Decimal(found[0].replace(",", ""))


def line(page: Page, name: str) -> Locator:
    """The line of the first table that begins with a name."""
    return page.locator("main tr", has=page.get_by_role("rowheader", name=name, exact=True)).first


def cell(page: Page, row: str, column: int) -> Decimal:
    return yuan(line(page, row).locator("td").nth(column).inner_text())


def take(page: Page, step: str, **answers: str) -> None:
    """Open a step on the case's page, answer what it asks, and confirm it."""
    box = page.locator("details.step", has=page.locator("summary", has_text=step)).first
    if box.get_attribute("open") is None:
        box.locator("summary").click()
    for name, answer in answers.items():
        field = box.locator(f"[name$=-{name}]").first
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(answer)
        elif field.get_attribute("type") == "radio":
            box.locator(f"[name$=-{name}][value='{answer}']").check()
        else:
            field.fill(answer)
    box.get_by_role("button").last.click()
    page.wait_for_load_state()


def test_scene_4_the_year_is_closed(at_desk, platform):
    payer = at_desk("scene_payer")
    page = payer.page
    payer.open("/insurance-fund/")
    page.locator("main a", has_text="2025").first.click()
    page.wait_for_load_state()
    year = page.url.replace(payer.address, "")
    expect(page.locator("main")).to_contain_text("执行中")

    # what stands in the way is named, and is looked into with a reason
    payer.open(f"{year}checks/")
    for _ in range(MOST_FINDINGS):
        form = page.locator("main form:has([name=reason])").first
        if not form.count():
            break
        form.evaluate("e => { for (let p = e; p; p = p.parentElement) if (p.tagName === 'DETAILS') p.open = true; }")
        form.locator("[name=reason]").fill("外地新参保，尚未分派管理机构，由统筹基金列支")
        form.get_by_role("button").last.click()
        page.wait_for_load_state()
    assert "阻止批准" not in page.inner_text("main"), page.inner_text("main")

    # the columns add up to their totals, line by line; and use is made of its parts
    payer.open(f"{year}clearing/")
    rows = ("本单位内就医", "其他预算单位就医", "县域内其他机构", "县域外就医", "零售药店")
    for row in (*rows, "年度预算", "实际支出"):
        assert sum(cell(page, row, n) for n in range(3)) == cell(page, row, 3), row
    for n in range(4):
        assert sum(cell(page, row, n) for row in rows) == cell(page, "实际支出", n)
    used = cell(page, "县域外就医", 0)
    assert used > 0

    # a figure opens: formula, inputs, clause; below it the claims, which come to the same
    page.locator("main tr", has=page.get_by_role("rowheader", name="县域外就医", exact=True)).get_by_role(
        "link"
    ).first.click()
    page.wait_for_load_state()
    expect(page.locator("main")).to_contain_text("公式")
    expect(page.locator("main")).to_contain_text("依据")
    assert yuan(page.inner_text("main .figure__value, main .figure")) == used
    page.locator("main a[href*='/claims/']").first.click()
    page.wait_for_load_state()
    assert str(used) in page.inner_text("main").replace(",", "")
    assert page.locator("main tbody tr").count() > 0

    # what if: another rule changes each member's result, and nothing of the year
    payer.open(f"{year}what-if/")
    page.locator("main summary", has_text="预先留出多少").click()
    field = page.get_by_label("质量保证金比例").first
    field.fill("6")
    page.get_by_role("button", name="测算", exact=True).click()
    page.wait_for_load_state()
    changed = line(page, "年度预算")
    amounts = [yuan(text) for text in changed.locator("td").all_inner_texts()]
    assert amounts[1] < amounts[0] and amounts[1] - amounts[0] == amounts[2]
    payer.open(f"{year}clearing/")
    assert cell(page, "年度预算", 0) == amounts[0]

    # the clearing is put before a second person; its author can't approve it
    payer.open(year)
    take(page, "提交年终清算", **({"overspend": "record_only"} if page.locator("[name$=-overspend]").count() else {}))
    expect(page.locator("main")).to_contain_text("清算待审批")
    assert not page.locator("summary", has_text="批准清算并冻结").count()

    # who finds it waiting, on a phone, and approves it
    second = at_desk("scene_second", phone=True)
    second.open("/inbox/")
    second.page.locator("main a", has_text="2025").first.click()
    second.page.wait_for_load_state()
    assert second.page.url.endswith(year)
    take(second.page, "批准清算并冻结", seen="yes")
    expect(second.page.locator("main")).to_contain_text("账目冻结")
    width = second.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 380

    # frozen, the figures are the same; deposit and surplus go out; what is done is done
    payer.open(f"{year}clearing/")
    assert cell(page, "县域外就医", 0) == used
    payer.open(year)
    take(page, "返还保证金并分配结余", on="2026-01-20")
    expect(page.locator("main")).to_contain_text("已办结")
    assert not page.locator("details.step").count()
    assert "the same to the fen" in _told(platform, "fund", "rerun", "--year", "2025")

    # the books: each side of every book comes to the same, and all of them together to nought
    keeper = at_desk("scene_keeper")
    keeper.open("/books/")
    keeper.page.locator("main a", has_text="市一院").first.click()
    keeper.page.wait_for_load_state()
    follow(keeper.page, "科目余额表")
    sides = [yuan(text) for text in YUAN.findall(_card(keeper.page, "试算平衡"))]
    assert len(sides) == 6 and sides[0::2] == sides[1::2] and sides[-1] > 0
    keeper.open("/books/consolidated/")
    assert "不平衡" not in keeper.page.inner_text("main") and "不一致" not in keeper.page.inner_text(
        "main tbody >> nth=-1"
    )
    assert keeper.complaints == payer.complaints == second.complaints == []


def _card(page: Page, title: str) -> str:
    return page.locator("main .card", has=page.get_by_role("heading", name=title, exact=True)).first.inner_text()


def _told(platform, *words: str) -> str:
    """What a command of the platform says."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-P", "-m", "yigongti", *words], env=platform.environment, cwd=Path(__file__).parents[2],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout
