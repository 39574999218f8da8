"""The plan page and the policy page, from outside."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from django.test import Client
from django.utils import translation

from yigongti.kernel.access.api import Role, create_account, grant_role, system_actor
from yigongti.kernel.access.models import Account
from yigongti.kernel.policy import api as policy

pytestmark = pytest.mark.django_db

PLACES = ("wuhua", "xuchang", "lincang", "kunshan")


@pytest.fixture
def client() -> Client:
    """Somebody of the guidance centre, signed in."""
    system = system_actor("test")
    pk = create_account(
        "zhou", "周主任", organisation_id=1, password="Plan-Reader-7", actor=system, must_change_password=False
    )
    grant_role(pk, Role.GUIDANCE_OFFICER, organisation_id=1, actor=system)
    client = Client()
    client.force_login(Account.objects.get(pk=pk))
    return client


@pytest.fixture(autouse=True)
def _chinese() -> Iterator[None]:
    """A page in English leaves the thread in English."""
    with translation.override("zh-hans"):
        yield


def text(client: Client, address: str, language: str = "zh-hans") -> str:
    client.cookies["django_language"] = language
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_pages_ask_for_a_sign_in() -> None:
    for address in ("/plan/", "/plan/kunshan/", "/policy/", "/policy/kunshan/"):
        assert Client().get(address).status_code == 302


@pytest.mark.parametrize("place", PLACES)
def test_every_clause_of_every_plan_is_on_the_page(client: Client, place: str) -> None:
    page = text(client, f"/plan/{place}/")
    for clause in policy.clauses(place):
        assert f">{clause.number} {clause.title.zh}</a>" in page
        assert clause.title.zh in page
        for ask in clause.asks:
            assert ask.says.zh in page
    assert policy.clauses(place)[0].document.title.zh in page


def test_the_place_that_is_served_comes_first(client: Client) -> None:
    assert "昆山市方案台账" in text(client, "/plan/")
    assert "昆山市政策参数" in text(client, "/policy/")


def test_filters_of_the_plan(client: Client) -> None:
    everything = len(policy.clauses("kunshan"))

    def shown(query: str) -> int:
        found = re.search(r'<span role="status">共 (\d+) 条</span>', text(client, f"/plan/kunshan/?{query}"))
        assert found
        return int(found[1])

    by_state = [shown(f"state={state}") for state in ("missing", "partly", "done", "outside")]
    assert sum(by_state) == shown("") == everything
    assert shown("lead=insurance_bureau") == 2  # 二（一）2 with the others, 二（五）2 alone
    assert shown("q=结余留用") == 2  # 二（五）2, 二（五）3
    assert shown("q=没有这种话") == 0
    assert shown("state=nonsense") == everything


def test_a_deadline_that_has_passed_is_said_in_words(client: Client) -> None:
    page = text(client, "/plan/wuhua/?due=late")
    assert "已超期" in page
    assert ">七（一）3 " not in page  # past its day, and carried out
    assert ">七（一）4 " in page  # a third party's evaluation: nothing does it


def test_a_clause_has_its_own_page(client: Client) -> None:
    page = text(client, "/plan/xuchang/四（二）/")
    for part in ("结余留用、超支不补", "医保基金超支的处理", "超支不补", "医保部门", "功能模块：医保基金", "系统中缺"):
        assert part in page
    assert "卫生院（3 家）" in text(client, "/plan/wuhua/七（一）1/")
    assert client.get("/plan/xuchang/九（九）/").status_code == 404
    assert client.get("/plan/nowhere/").status_code == 404


def test_the_policy_page_has_value_date_document_and_clause(client: Client) -> None:
    page = text(client, "/policy/xuchang/?q=村卫生室")
    for part in ("村卫生室承担的基本公卫任务比例", "≥ 50 %", "2021-01-01", "许政办〔2020〕19号", "三（四）", "已确认"):
        assert part in page
    earlier = text(client, "/policy/xuchang/?q=村卫生室&on=2020-12-31")
    assert "≥ 45 %" in earlier and "≥ 50 %" not in earlier


def test_unconfirmed_values_are_flagged_and_can_be_listed(client: Client) -> None:
    page = text(client, "/policy/kunshan/?stands=unconfirmed")
    assert "账号锁定时长" in page and "tag--attention" in page
    assert "县域内就诊率目标" not in page


def test_gaps_are_listed(client: Client) -> None:
    page = text(client, "/policy/lincang/")
    # Lincang's plan names no target of the four measures, nor who keeps a surplus of the fund and bears an overspend
    assert "缺少 6 个取值" in page
    assert "县域内就诊率目标" in text(client, "/policy/lincang/?stands=gap")


def test_a_parameter_shows_every_value_it_had_and_other_places(client: Client) -> None:
    page = text(client, "/policy/kunshan/insurance_fund.overspend.rule/")
    for part in ("合理超支分担", "二（五）2", "超支不补", "许昌市", "本地方案原文"):
        assert part in page
    history = text(client, "/policy/xuchang/public_health.village_task_share/")
    assert "≥ 45 %" in history and "≥ 50 %" in history
    assert client.get("/policy/kunshan/no.such/").status_code == 404


def test_a_day_that_is_none_is_said(client: Client) -> None:
    assert "日期应写成" in text(client, "/policy/kunshan/?on=yesterday")


def test_export(client: Client) -> None:
    answer = client.get("/policy/kunshan/?export=csv")
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert "indicators.in_county_visit_rate.target" in content.decode("utf-8-sig")


@pytest.mark.parametrize(
    "address",
    [
        "/plan/kunshan/",
        "/plan/wuhua/",
        "/plan/xuchang/四（二）/",
        "/policy/kunshan/",
        "/policy/kunshan/insurance_fund.overspend.rule/",
    ],
)
def test_english_is_complete(client: Client, address: str) -> None:
    """Names of organisations, and numbers of documents and clauses, stay Chinese; everything else does not."""
    main = text(client, address, "en").split("<main", 1)[1].split("</main>")[0]
    words = unescape(re.sub(r"<[^>]+>", "\n", main))
    for chinese in sorted(_names(), key=len, reverse=True):
        words = words.replace(chinese, "")
    assert re.findall(r".*[\u4e00-\u9fff].*", words) == []


def _names() -> set[str]:
    names: set[str] = set()
    for place in PLACES:
        plan = policy.organisations(place)
        assert plan is not None
        names |= {organisation.name for organisation in plan.organisations}
        names |= {document.number for document in policy.documents(place)}
        for clause in policy.clauses(place):
            names |= {clause.number, clause.section}
        for parameter in policy.parameters():
            names |= {value.clause for value in policy.history(parameter.name, place)}
    return names - {""}
