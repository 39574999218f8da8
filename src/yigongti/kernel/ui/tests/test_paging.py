"""Paging by position: forwards and backwards, every row once, whatever the order and however the mark is damaged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yigongti.kernel.access.models import Account
from yigongti.kernel.ui.paging import keyset_pages, offset_pages

pytestmark = pytest.mark.django_db


@pytest.fixture
def accounts(db):
    from yigongti.kernel import clock

    Account.objects.bulk_create(
        Account(
            username=f"u{i:02d}", name="甲乙丙"[i % 3], home_organisation_id=i % 2, created_at=clock.now(), password="x"
        )
        for i in range(47)
    )
    return Account.objects.all()


@pytest.mark.parametrize("order", [("pk",), ("-pk",), ("name", "pk"), ("-name", "pk"), ("name", "-username")])
def test_forwards_and_back_sees_every_row_once_in_order(accounts, order):
    rows = accounts.order_by(*order)
    whole = list(rows)
    seen, mark = [], ""
    pages = []
    while True:
        page = keyset_pages(rows, mark, 10)
        pages.append(list(page.rows))
        seen += page.rows
        if page.after is None:
            break
        mark = page.after
    assert seen == whole
    assert page.before is not None
    for expected in reversed(pages[:-1]):
        page = keyset_pages(rows, page.before, 10)
        assert list(page.rows) == expected
    assert page.before is None


@pytest.mark.parametrize(
    "mark", ["", ">", ">xx", "<####", ">W10", ">WyJhIl0", ">" + "A" * 700, "3", ">WzEsMl0", ">W251bGxd"]
)
def test_a_damaged_mark_is_the_first_page(accounts, mark):
    rows = accounts.order_by("pk")
    assert [row.pk for row in keyset_pages(rows, mark, 10).rows] == [row.pk for row in rows[:10]]


def test_a_long_list_is_counted_only_so_far(accounts, django_assert_num_queries):
    with django_assert_num_queries(2):
        page = offset_pages(accounts.order_by("pk"), "1", 10, count_to=30)
    assert (page.total, page.more, page.numbers[-1]) == (30, True, 3)


@given(total=st.integers(0, 500), size=st.integers(1, 60), number=st.integers(-3, 60))
def test_pages_by_number_hold_every_row_once(total, size, number):
    rows = list(range(total))
    first = offset_pages(rows, "1", size, 10_000)
    last = first.numbers[-1]
    assert [row for n in range(1, last + 1) for row in offset_pages(rows, str(n), size, 10_000).rows] == rows
    page = offset_pages(rows, str(number), size, 10_000)
    assert 1 <= page.number <= last
    assert (page.before is None) == (page.number == 1)
    assert (page.after is None) == (page.number == last)
