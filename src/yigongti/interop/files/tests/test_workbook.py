"""Hostile and odd workbooks, made byte by byte."""

import struct
import zipfile
import zlib

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yigongti.interop.files.workbook import column_index, guard, look_at_sheet, sheets
from yigongti.interop.files.xlsx_files import _covered
from yigongti.kernel.intake.api import FileRefused

LIMIT = 20 * 2**20


def book(path, rows=(("a", "b"), (1, 2)), change=None):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    if change:
        change(made)
    made.save(path)
    return path


def with_entry(path, name, data, declared=None):
    """A workbook with an entry replaced, whose declared size may be a lie."""
    source = zipfile.ZipFile(book(path.with_suffix(".whole")))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for entry in source.infolist():
            if entry.filename != name:
                out.writestr(entry.filename, source.read(entry))
        out.writestr(name, data)
    if declared is not None:
        raw = bytearray(path.read_bytes())
        real = struct.pack("<I", len(data))
        lie = struct.pack("<I", declared)
        path.write_bytes(bytes(raw).replace(real, lie))
    return path


def refused(call):
    with pytest.raises(FileRefused) as refusal:
        call()
    return refusal.value.code


def test_a_sound_workbook_passes(tmp_path):
    guard(book(tmp_path / "a.xlsx"), most_bytes=LIMIT)


def test_a_bomb_that_says_so(tmp_path):
    path = with_entry(tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", b"0" * (LIMIT + 1))
    assert path.stat().st_size < 100_000
    assert refused(lambda: guard(path, most_bytes=LIMIT)) == "zip_bomb"


def test_a_bomb_that_lies_about_its_size(tmp_path):
    path = with_entry(tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", b"0" * (LIMIT + 1), declared=1000)
    assert sum(e.file_size for e in zipfile.ZipFile(path).infolist()) < LIMIT
    assert refused(lambda: guard(path, most_bytes=LIMIT)) == "zip_bomb"


def test_many_small_entries_count_together(tmp_path):
    path = tmp_path / "a.xlsx"
    book(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for i in range(30):
            archive.writestr(f"xl/media/{i}", b"0" * 2**20)
    assert refused(lambda: guard(path, most_bytes=LIMIT)) == "zip_bomb"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04 no zip at all", "not_xlsx"),
        (b"", "not_xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "old_excel"),
        (zlib.compress(b"something else"), "not_xlsx"),
    ],
)
def test_what_is_no_workbook(tmp_path, data, code):
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    assert refused(lambda: guard(path, most_bytes=LIMIT)) == code


def test_a_zip_of_something_else(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert refused(lambda: guard(path, most_bytes=LIMIT)) == "not_xlsx"


def test_a_workbook_cut_off_in_the_middle(tmp_path):
    path = book(tmp_path / "a.xlsx", rows=[(i, "x" * 50) for i in range(2000)])
    path.write_bytes(path.read_bytes()[:-400])
    assert refused(lambda: guard(path, most_bytes=LIMIT)) == "not_xlsx"


def test_entities_are_refused(tmp_path):
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x>&a;</x>'
    path = with_entry(tmp_path / "a.xlsx", "xl/sharedStrings.xml", bomb)
    assert refused(lambda: guard(path, most_bytes=LIMIT)) == "not_xlsx"


def test_what_the_bytes_say(tmp_path):
    def change(made):
        sheet = made.active
        sheet["C3"] = "=A1+B2"
        sheet["A9"] = "=SUM(A1:A8)"
        sheet.merge_cells("A5:B7")
        sheet["F20"] = "x"

    path = book(tmp_path / "a.xlsx", change=change)
    (entry,) = sheets(path).values()
    facts = look_at_sheet(path, entry)
    assert facts.formulas == {3: "C3", 9: "A9"}
    assert facts.merged == [(5, 7, "A5:B7")]
    assert (facts.rows, facts.columns) == (20, 6)


def test_formulas_are_found_wherever_the_reading_is_cut(tmp_path):
    """Enough cells that the sheet is read in many pieces; every third row has a formula."""
    made = openpyxl.Workbook()
    for i in range(1, 9001):
        made.active.append([f"text number {i}", i, "=A1" if i % 3 == 0 else None, "tail"])
    path = tmp_path / "a.xlsx"
    made.save(path)
    facts = look_at_sheet(path, next(iter(sheets(path).values())))
    assert list(facts.formulas) == list(range(3, 9001, 3))


def test_another_prefix_and_other_quotes(tmp_path):
    xml = (
        b"<?xml version='1.0'?><x:worksheet xmlns:x='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>"
        b"<x:sheetData><x:row r='1'><x:c r='B1' s = '1'><x:f>1+1</x:f></x:c></x:row></x:sheetData></x:worksheet>"
    )
    path = with_entry(tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", xml)
    assert look_at_sheet(path, "xl/worksheets/sheet1.xml").formulas == {1: "B1"}


def test_column_letters():
    assert [column_index(x) for x in ("A", "Z", "AA", "IV", "XFD")] == [0, 25, 26, 255, 16383]


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 12)), max_size=8), st.integers(1, 5), st.integers(1, 25))
def test_rows_that_merged_cells_cover(spans, header_row, rows):
    """Against the plain definition."""
    merged = [(first, first + more, f"A{first}:A{first + more}") for first, more in spans]
    expected = {row for first, last, _area in merged for row in range(first, last + 1) if header_row < row <= rows}
    found = dict(_covered(merged, header_row, rows))
    assert found.keys() == expected
    for row, area in found.items():
        assert any(first <= row and area == name for first, _last, name in merged)


def test_merged_without_end_is_refused(tmp_path):
    cells = b"".join(b'<mergeCell ref="A%d:B%d"/>' % (n, n) for n in range(1, 5_010))
    xml = b"<worksheet><sheetData/><mergeCells>" + cells + b"</mergeCells></worksheet>"
    path = with_entry(tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", xml)
    assert refused(lambda: look_at_sheet(path, "xl/worksheets/sheet1.xml")) == "too_many_merged_cells"
