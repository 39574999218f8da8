"""Which encoding a file has, and that blocks end where rows end."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yigongti.interop.files.text import examine
from yigongti.kernel.intake.api import FileRefused

CHINESE = "患者编号,姓名\nP1,王秀英\nP2,李建国\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (CHINESE.encode(), "utf-8"),
        (CHINESE.encode("utf-8-sig"), "utf-8"),
        (CHINESE.encode("gb18030"), "gb18030"),
        ("患者编号,姓名\nP1,㐂𠮷\n".encode("gb18030"), "gb18030"),
        (b"patient_no,name\nP1,Li\n", "utf-8"),
    ],
)
def test_encodings(tmp_path, data, encoding):
    path = tmp_path / "file"
    path.write_bytes(data)
    file = examine(path)
    assert file.encoding == encoding
    text = b"".join(block.text for block in file.blocks(size=7)).decode()
    assert text == data.decode("utf-8-sig" if encoding == "utf-8" else encoding)


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (CHINESE.encode() + b"P3,\xe7\x8e", "wrong_encoding", 4),  # cut off in a character
        (CHINESE.encode() + b"P3,\xff\nP4,x\n", "wrong_encoding", 4),
        (CHINESE.encode("utf-8-sig") + "王".encode("gb18030"), "wrong_encoding", 4),
        (b"a,b\n1,\x80\x20\n", "wrong_encoding", 2),
        (CHINESE.encode("utf-16"), "wrong_encoding", 1),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not_text", None),
    ],
)
def test_what_is_no_text(tmp_path, data, code, line):
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(FileRefused) as refusal:
        examine(path)
    assert refusal.value.code == code
    assert line is None or refusal.value.details["line"] == str(line)


def test_a_fault_in_the_last_of_many_blocks_is_found(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CHINESE.encode() * 300_000 + b"\xff")
    with pytest.raises(FileRefused, match="900001"):
        examine(path)


def test_a_quote_never_closed_names_its_line(tmp_path):
    path = tmp_path / "file"
    path.write_text('a,b\n1,2\n3,"4\n5,6\n')
    with pytest.raises(FileRefused) as refusal:
        list(examine(path).blocks())
    assert (refusal.value.code, refusal.value.details) == ("broken_quotes", {"line": "3"})


cells = st.text(st.sampled_from('ab,"\n\r王'), max_size=6)


@given(st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=20), st.integers(1, 60))
def test_blocks_never_cut_a_row(tmp_path_factory, rows, size):
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    path = tmp_path_factory.mktemp("blocks") / "file"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    file = examine(path)
    found, last = [], None
    for block in file.blocks(size=size):
        found += csv.reader(io.StringIO(block.text.decode(), newline=""))
        last = block.next_offset
        rest = b"".join(b.text for b in file.blocks(offset=last, size=size))
        assert rest == path.read_bytes()[last:]  # going on from any block gives exactly what is left
    assert found == rows
    assert last == path.stat().st_size
