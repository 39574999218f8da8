"""The workbench: what waits for me, by kind, the most pressing first; cards and links by right."""

from datetime import datetime, timedelta

import pytest
from tests.support.people import person

from yigongti.kernel import clock
from yigongti.kernel.access.api import Role, declare
from yigongti.kernel.ui import workbench
from yigongti.kernel.ui.tests.requests import look
from yigongti.kernel.ui.workbench import Card, QuickLink
from yigongti.kernel.workflow.api import InboxItem
from yigongti.portals.workbench import selectors
from yigongti.portals.workbench.selectors import waiting
from yigongti.portals.workbench.web import views
from yigongti.portals.workbench.web.views import home, inbox_page

pytestmark = pytest.mark.django_db

LEND = declare("test.lend", "借出", to={Role.DOCTOR})
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=clock.ZONE)
OWNER_DOCTOR = person("doctor", 1)


def item(title, *, due_days, kind="test.loan"):
    due = NOON + timedelta(days=due_days) if due_days is not None else None
    return InboxItem(
        kind, "借用" if kind == "test.loan" else "转诊", 1, None, title, "/x/", ("借出", "谢绝"), NOON, due
    )


@pytest.fixture
def loans(monkeypatch):
    """What the kernel's inbox holds for the doctor of organisation 1, in no order."""
    held = [
        item("chair-soon", due_days=1),
        item("open", due_days=None),
        item("chair-late", due_days=-1),
        item("referral", due_days=2, kind="test.referral"),
    ]

    def inbox(actor, limit=200):
        return held if actor == OWNER_DOCTOR else []

    monkeypatch.setattr(selectors, "inbox", inbox)
    monkeypatch.setattr(views, "inbox", inbox)


def page(actor, view=home, address="/"):
    with clock.fixed(NOON):
        response = view(look(actor, address))
        return response.content.decode()


def test_what_waits_is_grouped_and_the_overdue_come_first(loans):
    with clock.fixed(NOON):
        loan, referral = waiting(OWNER_DOCTOR)
        assert (loan.label, referral.label) == ("借用", "转诊")
        assert [one.title for one in loan.items] == ["chair-late", "chair-soon", "open"]
        assert (loan.overdue, referral.overdue) == (1, 0)


def test_the_page_says_how_many_and_how_late(loans):
    shown = page(OWNER_DOCTOR)
    assert "有 4 件事等您处理。" in shown
    assert "1 件已超期。" in shown
    assert shown.index("已超期 1 天") < shown.index("明天到期")
    assert "借出 · 谢绝" in shown
    assert "下午好，测试员" in shown


def test_somebody_elses_cases_do_not_show(loans):
    shown = page(person("doctor", 99))
    assert "现在没有等您处理的事。" in shown
    assert "chair-late" not in shown


def test_the_inbox_lists_and_filters(loans):
    assert "共 4 条" in page(OWNER_DOCTOR, inbox_page)
    shown = page(OWNER_DOCTOR, inbox_page, "/inbox/?q=soon")
    assert "共 1 条" in shown and "chair-soon" in shown and "chair-late" not in shown
    assert "共 3 条" in page(OWNER_DOCTOR, inbox_page, "/inbox/?kind=test.loan")


def test_cards_and_links_show_to_whom_they_are_open(monkeypatch):
    monkeypatch.setattr(workbench, "_cards", {})
    monkeypatch.setattr(workbench, "_links", {})
    template = "workbench/tests/card.html"
    workbench.register_card(Card("b", "乙卡", template, lambda actor: {"words": f"给{actor.name}"}, LEND, order=2))
    workbench.register_card(Card("a", "甲卡", template, lambda actor: {"words": "宽"}, side=False, order=1))
    workbench.register_card(Card("none", "无卡", template, lambda actor: None))
    workbench.register_link(QuickLink("去借", "workbench:inbox", LEND, icon="link"))
    workbench.register_link(QuickLink("走不通", "no:where", LEND))
    shown = page(OWNER_DOCTOR)
    assert "给测试员" in shown and "甲卡" in shown and "无卡" not in shown
    assert "去借" in shown and "走不通" not in shown
    shown = page(person("auditor", 1))
    assert "甲卡" in shown and "乙卡" not in shown and "去借" not in shown


def test_who_is_not_signed_in_is_sent_to_sign_in():
    assert home(look(None, "/")).headers["Location"] == "/account/sign-in/?next=%2F"
