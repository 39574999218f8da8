"""Spellings of days, moments and amounts, against answers written by hand or by Python's own types."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yigongti.interop.files import values
from yigongti.kernel.intake.api import Column, Kind

CHINA = ZoneInfo("Asia/Shanghai")
FIRST, LAST = datetime(1993, 1, 1), datetime(2099, 12, 31)  # noqa: DTZ001 - hypothesis wants them naive


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-01 08:30:00", datetime(2025, 3, 1, 8, 30, tzinfo=CHINA)),
        ("2025-3-1", datetime(2025, 3, 1, tzinfo=CHINA)),
        ("20250301", datetime(2025, 3, 1, tzinfo=CHINA)),
        ("20250301083015", datetime(2025, 3, 1, 8, 30, 15, tzinfo=CHINA)),
        ("2025/03/01 8:30", datetime(2025, 3, 1, 8, 30, tzinfo=CHINA)),
        ("2025.3.1", datetime(2025, 3, 1, tzinfo=CHINA)),
        ("2025年3月1日 8时30分", datetime(2025, 3, 1, 8, 30, tzinfo=CHINA)),
        ("２０２５－０３－０１　０８：３０", datetime(2025, 3, 1, 8, 30, tzinfo=CHINA)),
        ("2025-03-01T08:30:00Z", datetime(2025, 3, 1, 16, 30, tzinfo=CHINA)),
        ("2025-03-01T08:30:00.123+08:00", datetime(2025, 3, 1, 8, 30, tzinfo=CHINA)),
        ("2025-03-01T00:30:00-05:00", datetime(2025, 3, 1, 13, 30, tzinfo=CHINA)),
        ("2025-02-30", None),
        ("2025-13-01", None),
        ("2025111", None),
        ("2025-03-01 25:00", None),
        ("03/01/2025", None),
        ("45123", None),
        ("昨天", None),
        (None, None),
    ],
)
def test_moments(text, expected):
    (found,) = values.moments(pl.Series([text], dtype=pl.String))
    assert found == expected
    (day,) = values.days(pl.Series([text], dtype=pl.String))
    if text is None or "Z" not in text:
        assert day == (expected.date() if expected else None)


@given(st.datetimes(FIRST, LAST), st.integers(0, 4))
def test_a_moment_reads_back_in_every_spelling(moment, spelling):
    moment = moment.replace(microsecond=0)
    text = (
        f"{moment:%Y-%m-%d %H:%M:%S}",
        f"{moment:%Y%m%d%H%M%S}",
        f"{moment.year}/{moment.month}/{moment.day} {moment.hour}:{moment:%M:%S}",
        f"{moment.year}年{moment.month}月{moment.day}日{moment.hour}时{moment.minute}分{moment.second}秒",
        (moment.replace(tzinfo=CHINA).astimezone(timezone(timedelta(hours=3)))).isoformat(),
    )[spelling]
    (found,) = values.moments(pl.Series([text]))
    assert found == moment.replace(tzinfo=CHINA)


@given(st.lists(st.dates(min_value=date(1900, 1, 1)), min_size=1), st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d"]))
def test_days_read_back(days, form):
    texts = [f"{d.year:04}" + d.strftime(form)[len(d.strftime("%Y")) :] for d in days]
    assert values.days(pl.Series(texts)).to_list() == days


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 100),
        ("1.5", 150),
        ("0.29", 29),
        ("1,234.56", 123456),
        ("¥12.30", 1230),
        ("３ 元", 300),
        ("12.3400", 1234),
        ("12.", 1200),
        ("-5.01", -501),
        ("12.345", None),
        (".5", None),
        ("1e3", None),
        ("abc", None),
        (None, None),
    ],
)
def test_fen(text, expected):
    assert values.fen(pl.Series([text], dtype=pl.String)).to_list() == [expected]


@given(st.lists(st.decimals(min_value=0, max_value=10**12, places=2), min_size=1))
def test_fen_agree_with_decimal(amounts):
    texts = [f"{a:f}" for a in amounts]
    assert values.fen(pl.Series(texts)).to_list() == [int(Decimal(t) * 100) for t in texts]


def test_flags_choices_wholes():
    assert values.flags(pl.Series(["1", "是", "No", "？", None, "TRUE"])).to_list() == [
        True,
        True,
        False,
        None,
        None,
        True,
    ]
    sex = Column("sex", "性别", Kind.CHOICE, choices={"1": ("男", "M"), "2": ("女", "F")})
    assert values.choices(pl.Series(["男", "2", "f", "１", "x", None]), sex).to_list() == [
        "1",
        "2",
        "2",
        "1",
        None,
        None,
    ]
    assert values.wholes(pl.Series(["1", "2.0", "x", None, "-3"])).to_list() == [1, 2, None, None, -3]


def test_blanks_of_every_width_are_nothing():
    assert values.clean(pl.Series([" a　", "　 ", "", None])).to_list() == ["a", None, None, None]
