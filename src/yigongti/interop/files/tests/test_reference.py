"""The page of formats says what the columns say."""

from yigongti.interop.files.cli import PAGE
from yigongti.interop.files.reference import brought_up_to_date
from yigongti.kernel.intake.api import extracts


def test_the_page_is_up_to_date():
    page = PAGE.read_text(encoding="utf-8")
    assert brought_up_to_date(page) == page, "run ./yigongti intake-formats --write"


def test_every_table_has_a_way_to_be_told_apart():
    """No two tables have the same required columns, and headers of one table name one column each."""
    required = [frozenset(c.name for c in e.columns if c.required) for e in extracts().values()]
    assert len(set(required)) == len(required)
    for extract in extracts().values():
        headers = [header for column in extract.columns for header in column.headers]
        assert len(set(headers)) == len(headers), extract.name
