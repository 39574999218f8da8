"""The pages: who may open which, what a figure opens to, what if, the workbook; odd input is no error page."""

import io
from datetime import date

import openpyxl
import pytest
from django.urls import reverse

from tests.fund.world import YEAR, World, claim, cleared, publish, running, usual, world
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.insurance_fund.models import Accepted, FundYear, Scenario
from yigongti.kernel.access.api import Role
from yigongti.kernel.audit.models import Line
from yigongti.kernel.workflow.api import take_step

pytestmark = pytest.mark.django_db

PAGES = ("year", "budget", "clearing", "members", "pace", "checks", "late", "what_if", "inputs", "export")


@pytest.fixture
def here(settings, tmp_path) -> World:
    settings.VAR = tmp_path
    return world()


def address(page: str, case: FundYear, *more: object) -> str:
    return reverse(f"insurance_fund:{page}", args=[case.pk, *more])


# Who gets which page of a closed year: role, where it is held → statuses by page, then claims below a figure.
TABLE = [
    (Role.INSURANCE_OFFICER, "county", dict.fromkeys(PAGES, 200), 200),
    (Role.GUIDANCE_OFFICER, "county", {**dict.fromkeys(PAGES, 200), "inputs": 403}, 200),
    (Role.DIRECTOR, "east", {**dict.fromkeys(PAGES, 200), "inputs": 403, "checks": 403, "late": 403}, 200),
    (Role.FINANCE_OFFICER, "east_hospital",
     {**dict.fromkeys(PAGES, 200), "inputs": 403, "checks": 403, "late": 403, "what_if": 403}, 200),
    (Role.DIRECTOR, "outsider", {**dict.fromkeys(PAGES, 404), "inputs": 403, "checks": 403, "late": 403}, 404),
    (Role.DOCTOR, "east_hospital", dict.fromkeys(PAGES, 403), 403),
    (Role.VILLAGE_DOCTOR, "east_clinic", dict.fromkeys(PAGES, 403), 403),
    (Role.COORDINATOR, "east_hospital", dict.fromkeys(PAGES, 403), 403),
    (Role.DATA_OFFICER, "east_hospital", dict.fromkeys(PAGES, 403), 403),
    (Role.SYSTEM_ADMIN, "county", dict.fromkeys(PAGES, 403), 403),
    (Role.SECURITY_ADMIN, "county", dict.fromkeys(PAGES, 403), 403),
    (Role.AUDITOR, "county", dict.fromkeys(PAGES, 403), 403),
]  # fmt: skip


def test_who_opens_what(here):
    publish(usual(here))
    case = cleared(here)
    for role, at, pages, below in TABLE:
        client = signed_in(role, here.id(at))
        got = {page: client.get(address(page, case)).status_code for page in PAGES}
        assert got == pages, (role, at)
        assert client.get(address("claims", case) + "?home=all").status_code == below, (role, at)
        assert client.get(address("line", case, "pool")).status_code == pages["budget"], (role, at)
        listed = client.get(reverse("insurance_fund:list"))
        assert listed.status_code == (403 if below == 403 else 200)
        if below != 403:
            assert (case.title in listed.content.decode()) is (below == 200)


def test_a_figure_opens_down_to_its_claims(here):
    rows = usual(here)
    publish(rows)
    case = cleared(here)
    client = signed_in(Role.INSURANCE_OFFICER, here.id("county"))
    page = client.get(address("clearing", case)).content.decode()
    east = here.id("east")
    assert "213,600.00" in page and address("line", case, f"use.{east}") in page
    page = client.get(address("line", case, f"use.{east}")).content.decode()
    assert address("line", case, f"use_outside.{east}") in page
    page = client.get(address("line", case, f"use_outside.{east}")).content.decode()
    below = f"{address('claims', case)}?home={east}&amp;where=outside&amp;of=use_outside.{east}"
    assert below in page
    page = client.get(below.replace("&amp;", "&")).content.decode()
    # twelve claims of 2,000.00 each, of no other place
    assert "12" in page and "24,000.00" in page and rows[4]["record_no"] in page
    assert rows[0]["record_no"] not in page
    page = client.get(address("line", case, f"surplus_kept.{east}")).content.decode()
    assert "二（五）2" in page and "昆山市推进紧密型县域医疗共同体建设总体方案" in page
    assert Line.objects.filter(act="insurance_fund.look_at_claims").count() == 1


def test_every_line_opens(here):
    publish(usual(here))
    case = running(here)
    client = signed_in(Role.INSURANCE_OFFICER, here.id("county"))
    from yigongti.domains.money.insurance_fund import gathering

    for line in gathering.gather(case).statement.lines:
        assert client.get(address("line", case, line.key)).status_code == 200, line.key
        if line.claims:
            from yigongti.domains.money.insurance_fund.web.figures import claims_address

            got = client.get(claims_address(gathering.gather(case), line))
            assert got.status_code == 200 and got.context["fund"] == line.fen, line.key


def test_only_ones_own_claims_are_listed(here):
    publish(usual(here))
    case = cleared(here)
    client = signed_in(Role.DIRECTOR, here.id("west"))
    got = client.get(
        address("claims", case) + f"?home={here.id('east')}&where=outside&of=use_outside.{here.id('east')}"
    )
    assert (got.context["total"], len(got.context["listing"].rows)) == (12, 0)
    got = client.get(address("claims", case) + f"?home={here.id('east')}&where=other_holder")
    assert (got.context["total"], len(got.context["listing"].rows)) == (12, 12)


@pytest.mark.parametrize(
    "asked",
    ["home=x", "home=" + "9" * 40, "home=1%00", "where=moon", "home=1&where=moon", "month=2025-02-30", "treated=-1",
     "institution=", "certified=2", "outside=yes", "ids=1,a", "ids=" + "9" * 30],
)  # fmt: skip
def test_odd_addresses_are_no_pages(here, asked):
    publish(usual(here))
    case = running(here)
    client = signed_in(Role.INSURANCE_OFFICER, here.id("county"))
    assert client.get(f"{address('claims', case)}?{asked}").status_code == 404
    assert client.get(address("line", case, "no.such")).status_code == 404


def test_what_if(here):
    publish(usual(here))
    case = running(here)
    client = signed_in(Role.DIRECTOR, here.id("east"))
    same = client.get(address("what_if", case))
    assert same.status_code == 200 and not same.context["changes"]
    asked = {"insurance_fund.surplus.rule": "shared_in_band", "insurance_fund.budget.persons_weight": "1"}
    tried = client.get(address("what_if", case), asked)
    rows = {row.name: row for row in tried.context["trial"].rows if row.of == here.id("east") and row.nth is None}
    # in the band down to 85 % half of 38,400.00: 15 % of 252,000.00 = 37,800.00, half of it 18,900.00
    assert (rows["surplus_kept"].now, rows["surplus_kept"].then) == (3_840_000, 1_890_000)
    assert Scenario.objects.count() == 0
    saved = client.post(address("what_if", case), {**asked, "scenario": "分享"})
    assert saved.status_code == 302 and Scenario.objects.get().results
    assert client.post(address("what_if", case), {**asked, "scenario": "分享"}).status_code == 422
    assert "分享" in client.get(address("what_if", case)).content.decode()
    for value in ("-1", "1e999", "nan", "x", "9" * 30, "0.12345678", "½", "\0"):
        odd = client.get(address("what_if", case), {"insurance_fund.budget.persons_weight": value})
        assert odd.status_code == 200
    odd = client.get(address("what_if", case), {"insurance_fund.budget.persons_weight": "2"})
    assert odd.status_code == 200 and "这不是可用的值" in odd.content.decode()
    odd = client.get(address("what_if", case), {"insurance_fund.surplus.rule": "none_such"})
    assert odd.status_code == 200 and "这不是可用的值" in odd.content.decode()


def test_what_if_on_last_years_real_claims(here):
    publish(usual(here))
    publish(usual(here, 2026), 2026, months=range(1, 4))
    case = running(here, 2026)
    got = signed_in(Role.INSURANCE_OFFICER, here.id("county")).get(address("what_if", case))
    assert (got.context["trial"].claims_of, got.context["trial"].complete) == (YEAR, True)


def test_findings_are_shown_and_accepted(here):
    rows = usual(here)
    twin = {**rows[0], "id": 999_001, "record_no": "TWIN"}
    publish([*rows, twin])
    case = running(here)
    client = signed_in(Role.INSURANCE_OFFICER, here.id("county"))
    got = client.get(address("checks", case))
    (one,) = [f for f in got.context["findings"] if f.name == "twice"]
    assert one.blocks and one.count == 2 and "TWIN" in got.content.decode()
    assert client.post(address("checks", case), {"name": "twice", "digest": one.digest}).status_code == 422
    said = {"name": "twice", "digest": one.digest, "reason": "两次就诊，已查"}
    assert client.post(address("checks", case), said).status_code == 302
    assert Accepted.objects.get().reason == "两次就诊，已查"
    (one,) = [f for f in client.get(address("checks", case)).context["findings"] if f.name == "twice"]
    assert not one.blocks
    director = signed_in(Role.DIRECTOR, here.id("east"))
    assert director.post(address("checks", case), said).status_code == 403


def test_entering_by_the_form(here):
    publish([])
    client = signed_in(Role.INSURANCE_OFFICER, here.id("county"))
    made = client.post(reverse("insurance_fund:new"), {"year": YEAR, "fund_kind": "residents"})
    case = FundYear.objects.unscoped("test").get()
    assert made.status_code == 302 and made["Location"] == address("inputs", case)
    form = client.get(address("inputs", case)).context["form"]
    data = {name: form[name].initial if form[name].initial is not None else "" for name in form.fields}
    data |= {"individual": "400", "subsidy": "600.50"}
    for row in case.members():
        if row.kind == "community_centre":
            data[f"m{row.pk}_persons"] = "300"
    for holder in case.holders():
        data |= {f"h{holder.pk}_paid1": "200000", f"h{holder.pk}_done1": "72"}
    assert client.post(address("inputs", case), data).status_code == 302
    case.refresh_from_db()
    assert (case.individual_fen, case.subsidy_fen) == (40_000, 60_050)
    assert client.get(address("budget", case)).status_code == 200
    wrong = client.post(address("inputs", case), data | {"subsidy": "-1", f"h{case.holders()[0].pk}_done1": ""})
    assert wrong.status_code == 422
    assert client.post(reverse("insurance_fund:new"), {"year": YEAR, "fund_kind": "residents"}).status_code == 422
    assert client.post(reverse("insurance_fund:new"), {"year": "99999", "fund_kind": "moon"}).status_code == 422
    assert client.post(address("inputs", case), {"do": "count"}).status_code == 302


def test_steps_on_the_page(here):
    publish(usual(here))
    case = running(here)
    client = signed_in(Role.INSURANCE_OFFICER, here.id("county"))
    done = client.post(address("year", case), {"step": "prepare_clearing", "prepare_clearing-overspend": ""})
    assert done.status_code == 302
    assert FundYear.objects.unscoped("test").get(pk=case.pk).state == "clearing"
    page = client.get(address("year", case)).content.decode()
    assert "approve_clearing" not in page  # the same person
    other = signed_in(Role.GUIDANCE_OFFICER, here.id("county"))
    assert "approve_clearing" in other.get(address("year", case)).content.decode()
    done = other.post(address("year", case), {"step": "approve_clearing", "approve_clearing-seen": "yes"})
    assert done.status_code == 302
    for wrong in ("9999-99-99", "0001-01-01", "9999-12-31", "x"):
        got = client.post(address("year", case), {"step": "settle", "settle-on": wrong})
        assert got.status_code == 422
    again = client.post(address("late", case))
    assert again.context["again"].same


def test_the_workbook(here):
    publish(usual(here))
    case = cleared(here)
    got = signed_in(Role.DIRECTOR, here.id("east")).get(address("export", case))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(got.streaming_content)))
    sheet = book["清算表"]
    rows = {row[0].value: [cell.value for cell in row[1:]] for row in sheet.iter_rows(min_row=2)}
    assert rows["实际支出"] == [213_600, 108_000, 321_600]
    assert any("二（五）2" in str(row[6].value) for row in book["明细"].iter_rows(min_row=2))
    assert case.closing.digest in book["说明"]["A3"].value


def test_pages_ask_a_few_questions_however_many_rows(here, django_assert_max_num_queries):
    publish([*usual(here), *(claim(here, date(YEAR, 5, 5), "east_centre", "outside", 100 + n) for n in range(60))])
    case = cleared(here)
    client = signed_in(Role.INSURANCE_OFFICER, here.id("county"))
    client.get(address("clearing", case))
    for page, most in (("clearing", 22), ("members", 22), ("claims", 26), ("late", 28)):
        with django_assert_max_num_queries(most):
            assert client.get(address(page, case)).status_code == 200


def test_late_claims_are_shown(here):
    rows = usual(here)
    publish(rows)
    case = cleared(here)
    publish([*rows, claim(here, date(YEAR, 12, 30), "east_centre", "outside", 500_000, record_no="LATE")])
    client = signed_in(Role.INSURANCE_OFFICER, here.id("county"))
    page = client.get(address("late", case)).content.decode()
    assert "LATE" in page and "5,000.00" in page
    publish(usual(here, 2026), 2026)
    after = running(here, 2026)
    take_step(after, "take_late", actor=here.officer)
    got = client.get(address("late", case))
    (row,) = got.context["listing"].rows
    assert (row.target.fund_fen, row.open.fund_fen) == (500_000, 0) and f">{after.year}<" in got.content.decode()
