"""Lists: what is asked for in the address is what is shown, and nothing in the address breaks the page."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.people import person

from yigongti.kernel.access.api import Role, declare
from yigongti.kernel.ui.filters import ChoiceFilter, DayRangeFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing
from yigongti.kernel.ui.tests.requests import look

EXPORT = declare("test.export_list", "导出", to={Role.DATA_OFFICER})
READER, OFFICER = person(Role.DOCTOR, 1), person(Role.DATA_OFFICER, 1)

ROWS = [
    {"name": f"n{i:03d}", "kind": "ab"[i % 2], "born": date(2000, 1, 1 + i % 28), "fee": i * 100} for i in range(130)
]


def of_kind(rows, kind):
    return [row for row in rows if row["kind"] == kind]


def born_since(rows, days):
    return [row for row in rows if days[0] is None or row["born"] >= days[0]]


def listing(address="/list/", actor=READER, rows=ROWS, **options):
    return Listing(
        look(actor, address),
        rows,
        name="test",
        title="测试",
        export=EXPORT,
        columns=[
            Column("name", "名", lead=True, sort="name", href=lambda row: f"/r/{row['name']}"),
            Column("kind", "类", kind="tag", tag=lambda row: "good"),
            Column("born", "生", kind="day"),
            Column("fee", "费", kind="yuan", sort="fee"),
        ],
        filters=[
            TextFilter("q", "名", by=lambda rows, text: [r for r in rows if text in r["name"]]),
            ChoiceFilter("kind", "类", by=of_kind, choices=[("a", "甲"), ("b", "乙")]),
            DayRangeFilter("born", "生", by=born_since),
        ],
        **options,
    )


def names(shown):
    return [row["name"] for row in shown.page.rows]


def test_first_page_has_the_first_rows_and_the_count():
    shown = listing()
    assert names(shown) == [f"n{i:03d}" for i in range(25)]
    assert (shown.page.total, shown.page.number, list(shown.page.numbers)) == (130, 1, [1, 2, 3, None, 6])


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("2", "n025"),
        ("6", "n125"),
        ("99", "n125"),
        ("0", "n000"),
        ("x", "n000"),
        ("-1", "n000"),
        ("1e9", "n000"),
        ("９", "n125"),
    ],
)
def test_a_page_number_that_does_not_exist_gives_the_nearest(asked, first):
    assert names(listing(f"/list/?page={asked}"))[0] == first


def test_sorting_both_ways_keeps_every_row():
    assert names(listing("/list/?sort=-fee&size=100"))[0] == "n129"
    assert names(listing("/list/?sort=fee"))[0] == "n000"
    heading = listing("/list/?sort=-fee&page=3").headings[3]
    assert heading.direction == "descending"
    assert heading.query == "?sort=fee"


def test_sorting_by_a_column_that_does_not_sort_is_ignored():
    assert names(listing("/list/?sort=kind")) == names(listing())


def test_filters_narrow_and_are_said_in_words():
    shown = listing("/list/?q=n00&kind=b")
    assert names(shown) == ["n001", "n003", "n005", "n007", "n009"]
    assert shown.narrowed
    assert shown.described == "名：n00、类：乙"


@pytest.mark.parametrize(
    ("query", "place", "words"),
    [
        ("kind=z", 1, "没有这个选项"),
        ("born_from=2000-13-01", 2, "日期应写成"),
        ("born_from=2000-01-05&born_to=2000-01-02", 2, "结束日期早于开始日期"),
    ],
)
def test_a_filter_that_makes_no_sense_says_so_and_narrows_nothing(query, place, words):
    shown = listing(f"/list/?{query}")
    assert shown.filters[place].error.startswith(words)
    assert shown.page.total == 130


def test_cells_are_escaped():
    rows = [{"name": "<script>x</script>", "kind": '"><b>', "born": None, "fee": None}]
    body = listing(rows=rows).body
    assert "<script>" not in body and "<b>" not in body
    assert "&lt;script&gt;" in body
    assert "/r/&lt;script&gt;" in body


def test_the_page_draws(rf):
    response = listing("/list/?q=n00").render("ui/tests/list.html")
    page = response.content.decode()
    assert "共 10 条" in page
    assert 'data-label="费"' in page
    assert "export=csv" not in page  # this reader may not export


def test_a_list_without_rows_says_so():
    assert "没有符合条件的记录" in listing("/list/?q=nobody").render("ui/tests/list.html").content.decode()
    assert "还没有记录" in listing(rows=[]).render("ui/tests/list.html").content.decode()
    assert "没人" in listing(rows=[], empty="没人").render("ui/tests/list.html").content.decode()


def test_density_is_remembered():
    response = listing("/list/?rows=tight").render("ui/tests/list.html")
    assert response.cookies["rows"].value == "tight"


PARAMETERS = ["page", "sort", "size", "q", "kind", "born_from", "born_to", "rows", "export"]


@given(st.dictionaries(st.sampled_from(PARAMETERS), st.text(max_size=40)))
def test_no_query_string_breaks_a_list(query):
    from urllib.parse import urlencode

    shown = listing("/list/?" + urlencode(query))
    assert shown.render("ui/tests/list.html").status_code == 200
    assert len(shown.page.rows) <= 100
