"""What people do with the shell: signing in and failing to, languages, keyboard, phone, without scripts, on paper."""

import csv
import io
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, PHONE, enter


def test_who_is_not_signed_in_is_asked_to_and_comes_back(sign_in):
    desk = sign_in(None)
    desk.open("/inbox/?kind=none")
    assert "/account/sign-in/" in desk.page.url
    desk.page.fill("[name=username]", "browser_doctor")
    desk.page.fill("[name=password]", PASSWORD)
    desk.page.click("main button[type=submit]")
    expect(desk.page.locator("h1")).to_have_text("待办")
    assert desk.page.url.endswith("/inbox/?kind=none")


def test_a_first_password_must_be_changed(sign_in):
    desk = sign_in(None)
    page: Page = desk.page
    enter(page, desk.address, "browser_newcomer")
    expect(page.locator("h1")).to_have_text("请先设置您自己的密码")
    desk.open("/inbox/")
    expect(page.locator("h1")).to_have_text("请先设置您自己的密码")
    page.fill("[name=old_password]", PASSWORD)
    page.fill("[name=new_password]", "short")
    page.fill("[name=new_password_again]", "short")
    page.click("main button.button--primary")
    expect(page.locator(".errors")).to_be_focused()
    page.fill("[name=old_password]", PASSWORD)
    page.fill("[name=new_password]", "River-2027-stone")
    page.fill("[name=new_password_again]", "River-2027-stone")
    page.click("main button.button--primary")
    expect(page.locator(".messages")).to_contain_text("密码已经修改")
    expect(page.locator(".messages")).to_be_focused()


def test_five_failures_lock_the_account(sign_in):
    desk = sign_in(None)
    page: Page = desk.page
    for left in (4, 3, 2, 1):
        enter(page, desk.address, "browser_forgetful", "wrong")
        expect(page.locator(".errors")).to_contain_text(f"还可以再试 {left} 次")
    expect(page.locator(".alert--attention")).to_contain_text("再输错一次")
    enter(page, desk.address, "browser_forgetful", "wrong")
    expect(page.locator("h1")).to_have_text("账号已暂时锁定")
    enter(page, desk.address, "browser_forgetful")
    expect(page.locator("h1")).to_have_text("账号已暂时锁定")


def test_the_language_is_switched_and_kept(sign_in):
    desk = sign_in("doctor")
    desk.open("/inbox/?kind=a&sort=-since")
    desk.page.click("button[name=language]")
    expect(desk.page.locator("h1")).to_have_text("To do")
    assert desk.page.url.endswith("/inbox/?kind=a&sort=-since")
    assert desk.page.locator("html").get_attribute("lang") == "en"
    desk.open("/")
    desk.page.click("button[name=language]")
    assert desk.page.locator("html").get_attribute("lang") == "zh-Hans"


def test_the_account_menu_opens_by_keyboard_and_signs_out(sign_in, platform):
    desk = sign_in(None)
    enter(desk.page, platform.address, "browser_auditor")
    summary = desk.page.locator("details.menu > summary")
    summary.focus()
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator(".menu__panel")).to_be_visible()
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator(".menu__panel")).not_to_be_visible()
    expect(summary).to_be_focused()
    desk.page.keyboard.press("Enter")
    desk.page.get_by_role("button", name="退出").click()
    expect(desk.page.locator("h1")).to_have_text("已安全退出")
    desk.open("/")
    assert "/account/sign-in/" in desk.page.url


def test_the_first_key_skips_to_the_content(sign_in):
    desk = sign_in("doctor")
    desk.open("/")
    desk.page.keyboard.press("Tab")
    expect(desk.page.locator(".skip")).to_be_focused()
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("main")).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False])
def test_the_menu_on_a_phone(sign_in, scripts):
    desk = sign_in("doctor", phone=True, scripts=scripts)
    desk.open("/")
    expect(desk.page.locator("#menu")).not_to_be_visible()
    desk.page.locator(".tabbar").get_by_text("菜单").click()
    expect(desk.page.locator("#menu")).to_be_visible()
    if scripts:
        expect(desk.page.locator("#menu ul a").first).to_be_focused()
        desk.page.keyboard.press("Escape")
        expect(desk.page.locator("#menu")).not_to_be_visible()
        desk.page.locator(".tabbar").get_by_text("菜单").click()
    desk.page.locator("#menu").get_by_role("link", name="待办").click()
    expect(desk.page.locator("h1")).to_have_text("待办")


def test_without_scripts_a_chart_is_its_table_and_a_list_still_filters(sign_in):
    desk = sign_in("system_admin", scripts=False)
    desk.open("/ui/")
    expect(desk.page.locator("#chart table")).to_be_visible()
    assert not desk.page.locator("#chart .chart__canvas").is_visible()
    desk.page.fill(".filters [name=q]", "居民 12")
    desk.page.click(".filters button")
    expect(desk.page.locator("#list tbody tr")).to_have_count(1)


def test_with_scripts_a_chart_is_drawn_and_its_table_folded(sign_in):
    desk = sign_in("system_admin")
    desk.open("/ui/")
    expect(desk.page.locator("#chart canvas")).to_be_visible()
    expect(desk.page.locator("#chart table")).not_to_be_visible()
    assert desk.complaints == []


def test_long_work_is_asked_after_until_it_ends(sign_in):
    desk = sign_in("system_admin")
    desk.open("/ui/")
    progress = desk.page.locator("#sample-progress")
    assert progress.get_attribute("hx-get")
    desk.page.evaluate("htmx.trigger('#sample-progress', 'load')")
    desk.page.evaluate("htmx.ajax('GET', '/ui/progress/', {target: '#sample-progress', swap: 'outerHTML'})")
    expect(progress).to_contain_text("12,000 / 12,000")
    assert progress.get_attribute("hx-get") is None
    assert desk.complaints == []


def test_a_list_is_exported_as_it_is_filtered(sign_in):
    desk = sign_in("system_admin")
    desk.open("/ui/?q=居民 1&sort=-visits")
    with desk.page.expect_download() as download:
        desk.page.get_by_role("link", name="CSV").click()
    assert re.fullmatch(r"示例列表_\d{8}-\d{4}\.csv", download.value.suggested_filename)
    rows = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    shown = desk.page.locator("#list tbody th").all_inner_texts()
    assert [row[0] for row in rows[1 : len(shown) + 1]] == shown
    assert rows[len(shown) + 2][0] == "导出人：Wang System_Admin"


def test_a_form_that_stood_open_too_long_says_so(sign_in):
    desk = sign_in(None)
    desk.open("/account/sign-in/")
    desk.context.clear_cookies()
    desk.page.fill("[name=username]", "x")
    desk.page.fill("[name=password]", "y")
    desk.page.click("main button[type=submit]")
    expect(desk.page.locator("h1")).to_have_text("页面已经过期")


def test_every_control_on_a_phone_is_large_enough_to_touch(sign_in):
    desk = sign_in("system_admin", phone=True)
    desk.open("/ui/")
    desk.narrow(PHONE)
    small = desk.page.evaluate(
        """() => [...document.querySelectorAll(`.bar a, .bar button, .bar summary, .tabbar a, main .button, .pages a,
             main input:not([type=checkbox], [type=radio], [type=hidden], [type=file]), main select`)]
             .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 36)
             .map((e) => e.outerHTML.slice(0, 90))"""
    )
    assert small == []


def test_paper_has_no_menu_and_black_ink(sign_in):
    desk = sign_in("system_admin")
    desk.open("/ui/")
    desk.page.emulate_media(media="print")
    for part in (".bar", ".side", ".filters", ".tabbar"):
        expect(desk.page.locator(part).first).not_to_be_visible()
    expect(desk.page.locator("#list table")).to_be_visible()
