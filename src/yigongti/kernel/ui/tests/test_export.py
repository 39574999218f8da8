"""Exports: the rows of the list, marked, in the trail, and harmless in a spreadsheet."""

import csv
import io
from datetime import datetime

import openpyxl
import pytest

from yigongti.kernel import clock
from yigongti.kernel.audit.models import Line
from yigongti.kernel.ui.export import safe_text
from yigongti.kernel.ui.tests.test_listing import OFFICER, READER, listing

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=clock.ZONE)


def fetched(form, query=""):
    with clock.fixed(NOON):
        response = listing(f"/list/?export={form}{query}", actor=OFFICER).render("ui/tests/list.html")
        return response, b"".join(response.streaming_content)


@pytest.mark.django_db
def test_csv_has_every_row_and_says_who_made_it_when():
    response, content = fetched("csv", "&kind=a")
    assert response.headers["Content-Disposition"].endswith(".csv")
    text = content.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0] == ["名", "类", "生", "费"]
    assert lines[2] == ["n002", "a", "2000-01-03", "2.00"]
    assert lines[66] == []
    assert [line[0] for line in lines[67:70]] == ["导出人：测试员", "导出时间：2026-03-01 12:00", "共 65 行"]
    assert lines[70] == ["筛选条件：类：甲"]


@pytest.mark.django_db
def test_xlsx_has_every_row_as_numbers_and_a_page_about_itself():
    _response, content = fetched("xlsx")
    book = openpyxl.load_workbook(io.BytesIO(content))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert len(rows) == 131
    assert rows[3] == ("n002", "a", "2000-01-03", 2.0)
    assert book.worksheets[1]["A1"].value == "导出人：测试员"


@pytest.mark.django_db
def test_an_export_is_in_the_trail():
    fetched("csv", "&q=n00")
    line = Line.objects.get(act="list.export")
    assert (line.subject, line.detail["rows"], line.detail["format"]) == ("list:test", 10, "csv")
    assert line.detail["filters"] == "名：n00"


def test_who_may_not_export_gets_the_page():
    response = listing("/list/?export=csv", actor=READER).render("ui/tests/list.html")
    assert response.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("-12.50", "-12.50"),
        ("+1,234", "+1,234"),
        ("王 = 张", "王 = 张"),
        ("", ""),
    ],
)
def test_a_cell_never_becomes_a_formula(text, written):
    assert safe_text(text) == written
