"""Settlements as the payer sends them: what stays valid, what is refused with a sentence, what the lake gets."""

from datetime import date

import polars as pl
import pytest

from tests.claims.county import Here, back, claim, settled, standing
from tests.intake.county import counts
from yigongti.domains.base.health_record.services.storing import content_hashes
from yigongti.kernel import clock
from yigongti.kernel.intake.api import extracts
from yigongti.kernel.intake.models import Batch
from yigongti.kernel.intake.refused_rows import reasons
from yigongti.kernel.lake.api import engine, snapshot, table

pytestmark = pytest.mark.django_db

SHEET = {
    "department": "呼吸内科",
    "doctor": "陈医师",
    "insured_division": "320583",
    "self_paid_yuan": "1250.00",
    "critical_illness_yuan": "200.00",
    "medical_aid_yuan": "50",
    "certificate_no": "ZZ2025001",
    "payment_method": "DRG",
    "age_years": "61",
    "other_diagnoses": "I10.x00|E11.900",
    "procedures": "33.2400|96.0400",
    "discharge_way": "死亡",
}


def sentences(batch: Batch) -> list[str]:
    return [reason.words_with_example for reason in reasons(batch)]


def published() -> list[dict[str, object]]:
    with engine() as backend:
        return table(backend, snapshot("claims")).order_by("record_no").to_pyarrow().to_pylist()


def test_a_file_without_the_new_columns_is_as_good_as_before(here: Here) -> None:
    assert counts(settled([claim(1), claim(2)], here)) == (2, 0, 0, 0)
    [row, _] = published()
    assert (row["record_no"], row["service_start"], row["service_end"]) == ("S1", date(2025, 3, 1), date(2025, 3, 8))
    assert (row["reverses"], row["certificate_no"], row["payment_method"], row["discharge_way"]) == ("", "", "", "")
    assert row["critical_illness_fen"] is None and row["died"] is None
    assert row["recorded_on"] == clock.today()


def test_empty_columns_change_no_hash(here: Here) -> None:
    """What was stored before the columns came is not new when the same file is sent with them empty."""
    settled([claim(1)], here)
    new = [name for name in SHEET if name not in claim(1)]
    empty = dict.fromkeys([*new, "reverses", "died", "birth_weight_g"], "")
    assert counts(settled([claim(1) | empty], here, name="again.csv")) == (0, 0, 1, 0)
    old = [name for name in extracts()["claims"].schema if name not in {c.field for c in _sheet()}]
    frame = extracts()["claims"].frame({"row_no": [2], "patient_no": ["P1"], "claim_no": ["S1"], "total_fen": [100]})
    assert content_hashes(frame).to_list() == content_hashes(frame.select(old)).to_list()


def _sheet() -> tuple[object, ...]:
    from yigongti.domains.base.health_record.extracts import CLAIM_SHEET

    return CLAIM_SHEET


def test_the_settlement_list_reaches_the_lake(here: Here) -> None:
    assert counts(settled([claim(1) | SHEET], here)) == (1, 0, 0, 0)
    [row] = published()
    assert {name: row[name] for name in ("department", "insured_division", "certificate_no", "payment_method")} == {
        "department": "呼吸内科", "insured_division": "320583", "certificate_no": "ZZ2025001", "payment_method": "drg",
    }  # fmt: skip
    assert (row["critical_illness_fen"], row["medical_aid_fen"]) == (20_000, 5_000)
    assert (row["other_diagnoses"], row["procedures"]) == ("I10.x00|E11.900", "33.2400|96.0400")
    assert (row["age_years"], row["age_days"], row["discharge_way"], row["died"]) == (61, None, "5", True)
    [fact] = standing()
    assert fact.practitioner == "陈医师"


@pytest.mark.parametrize(
    ("born", "start", "years", "days"),
    [
        ("1964-02-29", "2025-02-28", 60, None),  # the 61st birthday is still to come
        ("1964-02-29", "2025-03-01", 61, None),
        ("2025-03-01", "2025-03-01", 0, 0),
        ("2024-03-02", "2025-03-01", 0, 364),
        ("2024-03-01", "2025-03-01", 1, None),
    ],
)
def test_age_is_the_master_indexs_where_the_claim_doesnt_say(
    here: Here, born: str, start: str, years: int, days: int | None
) -> None:
    row = claim(1) | {"出生日期": born, "证件号码": "", "性别": "女", "started_at": start}
    assert counts(settled([row], here)) == (1, 0, 0, 0)
    [found] = published()
    assert (found["age_years"], found["age_days"], found["sex"]) == (years, days, "2")


def test_a_reversal_takes_back_what_it_names(here: Here) -> None:
    first = claim(1) | SHEET
    assert counts(settled([first, back(first, "S1R")], here)) == (2, 0, 0, 0)
    rows = published()
    assert [row["reverses"] for row in rows] == ["", "S1"]
    money = ("total_fen", "fund_fen", "self_paid_fen", "medical_aid_fen")
    assert [sum(row[name] for row in rows) for name in money] == [0, 0, 0, 0]


def test_a_claim_whose_fund_payment_was_kept_is_not_cancelled(here: Here) -> None:
    first = claim(1)
    settled([first, back(first, "S1R", fund_yuan="0", self_paid_yuan="-5000")], here)
    assert [(row["cancelled"], row["visits"]) for row in published()] == [(False, 1), (False, 0)]
    settled([back(first, "S1S", total_yuan="-3500", self_paid_yuan="0")], here, name="rest.csv")
    assert [(row["cancelled"], row["visits"]) for row in published()] == [(True, 0)] * 3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"fund_yuan": "-1"}, "“基金支付”为负数"),
        ({"total_yuan": "-5000", "fund_yuan": "-3500", "self_paid_yuan": "-1500"}, "须在“冲销结算单号”写明冲销哪一笔"),
        ({"reverses": "S0"}, "冲销的金额须为负数或 0"),
        (
            {"reverses": "S0", "total_yuan": "-5000", "fund_yuan": "3500", "self_paid_yuan": "-1500"},
            "“基金支付”却为正数",
        ),
        ({"reverses": "S0", "total_yuan": "-4999", "fund_yuan": "-3500", "self_paid_yuan": "-1500"}, "大于总费用"),
        ({"reverses": "S1", "total_yuan": "-1", "fund_yuan": "-1", "self_paid_yuan": "0"}, "与本笔结算单号相同"),
        ({"medical_aid_yuan": "0.01"}, "大于总费用"),
        ({"age_years": "151"}, "不合理"),
        ({"insured_division": "3205"}, "不是六位行政区划代码"),
        ({"other_diagnoses": "I10|"}, "以 | 分隔"),
        ({"admission_conditions": "1|5"}, "以 | 分隔"),
        ({"ended_at": "2025-03-09 00:00"}, "“出院时间”晚于结算日"),
    ],
)
def test_what_is_refused_says_why_and_keeps_no_other_row_out(here: Here, changes: dict[str, str], says: str) -> None:
    batch = settled([claim(1) | changes, claim(2)], here)
    assert counts(batch) == (1, 0, 0, 1)
    assert any(says in sentence for sentence in sentences(batch))
    assert [fact.record_no for fact in standing()] == ["S2"]


def test_care_may_end_on_the_day_it_is_settled_or_be_under_way(here: Here) -> None:
    late, under_way = claim(1, ended_at="2025-03-08 23:00"), claim(2, ended_at="")
    assert counts(settled([late, under_way], here)) == (2, 0, 0, 0)


def test_the_database_refuses_what_intake_would(here: Here) -> None:
    from django.db import IntegrityError, transaction

    from yigongti.domains.base.health_record.tests.factories import fact

    minus = {"total_fen": -10_000, "fund_fen": -6_000, "self_paid_fen": -4_000}
    assert fact("claim", **minus, detail='{"reverses":"S1"}').fund_fen == -6_000
    for wrong in (minus, {"detail": '{"reverses":"S1"}'}, minus | {"detail": '{"reverses":""}'}):
        with pytest.raises(IntegrityError), transaction.atomic():
            fact("claim", **wrong)


def test_correction_supersedes_and_the_same_again_changes_nothing(here: Here) -> None:
    settled([claim(1)], here)
    assert counts(settled([claim(1) | SHEET], here, name="corrected.csv")) == (0, 1, 0, 0)
    assert counts(settled([claim(1) | SHEET, claim(2)], here, name="repeated.csv")) == (1, 0, 1, 0)
    assert [row["record_no"] for row in published()] == ["S1", "S2"]


def test_no_column_of_the_claims_is_lost_on_the_way() -> None:
    """Every column of the extract ends in the person, in the fact, or in its detail."""
    from yigongti.domains.base.health_record.services.storing import CLAIM, PERSON

    there = {*PERSON, *CLAIM.columns, *CLAIM.detail, "row_no", "code_system", "institution_code", "institution_name"}
    renamed = {"claim_no", "settled_at", "main_diagnosis_code", "main_diagnosis", "doctor"}
    assert set(extracts()["claims"].schema) - there - renamed == set()
    assert pl.Series(list(CLAIM.detail)).n_unique() == len(CLAIM.detail)
