"""Which value is in force: by date, by place, and a gap that raises."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from yigongti.kernel import clock
from yigongti.kernel.policy import api
from yigongti.kernel.policy.parameters import Parameter, build, parameter
from yigongti.kernel.policy.tests.factories import COUNTY, DOCUMENTS, folder, values, write

TWO = values("fund.share", "from: 2020-01-01, value: 45", "from: 2021-01-01, value: 50")


def test_the_earlier_value_holds_until_the_day_before_the_next(tmp_path: Path) -> None:
    with api.reading(folder(tmp_path, here=TWO)):
        assert api.at("fund.share", "here", date(2020, 1, 1)).value == Decimal(45)
        assert api.at("fund.share", "here", date(2020, 12, 31)).value == Decimal(45)
        assert api.at("fund.share", "here", date(2021, 1, 1)).value == Decimal(50)
        first = api.at("fund.share", "here", date(2020, 6, 1))
        assert (first.effective_from, first.effective_to) == (date(2020, 1, 1), date(2021, 1, 1))


def test_a_value_comes_with_its_citation(tmp_path: Path) -> None:
    with api.reading(folder(tmp_path, here=TWO)):
        found = api.at("fund.share", "here", date(2022, 1, 1))
    assert found.citation == "《方案》 〔2020〕1号 一"
    assert (found.unit, found.evidence, found.confirmed, found.place) == ("%", "V-SEED", True, "here")
    assert (found.file, found.line) == ("policies/here/fund.yaml", 6)


def test_before_the_first_date_there_is_a_gap_that_names_everything(tmp_path: Path) -> None:
    with api.reading(folder(tmp_path, here=TWO)), pytest.raises(api.PolicyGap) as raised:
        api.at("fund.share", "here", date(2019, 12, 31))
    message = str(raised.value)
    for part in ("fund.share", "here", "2019-12-31", "2020-01-01 – 2021-01-01", "2021-01-01 –"):
        assert part in message


def test_a_closed_value_leaves_a_gap(tmp_path: Path) -> None:
    text = values("fund.share", "from: 2020-01-01, to: 2020-07-01, value: 1", "from: 2021-01-01, value: 2")
    with api.reading(folder(tmp_path, here=text)):
        assert api.at("fund.share", "here", date(2020, 6, 30)).value == 1
        for day in (date(2020, 7, 1), date(2020, 12, 31)):
            with pytest.raises(api.PolicyGap):
                api.at("fund.share", "here", day)


def test_an_unknown_parameter_is_a_gap_and_an_unknown_place_an_error(tmp_path: Path) -> None:
    with api.reading(folder(tmp_path)):
        with pytest.raises(api.PolicyGap, match="没有声明过这个参数"):
            api.at("fund.nothing", "here", date(2020, 1, 1))
        with pytest.raises(KeyError):
            api.at("fund.share", "nowhere", date(2020, 1, 1))


def test_what_a_place_does_not_say_its_parent_says(tmp_path: Path) -> None:
    national = values("fund.share", "from: 2019-01-01, value: 30", document="national-plan", evidence="R-M")
    policies = folder(tmp_path, national=national, here=TWO)
    write(policies / "village" / "place.yaml", COUNTY.format(key="village", parent="here"))
    write(policies / "village" / "documents.yaml", DOCUMENTS.format(key="village"))
    with api.reading(policies):
        own = api.at("fund.share", "here", date(2020, 5, 1))
        above = api.at("fund.share", "here", date(2019, 5, 1))
        two_up = api.at("fund.share", "village", date(2019, 5, 1))
        one_up = api.at("fund.share", "village", date(2020, 5, 1))
        assert [v.value for v in (own, above, two_up, one_up)] == [45, 30, 30, 45]
        assert [v.place for v in (own, above, two_up, one_up)] == ["here", "national", "national", "here"]
        assert above.confirmed is False
        assert [v.name for v in api.unconfirmed("here", date(2019, 5, 1))] == ["fund.share"]
        assert api.unconfirmed("here", date(2020, 5, 1)) == ()
        assert [v.value for v in api.history("fund.share", "village")] == [45, 50, 30]


def test_a_place_confirms_a_default_by_saying_who_did(tmp_path: Path) -> None:
    text = values("fund.share", "from: 2020-01-01, value: 45, confirmed_by: 市医保局", evidence="R-M")
    with api.reading(folder(tmp_path, here=text)):
        assert api.at("fund.share", "here", date(2020, 1, 1)).confirmed


def test_every_kind_reads_and_shows(tmp_path: Path) -> None:
    here = """
        document: here-plan
        evidence: V-SEED
        values:
          fund.share: [{from: 2020-01-01, value: 0.10, sense: at_least, clause: 一}]
          fund.years: [{from: 2020-01-01, value: 3, clause: 一}]
          fund.rule: [{from: 2020-01-01, value: kept, clause: 一}]
          fund.steps: [{from: 2020-01-01, value: [clearing, budget], clause: 一}]
          fund.pause: [{from: 2020-01-01, value: 36 hours, clause: 一}]
          fund.on: [{from: 2020-01-01, value: false, clause: 一}]
          fund.name: [{from: 2020-01-01, value: 甲, clause: 一}]
        """
    with api.reading(folder(tmp_path, here=here)):
        ours = [p.name for p in api.parameters() if p.name.startswith("fund.")]
        found = {name: api.at(name, "here", date(2020, 1, 1)) for name in ours}
        shown = {name: str(value) for name, value in found.items()}
        with translation.override("en"):
            english = str(found["fund.steps"]), str(found["fund.rule"])
    assert found["fund.share"].value == Decimal("0.10") and str(found["fund.share"].value) == "0.10"
    assert found["fund.pause"].value == timedelta(hours=36)
    assert found["fund.steps"].value == ("clearing", "budget")
    assert shown == {
        "fund.share": "≥ 0.10 %",
        "fund.years": "3 年",
        "fund.rule": "结余留用",
        "fund.steps": "清算、预算",
        "fund.pause": "36 小时",
        "fund.on": "否",
        "fund.name": "甲",
    }
    assert english == ("clearing, budget", "kept")


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> dict[str, Parameter[object]]:
    names: dict[str, Parameter[object]] = {}
    monkeypatch.setattr("yigongti.kernel.policy.parameters._declared", names)
    return names


def test_gaps_are_what_code_uses_and_nobody_set(tmp_path: Path, declared: dict[str, object]) -> None:
    share = parameter("fund.share", "占比", kind=Decimal, unit="%")
    parameter("fund.other", "其他", kind=int)
    with api.reading(folder(tmp_path, here=TWO)):
        assert [p.name for p in api.gaps("here", date(2021, 1, 1))] == ["fund.other"]
        assert [p.name for p in api.gaps("here", date(2019, 1, 1))] == ["fund.other", "fund.share"]
        assert share.at("here", date(2021, 1, 1)).value == 50


def test_code_and_catalogue_must_agree(tmp_path: Path, declared: dict[str, object]) -> None:
    parameter("fund.share", "占比", kind=int, unit="%")
    with pytest.raises(api.PolicyErrors, match="another kind or unit"), api.reading(folder(tmp_path)):
        pass


def test_declarations_are_checked(declared: dict[str, object]) -> None:
    parameter("fund.share", "占比", kind=Decimal, unit="%")
    parameter("fund.share", "占比", kind=Decimal, unit="%")
    with pytest.raises(ValueError, match="twice, differently"):
        parameter("fund.share", "占比", kind=Decimal, unit="yuan")
    with pytest.raises(ValueError, match="unknown unit"):
        parameter("fund.x", "占比", kind=Decimal, unit="percent")
    with pytest.raises(ValueError, match="not a parameter name"):
        parameter("Share", "占比", kind=Decimal)
    with pytest.raises(ValueError, match="not a kind"):
        build("fund.x", "占比", kind=float, unit="", used=True)


DAYS = st.dates(date(1990, 1, 1), date(2050, 12, 31))


@settings(deadline=None, max_examples=60)  # each example writes and reads files
@given(starts=st.sets(DAYS, min_size=1, max_size=6), asked=DAYS)
def test_the_value_in_force_is_the_latest_that_began(
    tmp_path_factory: pytest.TempPathFactory, starts: set[date], asked: date
) -> None:
    """Worked out apart: value i begins on the i-th day; the answer is the largest start not after the day asked."""
    root = tmp_path_factory.mktemp("p")
    text = values("fund.years", *(f"from: {day}, value: {i}" for i, day in enumerate(sorted(starts))))
    begun = [day for day in starts if day <= asked]
    with api.reading(folder(root, here=text)):
        if not begun:
            with pytest.raises(api.PolicyGap):
                api.at("fund.years", "here", asked)
        else:
            found = api.at("fund.years", "here", asked)
            assert found.value == sorted(starts).index(max(begun))
            assert found.effective_from == max(begun)


@settings(deadline=None, max_examples=60)
@given(start=DAYS, length=st.integers(1, 4000), offset=st.integers(-5, 5))
def test_a_span_is_closed_on_the_left_and_open_on_the_right(
    tmp_path_factory: pytest.TempPathFactory, start: date, length: int, offset: int
) -> None:
    end = start + timedelta(days=length)
    text = values("fund.years", f"from: {start}, to: {end}, value: 1")
    with api.reading(folder(tmp_path_factory.mktemp("p"), here=text)):
        for edge in (start, end):
            day = edge + timedelta(days=offset)
            assert (api.find("fund.years", "here", day) is not None) == (start <= day < end)


def test_today_and_here_are_the_defaults() -> None:
    from datetime import datetime

    with clock.fixed(datetime(2026, 11, 22, tzinfo=clock.ZONE)):
        assert api.at("indicators.in_county_visit_rate.target").value == 90
    with clock.fixed(datetime(2024, 12, 31, 23, 59, tzinfo=clock.ZONE)), pytest.raises(api.PolicyGap):
        api.at("indicators.in_county_visit_rate.target", "kunshan")
