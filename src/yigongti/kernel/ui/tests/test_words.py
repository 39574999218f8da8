"""Deadlines, ages and figures in words, worked out by hand."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import translation

from yigongti.kernel import clock
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.ui import spark, words
from yigongti.kernel.ui.chart import Chart, Series

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=clock.ZONE)


@pytest.mark.parametrize(
    ("offset", "chinese", "english"),
    [
        (timedelta(minutes=-5), "刚刚超期", "just overdue"),
        (timedelta(hours=-3), "已超期 3 小时", "3 hours overdue"),
        (timedelta(days=-1), "已超期 1 天", "1 day overdue"),
        (timedelta(minutes=20), "一小时内到期", "due within the hour"),
        (timedelta(hours=1, minutes=5), "还有 1 小时到期", "due in 1 hour"),
        (timedelta(hours=8), "今天到期", "due today"),
        (timedelta(hours=13), "明天到期", "due tomorrow"),
        (timedelta(days=9), "还有 9 天", "due in 9 days"),
    ],
)
def test_deadlines(offset, chinese, english):
    with clock.fixed(NOON):
        assert words.due(NOON + offset) == chinese
        with translation.override("en"):
            assert words.due(NOON + offset) == english
        assert words.overdue(NOON + offset) == (offset < timedelta(0))


def test_a_deadline_of_a_day_lasts_to_its_end():
    with clock.fixed(NOON):
        assert words.due(date(2026, 11, 22)) == "今天到期"
        assert words.due(date(2026, 11, 21)) == "已超期 1 天"
        assert not words.overdue(date(2026, 11, 22))


@pytest.mark.parametrize(
    ("born", "age"),
    [
        (date(2026, 11, 22), "0 天"),
        (date(2026, 10, 23), "30 天"),
        (date(2026, 10, 22), "1 个月"),
        (date(2024, 11, 23), "23 个月"),
        (date(2024, 11, 22), "2 岁"),
        (date(1958, 11, 23), "67 岁"),
        (date(2026, 11, 23), ""),
        (None, ""),
    ],
)
def test_ages(born, age):
    assert words.age(born, on=date(2026, 11, 22)) == age


def test_a_moment_is_said_in_china_time():
    from datetime import UTC

    assert words.moment(datetime(2026, 1, 1, 17, 30, tzinfo=UTC)) == "2026-01-02 01:30"
    assert words.day(datetime(2026, 1, 1, 17, 30, tzinfo=UTC)) == "2026-01-02"


def test_a_sparkline_breaks_where_nothing_is_known():
    svg = spark.sparkline([1, 2, None, 3, 5], label="<x>")
    assert svg.count("spark__line") == 2
    assert "&lt;x&gt;" in svg
    assert spark.sparkline([None, 4], label="x") == ""
    assert spark.points([0, 10])[0] == (0.0, 33.0)
    assert spark.points([0, 10])[1] == (112.0, 3.0)


def test_a_chart_with_uneven_series_is_refused():
    with pytest.raises(ValueError, match="2 values for 1"):
        Chart(["a"], [Series("x", [1, 2])])


def test_what_the_platform_does_is_not_called_by_its_inner_name():
    assert words.who(system_actor("claims.screen").name) == "系统自动"
    assert words.who("王丽") == "王丽"
