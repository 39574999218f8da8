from datetime import UTC, date, datetime

import pytest

from yigongti.kernel import clock


def test_now_is_aware_and_in_china():
    assert clock.now().utcoffset().total_seconds() == 8 * 3600


def test_a_fixed_clock_stands_still_and_is_released():
    with clock.fixed(datetime(2025, 12, 31, 16, 30, tzinfo=UTC)):
        assert clock.now() == datetime(2025, 12, 31, 16, 30, tzinfo=UTC)
        assert clock.today() == date(2026, 1, 1)  # 00:30 in China
    assert clock.now() > datetime(2026, 1, 1, tzinfo=UTC)


def test_a_naive_moment_is_refused():
    with pytest.raises(ValueError), clock.fixed(datetime(2025, 1, 1)):  # noqa: DTZ001
        pass


@pytest.mark.parametrize(
    ("day", "following"),
    [
        (date(2025, 1, 31), date(2025, 2, 1)),
        (date(2025, 11, 1), date(2025, 12, 1)),
        (date(2025, 12, 31), date(2026, 1, 1)),
    ],
)
def test_next_month(day, following):
    assert clock.next_month(day) == following
