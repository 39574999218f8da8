"""Special reviews in the browser: from a case's page to the decision; the list, its counts, its queries."""

from datetime import date

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.claims.county import Here, claim, ids, settled
from tests.drg.test_claims import PNEUMONIA
from tests.drg.test_pages import text
from tests.drg.test_special import DEAR, HEARD, WHY, applied, filled, granted, spring
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.drg.models import SpecialReview
from yigongti.domains.money.drg.services.claims import regroup_due
from yigongti.domains.money.drg.workflow import SPECIAL
from yigongti.kernel.access.api import Role, system_actor
from yigongti.kernel.audit.models import Line as AuditLine
from yigongti.kernel.ui.cases import step_form

__all__ = ["spring"]
ACTOR = system_actor("test")


def row() -> SpecialReview:
    found: SpecialReview = SpecialReview.objects.unscoped("test").get()
    return found


def fields(step: str, **answers: str) -> dict[str, str]:
    form = step_form(SPECIAL.step(step), case=row())
    return {"step": step} | {form.add_prefix(name): value for name, value in answers.items()}


def test_from_the_case_to_the_decision(spring: Here) -> None:
    filled(spring)
    pk = ids()["S1"]
    clerk = signed_in(Role.DIRECTOR, spring.hospital)
    payer = signed_in(Role.INSURANCE_OFFICER, spring.bureau)
    second = signed_in(Role.GUIDANCE_OFFICER, spring.bureau)
    case, new = reverse("drg:case", args=[pk]), reverse("drg:special_new", args=[pk])
    assert "2025年出院40例，最多可申请5%即2例，已申请0例" in text(clerk.get(case))
    assert new in text(clerk.get(case)) and new not in text(payer.get(case))
    assert payer.get(new).status_code == 404 and clerk.get(new).status_code == 200
    assert "费用极高" in text(clerk.get(new)) and "住院时间长" not in text(clerk.get(new))
    assert clerk.post(new, WHY | {"statement": ""}).status_code == 422
    made = clerk.post(new, WHY)
    assert made.status_code == 302
    assert clerk.get(new).status_code == 200 and "已申请过" in text(clerk.get(new))
    assert clerk.post(new, WHY).status_code == 422
    page = text(payer.get(made.url))
    assert "合并多脏器功能障碍" in page and "20,000.00" in page and "记录专家意见" in page
    assert "记录专家意见" not in text(clerk.get(made.url)) and "撤回申请" in text(clerk.get(made.url))
    assert payer.post(made.url, fields("hear", **HEARD)).status_code == 302
    bad = fields("decide", outcome="adjusted", standard_yuan="1", reason="x")
    assert payer.post(made.url, bad).status_code == 422
    assert payer.post(made.url, fields("decide", outcome="by_item", reason="一致同意")).status_code == 302
    assert "待第二人确认" in text(clerk.get(made.url)) and "确认同意" not in text(payer.get(made.url))
    assert second.post(made.url, {"step": "grant"}).status_code == 302
    page = text(clerk.get(made.url))
    assert "已同意" in page and "王主任" in page and "20,000.00" in page
    regroup_due("kunshan", actor=ACTOR)
    page = text(clerk.get(case))
    assert "按项目付费（实际费用）" in page and "15,000.00" in page and "支付规则在这次入组之后有变化" not in page


def test_a_lapsed_decision_says_so_on_its_page_its_case_and_the_list(spring: Here) -> None:
    filled(spring)
    granted(spring, applied(spring))
    regroup_due("kunshan", actor=ACTOR)
    settled([claim(1, **(DEAR | {"department": "内科"}))], spring, name="again.csv")
    regroup_due("kunshan", actor=ACTOR)
    client = signed_in(Role.DIRECTOR, spring.hospital)
    page = text(client.get(row().get_absolute_url()))
    assert "失效：结算已被更正、冲销或撤回" in page
    listed = reverse("drg:specials")
    lapsed = text(client.get(listed, {"state": "lapsed"}))
    assert "已失效</span>" in lapsed and "S1</a>" in lapsed
    assert "S1</a>" not in text(client.get(listed, {"state": "granted"}))
    assert "高倍率" in text(client.get(reverse("drg:case", args=[ids()["S1"]])))


def test_the_list_counts_by_institution_and_asks_no_more_for_more(spring: Here) -> None:
    rows = [claim(100 + n, **PNEUMONIA, institution_name="某镇卫生院") for n in range(3)]
    settled(rows, spring, name="centre.csv")
    filled(spring, dear=2)
    applied(spring)
    payer = signed_in(Role.INSURANCE_OFFICER, spring.bureau)
    address = reverse("drg:specials")
    payer.get(address, {"year": 2025})
    counts = []
    for number in ("S2", None):
        with CaptureQueriesContext(connection) as queries:
            page = text(payer.get(address, {"year": 2025}))
        counts.append(len(queries))
        if number:
            applied(spring, number)
    assert counts[0] == counts[1]
    assert "某镇卫生院" in page and "2025 年各机构的申请" in page
    assert AuditLine.objects.filter(act="drg.special_list").count() == 3
    centre = signed_in(Role.DIRECTOR, spring.centre)
    page = text(centre.get(address, {"year": 2025}))
    assert "S1" not in page and "某市第一医院" not in page and "某镇卫生院" in page
    assert signed_in(Role.DOCTOR, spring.hospital).get(address).status_code == 403
    assert centre.get(row_address()).status_code == 404


def row_address() -> str:
    return SpecialReview.objects.unscoped("test").first().get_absolute_url()


def test_nonsense_in_an_address_is_no_error(spring: Here) -> None:
    payer = signed_in(Role.INSURANCE_OFFICER, spring.bureau)
    for query in ({"year": "²"}, {"year": "99999"}, {"year": "1"}, {"state": "x"}, {"settled_from": "0001-01-01"}):
        assert payer.get(reverse("drg:specials"), query).status_code == 200
    for address in ("/drg/special/99999999999999999999/", "/drg/cases/99999999999999999999/special/",
                    "/drg/coefficients/99999999999999999999/", "/drg/coefficients/7/", "/drg/special/7/"):  # fmt: skip
        assert payer.get(address).status_code in (403, 404)


def test_in_english(spring: Here) -> None:
    from django.conf import settings

    filled(spring)
    made = granted(spring, applied(spring))
    client = signed_in(Role.INSURANCE_OFFICER, spring.bureau)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "Special review" in text(client.get(made.get_absolute_url()))
    page = text(client.get(reverse("drg:specials"), {"year": 2025}))
    assert "Applications by institution, 2025" in page and "Very high cost" in page
    assert "No coefficients of institutions yet" in text(client.get(reverse("drg:coefficients")))
    assert date(2025, 3, 8) == made.settled_on
