"""A claim's page: the settlement list, what changed between versions, what took what back, what others add."""

from datetime import date
from html import unescape
from typing import Any

import pytest
from django.test import Client

from tests.claims.county import Here, back, claim, ids, settled
from tests.claims.lines import charged, line
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.claims import api, panels, selectors, sheet
from yigongti.kernel.access.api import Role, system_actor

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("tests")
SHEET = {
    "self_paid_yuan": "1250", "critical_illness_yuan": "200", "medical_aid_yuan": "50", "self_expense_yuan": "300",
    "account_yuan": "100", "payment_method": "DRG", "other_diagnoses": "I10.x00|E11.900", "procedures": "33.2400",
    "admission_conditions": "1|4|2", "discharge_way": "1", "department": "呼吸内科", "special_nursing_days": "2",
}  # fmt: skip


def text(response: Any) -> str:
    return unescape(response.content.decode())


@pytest.fixture
def officer(here: Here) -> Client:
    return signed_in(Role.INSURANCE_OFFICER, here.bureau)


def one(number: str) -> api.ClaimView:
    return api.get(ids()[number], actor=SYSTEM)


def test_the_list_says_what_it_says(here: Here, officer: Client) -> None:
    settled([claim(1) | SHEET], here)
    charged(
        [
            line("S1", 1, category="床位费", amount_yuan="350", pay_class="甲"),
            line("S1", 2, category="西药费", amount_yuan="3000", pay_class="乙"),
            line("S1", 3, category="西药费", amount_yuan="1600.50", pay_class="自费"),
        ],
        here,
    )
    shown = one("S1")
    assert [(d.code, d.principal, d.condition) for d in sheet.diagnoses(shown)] == [
        ("J18.900", True, "有"), ("I10.x00", False, "无"), ("E11.900", False, "临床未确定"),
    ]  # fmt: skip
    assert [(p.code, p.principal) for p in sheet.procedures(shown)] == [("33.2400", True)]
    made = sheet.charges(selectors.lines_of(shown))
    assert [(c.category, c.amount_fen, c.by_class) for c in made] == [
        ("bed", 35_000, (35_000, 0, 0, 0)), ("western", 460_050, (0, 300_000, 160_050, 0)),
    ]  # fmt: skip
    paid = sheet.payments(shown)
    assert [p.amount_fen for p in paid if not p.part] == [350_000, 20_000, 5_000, 125_000]
    assert sum(p.amount_fen for p in paid if not p.part) == shown.total_fen
    page = text(officer.get(shown.address))
    for words in (
        "呼吸内科",
        "DRG",
        "医嘱离院",
        "特级护理天数",
        "明细合计与总费用相差 49.50 元",
        "5,000.00",
        "住院 7 天",
    ):
        assert words in page


def test_versions_stand_side_by_side_with_what_changed(here: Here, officer: Client) -> None:
    settled([claim(1)], here)
    first = ids()["S1"]
    settled([claim(1, fund_yuan="3400", self_paid_yuan="1600", department="心内科")], here, name="second.csv")
    second = ids()["S1"]
    found = api.versions(first, actor=SYSTEM)
    assert [(c.id, c.version, c.stands) for c in found] == [(second, 2, True), (first, 1, False)]
    assert selectors.changes(found[0], found[1]) == [
        ("department", "", "心内科"), ("fund_fen", 350_000, 340_000), ("self_paid_fen", 150_000, 160_000),
    ]  # fmt: skip
    old = text(officer.get(found[1].address))
    assert "这一版已被取代" in old and f'href="{found[0].address}"' in old
    new = text(officer.get(found[0].address))
    assert "3,500.00" in new and "3,400.00" in new and "这一版已被取代" not in new


def test_reversals_are_seen_from_both_ends(here: Here, officer: Client) -> None:
    first = claim(1)
    part = claim(1, 1, claim_no="S1P", reverses="S1", total_yuan="-1000", fund_yuan="-500", self_paid_yuan="-500")
    settled([back(claim(9, 1), "S9R"), first, part], here)
    chain = api.chain(one("S1"))
    assert chain.original and chain.original.record_no == "S1"
    assert [c.record_no for c in chain.reversals] == ["S1P"] and chain.left_fen == 300_000
    assert "没有冲净" in text(officer.get(one("S1").address))
    assert api.chain(one("S1P")) == chain
    lost = api.chain(one("S9R"))
    assert (lost.original, lost.lost) == (None, "S9")
    assert "要冲销的结算单 S9 还没有报来" in text(officer.get(one("S9R").address))
    settled([claim(2)], here, name="other.csv")
    assert not api.chain(one("S2")).whole


def test_names_are_for_whoever_pays(here: Here, officer: Client) -> None:
    row = claim(1)
    settled([row], here)
    address = one("S1").address
    assert row["姓名"] in text(officer.get(address))
    assert row["姓名"] not in text(signed_in(Role.DIRECTOR, here.hospital).get(address))
    assert row["证件号码"] not in text(officer.get(address))


def test_another_domain_adds_a_card(here: Here, officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    settled([claim(1), claim(2)], here)
    monkeypatch.setattr(panels, "_panels", {})
    api.register_panel(
        api.Panel("test", "分组结果", "claims/panel_for_tests.html", lambda c, _actor: {"no": c.record_no}, order=1)
    )
    api.register_panel(api.Panel("none", "没有", "x.html", lambda _c, _actor: None))
    [shown] = panels.panels_for(one("S1"), SYSTEM)
    assert (shown.title, dict(shown.context)) == ("分组结果", {"no": "S1"})


def test_many_by_id_are_given_in_the_order_asked_and_no_more_than_a_thousand(here: Here) -> None:
    settled([claim(n) for n in range(4)], here)
    known = ids()
    asked = [known["S2"], known["S0"], 999_999_999, known["S3"]]
    assert [c.record_no for c in api.claims_by_id(asked, actor=SYSTEM)] == ["S2", "S0", "S3"]
    with pytest.raises(ValueError, match="1000"):
        api.claims_by_id(range(1001), actor=SYSTEM)


def test_the_lists_address_says_what_it_narrows_to(here: Here) -> None:
    address = api.claim_list_address(
        [3, 4], since=date(2025, 1, 1), until=date(2025, 12, 31), institution=here.hospital, inside=False
    )
    assert address == (
        f"/claims/?settled_from=2025-01-01&settled_to=2025-12-31&institution={here.hospital}&where=outside&ids=3%2C4"
    )
    assert api.claim_list_address() == "/claims/"
