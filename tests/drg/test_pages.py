"""The pages: figures down to cases, one case, the coder's page, schemes; who sees which; queries of a list."""

import re
from datetime import date, datetime
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from tests.claims.county import Here, claim, ids, settled
from tests.intake.county import send, table
from yigongti.domains.base.health_record.models import Fact
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.drg.figures import report
from yigongti.domains.money.drg.models import GroupedClaim
from yigongti.domains.money.drg.services.claims import regroup
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden, Role, system_actor
from yigongti.kernel.audit.models import Line as AuditLine
from yigongti.kernel.lake.api import publish_stale

ACTOR = system_actor("test")
PERIOD = {"since": "2025-03-01", "until": "2025-03-31"}
MARCH = (date(2025, 3, 1), date(2025, 3, 31))


def text(response: Any) -> str:
    return unescape(response.content.decode())


def fill(here: Here, n: int = 4) -> dict[str, int]:
    """Pneumonia at the hospital and the centre, an appendix, and one case that comes to no group."""
    rows = []
    for i in range(n):
        rows += [
            claim(10 * i + 1, main_diagnosis_code="J15.902", age_years="60", discharge_way="1", department="呼吸内科"),
            claim(10 * i + 2, main_diagnosis_code="J15.902", age_years="60", discharge_way="1",
                  other_diagnoses="I50.900", total_yuan="9000", fund_yuan="6000", self_paid_yuan="3000",
                  department="呼吸内科"),
            claim(10 * i + 3, main_diagnosis_code="J15.902", age_years="60", discharge_way="1",
                  institution_name="某镇卫生院", total_yuan="3000", fund_yuan="2000", self_paid_yuan="1000"),
            claim(10 * i + 4, main_diagnosis_code="K35.800x001", procedures="47.0100", age_years="30",
                  discharge_way="1", department="外科"),
        ]  # fmt: skip
    rows.append(claim(991, main_diagnosis_code="Q99.900", age_years="30", discharge_way="1", department="外科"))
    settled(rows, here)
    regroup(settings.PLACE, *MARCH, actor=ACTOR)
    publish_stale()
    return ids()


def test_figures_by_hand(here: Here) -> None:
    fill(here)
    found = report(*MARCH, actor=ACTOR)
    hospital = next(row for row in found.rows if row.key == here.hospital)
    centre = next(row for row in found.rows if row.key == here.centre)
    # weights: ES15 0.5270, ES11 0.9610, GC19 0.9800
    assert hospital.cases == 13 and hospital.grouped == 12 and hospital.ungroupable == 1
    assert hospital.weight_e4 == 4 * (5270 + 9610 + 9800)
    assert hospital.cmi is not None and hospital.cmi * 12 * 10_000 == hospital.weight_e4
    # ES15 costs 5,000 at the hospital, 3,000 at the centre: 4,000 in the region; the others are the hospital's alone
    assert hospital.cost_index is not None and float(hospital.cost_index) == pytest.approx((1.25 * 4 + 8) / 12)
    assert centre.cost_index is not None and float(centre.cost_index) == 0.75
    assert centre.time_index == 1
    assert found.region.cases == 17 and found.region.cost_index == 1
    assert sum(row.cases for row in found.rows) == found.region.cases
    assert hospital.low_risk_cases == 4 and hospital.low_risk_mortality == 0  # the appendix alone is named low-risk


def test_deaths_nobody_told_of_make_the_mortality_not_computable(here: Here) -> None:
    settled([claim(1, main_diagnosis_code="K35.800x001", procedures="47.0100", age_years="30")], here)
    regroup(settings.PLACE, *MARCH, actor=ACTOR)
    publish_stale()
    found = report(*MARCH, actor=ACTOR)
    assert found.region.low_risk_cases == 1 and found.region.low_risk_mortality is None


def test_each_figure_opens_to_the_cases_it_counts(here: Here) -> None:
    fill(here)
    client = signed_in(Role.INSURANCE_OFFICER, here.bureau)
    page = client.get(reverse("drg:figures"), PERIOD)
    assert page.status_code == 200 and "某市第一医院" in text(page) and "演示" in text(page)
    inside = client.get(reverse("drg:institution", args=[here.hospital]), PERIOD)
    assert "呼吸内科" in text(inside) and "GC19" in text(inside)
    cases = client.get(
        reverse("drg:cases"),
        {"institution": here.hospital, "drg": "GC19", "settled_from": "2025-03-01", "settled_to": "2025-03-31"},
    )
    assert text(cases).count("GC19</a>") == 4
    below = re.findall(r'href="(/drg/cases/\?[^"]+)"', text(inside))
    counted = {address: text(client.get(address)) for address in below}
    assert any("status=none" in address and page.count("0000</a>") == 1 for address, page in counted.items())
    assert any("outlier=high" in address for address in counted)


def test_a_case_shows_its_path_its_payment_and_what_it_was_before(here: Here) -> None:
    before = fill(here, 1)
    settled([claim(1, main_diagnosis_code="J15.902", age_years="60", other_diagnoses="I50.900")], here, name="b.csv")
    regroup(settings.PLACE, *MARCH, actor=ACTOR)
    now = ids()["S1"]
    client = signed_in(Role.INSURANCE_OFFICER, here.bureau)
    page = text(client.get(reverse("drg:case", args=[now])))
    assert "ES11" in page and "I50.900是MCC" in page and "支付标准" in page and "0.961" in page
    assert AuditLine.objects.filter(act="claims.read").exists()
    old = client.get(reverse("drg:case", args=[before["S1"]]))
    assert old.status_code == 200 and "已被更正的结算" in text(old)
    assert "按病组" in text(client.get(reverse("claims:claim", args=[now])))


def test_a_case_whose_rules_have_changed_since_says_so(here: Here) -> None:
    now = fill(here, 1)["S1"]
    client = signed_in(Role.INSURANCE_OFFICER, here.bureau)
    assert "支付规则在这次入组之后有变化" not in text(client.get(reverse("drg:case", args=[now])))
    GroupedClaim.objects.unscoped("test").filter(claim_id=now).update(payment_fen=12_345)
    page = text(client.get(reverse("drg:case", args=[now])))
    assert "支付规则在这次入组之后有变化" in page and "123.45" in page


def test_nobody_sees_the_cases_of_others(here: Here) -> None:
    found = fill(here, 1)
    director = signed_in(Role.DIRECTOR, here.centre)
    assert "某市第一医院" not in text(director.get(reverse("drg:figures"), PERIOD))
    assert director.get(reverse("drg:institution", args=[here.hospital]), PERIOD).status_code == 404
    assert director.get(reverse("drg:case", args=[found["S1"]])).status_code == 404
    assert director.get(reverse("drg:case", args=[found["S3"]])).status_code == 200
    doctor = signed_in(Role.DOCTOR, here.hospital)
    for name in ("figures", "cases"):
        assert doctor.get(reverse(f"drg:{name}")).status_code == 403
    assert director.get(reverse("drg:try")).status_code == 403
    with pytest.raises(Forbidden):
        report(*MARCH, actor=system_actor("x").__class__(id=1, name="x", home_organisation_id=None, grants=()))


TRIED = {"sex": "1", "age_years": "66", "principal_diagnosis": "j15.902", "other_diagnoses": "E11.900\nD50.900",
         "insurance_kind": "02", "total_yuan": "5000", "patient_yuan": "1500", "stay_days": "7"}  # fmt: skip


def test_the_coders_page_says_what_a_missing_diagnosis_would_change_and_warns(here: Here) -> None:
    doctor = signed_in(Role.DOCTOR, here.hospital)
    assert doctor.get(reverse("drg:try")).status_code == 200
    page = text(doctor.get(reverse("drg:try"), TRIED))
    assert "ES13" in page and "将入 ES11" in page and "I50.900" in page
    assert "违规编码" in page and "模拟支付" in page
    assert "J96.000" not in page  # of the principal diagnosis' own exclusion table
    plain = text(doctor.get(reverse("drg:try"), TRIED | {"principal_diagnosis": "M51.202"}))
    assert "也不会改变这一病例的病组" in plain


@pytest.mark.parametrize(
    "changed",
    [
        {"age_years": "-1"}, {"age_years": "²"}, {"total_yuan": "x"}, {"principal_diagnosis": ""}, {"sex": "9"},
        {"principal_diagnosis": "\x00"}, {"other_diagnoses": "x" * 5000}, {"stay_days": "99999999999999999999"},
    ],
)  # fmt: skip
def test_nonsense_on_the_coders_page_is_answered_beside_the_field(here: Here, changed: dict[str, str]) -> None:
    doctor = signed_in(Role.DOCTOR, here.hospital)
    assert doctor.get(reverse("drg:try"), TRIED | changed).status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        {"since": "x"}, {"since": "2025-05-01", "until": "2025-01-01"}, {"since": "0001-01-01"},
        {"until": "9999-12-31"}, {"institution": "²"}, {"drg": "\x00", "settled_from": "x"},
    ],
)  # fmt: skip
def test_nonsense_in_an_address_is_no_error(here: Here, query: dict[str, str]) -> None:
    fill(here, 1)
    client = signed_in(Role.INSURANCE_OFFICER, here.bureau)
    for address in (reverse("drg:figures"), reverse("drg:cases")):
        assert client.get(address, query).status_code == 200
    assert client.get(reverse("drg:institution", args=[here.hospital]), query).status_code in (200, 404)
    assert client.get("/drg/cases/99999999999999999999/").status_code == 404


def test_schemes_show_groups_weights_and_what_their_check_found(here: Here) -> None:
    client = signed_in(Role.DOCTOR, here.hospital)
    assert "demo-2025" in text(client.get(reverse("drg:schemes")))
    page = text(client.get(reverse("drg:scheme", args=["demo-2025"]), {"q": "肺炎"}))
    assert "ES11" in page and "0.9610" in page and "每个病组都有病例能够到达" in page
    assert client.get(reverse("drg:scheme", args=["none"])).status_code == 404


def test_lists_ask_the_same_number_of_questions_however_long_they_are(here: Here) -> None:
    client = signed_in(Role.INSURANCE_OFFICER, here.bureau)
    asked = []
    for n in (1, 6):
        fill(here, n)
        client.get(reverse("drg:cases"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("drg:cases"))
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_pages_are_in_english_too(here: Here) -> None:
    found = fill(here, 1)
    client = signed_in(Role.INSURANCE_OFFICER, here.bureau)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    for address in (
        reverse("drg:figures") + "?since=2025-03-01&until=2025-03-31",
        reverse("drg:case", args=[found["S2"]]),
    ):
        assert "Weight" in text(client.get(address)) or "weight" in text(client.get(address))
    translation.activate("zh-hans")


def stay_of(here: Here, *, source: int, ended_at: str) -> int:
    """A stay as a hospital sends it: main and further diagnoses, an operation; returns the resident."""
    row = claim(3)
    who = {name: row[name] for name in ("患者编号", "姓名", "性别", "出生日期", "证件号码")}
    visit = {"encounter_no": "E1", "setting": "inpatient", "started_at": "2026-11-15 09:00", "ended_at": ended_at,
             "department": "外科", "main_diagnosis_code": "K80.000",
             "main_diagnosis": "胆囊结石", "total_yuan": "8000.00"}  # fmt: skip
    send(table([who | visit]), source, "encounters.csv")
    more = [("1", "K80.000", "1"), ("2", "I10.x00x002", "3"), ("3", "E11.900", "2")]
    send(
        table(
            [
                {"患者编号": who["患者编号"], "encounter_no": "E1", "diagnosis_no": no, "code": code,
                 "diagnosis_name": "x", "rank": rank, "diagnosed_at": "2026-11-15 10:00"}
                for no, code, rank in more
            ]
        ),
        source,
        "diagnoses.csv",
    )  # fmt: skip
    resident: int = Fact.objects.unscoped("test").filter(kind="encounter").get().resident_id
    return resident


@pytest.mark.parametrize(("ended_at", "words"), [("", "患者还在院"), ("2026-11-20 10:00", "患者已出院")])
def test_a_stay_of_ones_own_institution_is_opened_to_be_tried(here: Here, ended_at: str, words: str) -> None:
    with clock.fixed(datetime(2026, 11, 22, 12, tzinfo=clock.ZONE)):
        resident = stay_of(here, source=here.hospital, ended_at=ended_at)
        doctor = signed_in(Role.DOCTOR, here.hospital)
        page = text(doctor.get(reverse("drg:try"), {"resident": resident}))
        assert words in page and 'value="K80.000"' in page and "E11.900\nI10.x00x002" in page and "8000.00" in page
        assert AuditLine.objects.filter(act="health_record.read").exists()
        elsewhere = signed_in(Role.DOCTOR, here.other)
        other = text(elsewhere.get(reverse("drg:try"), {"resident": resident}))
        assert "没有诊疗关系" in other and "K80.000" not in other
        assert doctor.get(reverse("drg:try"), {"resident": "²"}).status_code == 200
        assert doctor.get(reverse("drg:try"), {"resident": "99999999"}).status_code == 404
