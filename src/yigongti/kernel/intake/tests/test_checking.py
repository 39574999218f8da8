"""The checks that hold for every format, on a made-up extract."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from django.utils.translation import override

from yigongti.kernel import clock
from yigongti.kernel.intake.checking import check
from yigongti.kernel.intake.extracts import ROW, Check, Column, Extract, Kind, Stored, register_extract
from yigongti.kernel.intake.formats import no_refusals
from yigongti.kernel.intake.refusals import REASONS, FileRefused, declare_reason, explain

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=clock.ZONE)
LOAN = Extract(
    "loans",
    "借用",
    (
        Column("loan_no", "借用号", required=True, key=True, longest=5),
        Column("person", "借用人", longest=3, personal=True),
        Column("lent_on", "借出日期", Kind.DAY, required=True),
        Column("back_at", "归还时间", Kind.MOMENT),
        Column("due_on", "应还日期", Kind.DAY, may_be_future=True),
        Column("fee_yuan", "费用", Kind.MONEY),
    ),
    lambda frame, storing: Stored(frame.height, 0, 0, no_refusals()),
    checks=(Check("too_dear", "fee_yuan", lambda: pl.col("fee_fen") > 1000),),
)


@pytest.fixture(autouse=True)
def _now():
    with clock.fixed(NOW):
        yield


def row(**changes):
    return {"loan_no": "L1", "person": "王", "lent_on": date(2026, 3, 1), "fee_fen": 100} | changes


def checked(*rows):
    frame = LOAN.frame(pl.DataFrame(list(rows), infer_schema_length=None).with_row_index(ROW, offset=2))
    return check(LOAN, frame)


@pytest.mark.parametrize(
    ("changes", "code", "column", "value"),
    [
        ({"loan_no": None}, "required", "loan_no", None),
        ({"lent_on": None}, "required", "lent_on", None),
        ({"loan_no": "123456"}, "too_long", "loan_no", "123456"),
        ({"loan_no": "a\tb"}, "control_character", "loan_no", "a\tb"),
        ({"person": "a\0"}, "control_character", "person", None),
        ({"person": "王王王王"}, "too_long", "person", None),
        ({"lent_on": date(2026, 3, 3)}, "future", "lent_on", "2026-03-03"),
        ({"lent_on": date(1899, 12, 31)}, "too_early", "lent_on", "1899-12-31"),
        ({"back_at": NOW + timedelta(minutes=1)}, "future", "back_at", "2026-03-02 09:01"),
        ({"fee_fen": -1}, "negative_money", "fee_yuan", "-0.01"),
        ({"fee_fen": 1001}, "too_dear", "fee_yuan", "10.01"),
    ],
)
def test_what_is_refused_and_said(changes, code, column, value):
    good, refused = checked(row(), row(**changes), row())
    assert good[ROW].to_list() == [2, 4]
    assert refused.rows() == [(3, code, column, value)]


@pytest.mark.parametrize(
    "changes",
    [
        {"person": "王王王"},  # three characters, though nine bytes
        {"lent_on": date(2026, 3, 2)},
        {"back_at": NOW},
        {"due_on": date(2027, 1, 1)},
        {"fee_fen": None},
        {"fee_fen": 0},
        {"person": None},
    ],
)
def test_what_just_passes(changes):
    good, refused = checked(row(**changes))
    assert (good.height, refused.height) == (1, 0)


def test_a_row_names_all_its_faults():
    _good, refused = checked(row(loan_no=None, fee_fen=-5, lent_on=date(2030, 1, 1)))
    assert set(refused["code"]) == {"required", "negative_money", "future"}


def test_a_frame_has_all_columns_in_order_with_their_types():
    frame = LOAN.frame({ROW: [1], "loan_no": ["L1"]})
    assert frame.schema == pl.Schema(LOAN.schema)
    with pytest.raises(KeyError, match="colour"):
        LOAN.frame({ROW: [1], "colour": ["red"]})


def test_one_name_for_one_thing():
    with pytest.raises(ValueError, match="twice"):
        register_extract(Extract("encounters", "别的", (), LOAN.sink))
    with pytest.raises(ValueError, match="twice"):
        declare_reason("required", "别的")


def test_reasons_speak_both_languages_and_never_fail():
    refusal = FileRefused("too_large", size="2 GB", limit="1 GB")
    assert "2 GB" in str(refusal) and "上限" in str(refusal)
    with override("en"):
        assert "limit" in str(refusal)
    for code in REASONS:
        assert explain(code, {}, "zh-hans") and explain(code, {}, "en")
    assert explain("no such code", {"value": "{"})
