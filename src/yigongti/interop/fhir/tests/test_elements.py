"""Data types: moments of any precision, names, addresses, telephone numbers, values."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yigongti.interop.fhir import elements
from yigongti.interop.fhir.faults import Unfit

CHINA = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "at", "partial"),
    [
        ("2025-03-01T08:30:00+08:00", datetime(2025, 3, 1, 8, 30, tzinfo=CHINA), False),
        ("2025-02-28T16:30:00Z", datetime(2025, 3, 1, 0, 30, tzinfo=CHINA), False),
        ("2025-02-28T23:59:60Z", datetime(2025, 3, 1, 7, 59, 59, tzinfo=CHINA), False),
        ("2012-03-06T20:43:11.722-05:00", datetime(2012, 3, 7, 9, 43, 11, 722000, tzinfo=CHINA), False),
        ("2025-03-01", datetime(2025, 3, 1, tzinfo=CHINA), False),
        ("2025-03", datetime(2025, 3, 1, tzinfo=CHINA), True),
        ("2025", datetime(2025, 1, 1, tzinfo=CHINA), True),
    ],
)
def test_moments(text: str, at: datetime, partial: bool) -> None:
    moment = elements.read_moment(text, "X.date")
    assert moment is not None
    assert (moment.at, moment.partial) == (at, partial)


@pytest.mark.parametrize("text", ["2025-02-30", "2025-13", "0000", "2025-02-30T08:00:00Z", "yesterday"])
def test_days_that_are_in_no_calendar(text: str) -> None:
    with pytest.raises(Unfit) as unfit:
        elements.read_moment(text, "X.date")
    assert [(fault.path, fault.code) for fault in unfit.value.faults] == [("X.date", "fhir_not_a_date")]


@given(day=st.dates(date(1900, 1, 1), date(2100, 12, 30)), size=st.sampled_from([4, 7, 10]))
def test_a_shorter_date_means_a_span_that_holds_the_longer_one(day: date, size: int) -> None:
    span = elements.read_moment(day.isoformat()[:size], "X")
    exact = elements.read_moment(day.isoformat(), "X")
    assert span is not None and exact is not None
    assert span.at <= exact.at <= exact.latest <= span.latest
    assert exact.latest + timedelta(microseconds=1) == exact.at + timedelta(days=1)


def test_a_birthday_is_never_made_up() -> None:
    assert elements.read_day("1949-12-31", "X") == date(1949, 12, 31)
    assert elements.read_day("1949-12", "X") is None
    assert elements.read_day("1949", "X") is None


def test_names() -> None:
    assert elements.human_name([{"family": "王", "given": ["秀英"]}]) == "王秀英"
    assert elements.human_name([{"family": "Wyman", "given": ["Alfreda", "B."]}]) == "Alfreda B. Wyman"
    maiden = {"use": "maiden", "family": "Deckow", "given": ["Alfreda"]}
    assert elements.human_name([maiden, {"use": "official", "text": "王秀英"}]) == "王秀英"
    assert elements.human_name([maiden]) == "Alfreda Deckow"
    assert elements.human_name([{"use": "official"}]) is None


def test_addresses() -> None:
    chinese = {"state": "江苏省", "city": "昆山市", "line": ["玉山镇", "某某村 3 组"]}
    assert elements.address([chinese]) == "江苏省昆山市玉山镇某某村 3 组"
    foreign = {"line": ["924 Osinski Meadow"], "city": "Wilmington", "state": "MA", "country": "US"}
    assert elements.address([foreign]) == "924 Osinski Meadow, Wilmington, MA, US"
    assert elements.address([{"use": "old", "text": "旧"}, {"use": "home", "text": "新"}]) == "新"


def test_phones() -> None:
    phones = [
        {"system": "email", "value": "a@b"},
        {"system": "phone", "use": "home", "value": "0512-1"},
        {"system": "phone", "use": "mobile", "value": "138"},
        {"system": "phone", "use": "old", "value": "139"},
    ]
    assert elements.phone(phones) == "138"
    assert elements.phone(phones[:2]) == "0512-1"
    assert elements.phone(phones[3:]) is None


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ({"valueQuantity": {"value": Decimal("7.10"), "unit": "mmol/L"}}, ("7.10", "mmol/L")),
        ({"valueQuantity": {"value": 5, "comparator": "<", "code": "mg"}}, ("<5", "mg")),
        ({"valueQuantity": {"value": Decimal("1E+3")}}, ("1000", None)),
        ({"valueQuantity": {"unit": "mg"}}, (None, "mg")),
        ({"valueString": " 阳性 "}, ("阳性", None)),
        ({"valueCodeableConcept": {"coding": [{"code": "1", "display": "阴性"}]}}, ("阴性", None)),
        ({"valueBoolean": False}, ("否", None)),
        ({"valueInteger": 0}, ("0", None)),
        ({"valueRange": {"low": {"value": 1, "unit": "g"}, "high": {"value": 2}}}, ("1–2", "g")),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, ("1:128", None)),
        ({"valueSampledData": {"data": "1 2"}}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_values(element: dict[str, object], value: tuple[str | None, str | None]) -> None:
    assert elements.value_text(element, "Observation") == value
