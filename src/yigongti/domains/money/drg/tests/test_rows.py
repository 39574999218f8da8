"""Rows of files as programs write them: each is read the same way, whatever stands beside it, wherever a block ends."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yigongti.domains.money.drg.cli import drg
from yigongti.domains.money.drg.grouping import files
from yigongti.domains.money.drg.grouping import rows as reading
from yigongti.domains.money.drg.grouping.compiled import Compiled
from yigongti.domains.money.drg.grouping.files import CasesRefused
from yigongti.domains.money.drg.scheme.loading import load
from yigongti.domains.money.drg.tests.factories import write_scheme
from yigongti.domains.money.drg.tests.test_files import HEADER, run

ROW = "1,70,,,I63,J18|I50,,"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return Compiled(load(write_scheme(tmp_path_factory.mktemp("scheme"))))


SHAPES = {
    "good": (f"{ROW},note".encode(), "BR11", "note"),
    "chinese": (f"{ROW},内科".encode(), "BR11", "内科"),
    "spelt out": (b"\xe7\x94\xb7,70,,,I63,,,,x", "BR15", "x"),
    "short": (b"1,70,,,I63", "", None),
    "cut off": (b"1,70,,,I63,J18", "", None),
    "long": (f"{ROW},note,,".encode(), "", None),
    "quoted": (f'{ROW},"a, ""b"""'.encode(), "BR11", 'a, "b"'),
    "short, quoted": (b'1,70,,,"I63"', "", None),
    "long, quoted, returned": (f'{ROW},"a",b\rc'.encode(), "", None),
    "all quoted": (",".join(f'"{cell}"' for cell in f"{ROW},note".split(",")).encode(), "BR11", "note"),
    "two lines": (f'{ROW},"a\nb\n\nc"'.encode(), "BR11", "a\nb\n\nc"),
    "two lines returned": (f'{ROW},"a\r\nb"'.encode(), "BR11", "a\r\nb"),
    "a quote inside": (f'{ROW},5" cuff'.encode(), "BR11", '5" cuff'),
    "separators": (f"{ROW},a\u2028b\u0085c\x0cd\x1ee".encode(), "BR11", "a\u2028b\u0085c\x0cd\x1ee"),
    "return inside": (f"{ROW},a\rb".encode(), "BR11", "a\rb"),
    "broken": (ROW.encode() + b",bad\xe5", "", "bad\ufffd"),
    "nothing": (ROW.encode() + b",a\0b", "", "a\ufffdb"),
    "blank": (b"", None, None),
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(st.sampled_from([*SHAPES, "good", "chinese"]), min_size=1, max_size=30),
    block=st.sampled_from([150, 400, 1 << 20]),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
)
def test_a_row_is_read_the_same_whatever_stands_beside_it(
    tmp_path_factory: pytest.TempPathFactory, compiled: Compiled, kinds: list[str], block: int, end: str, last: bool
) -> None:
    lines, expected = [], []
    for number, kind in enumerate(kinds):
        content, group, note = SHAPES[kind]
        lines.append(b"" if kind == "blank" else str(number).encode() + b"," + content)
        if kind != "blank":
            expected.append((str(number), group, "invalid" if group == "" else "grouped", note))
    mark = "\ufeff" if "broken" in kinds else ""  # of so few lines a broken one may be half of those that tell
    whole = f"{mark}{HEADER},note{end}".encode() + end.encode().join(lines) + (end.encode() if last else b"")
    before = reading.BLOCK
    reading.BLOCK = block
    try:
        found, done = run(tmp_path_factory.mktemp("rows"), compiled, whole)
    finally:
        reading.BLOCK = before
    assert [row["case_id"] for row in found] == [one[0] for one in expected]
    for row, (_, group, status, note) in zip(found, expected, strict=True):
        assert (row["drg"], row["status"]) == (group, status)
        assert note is None or row["note"] == note
    assert done.rows == len(expected)


def test_a_row_cut_off_is_not_grouped_without_its_complications(tmp_path: Path, compiled: Compiled) -> None:
    found, _ = run(tmp_path, compiled, f"{HEADER}\na,{ROW}\nb,1,70,,,I63")
    assert [(row["drg"], row["status"]) for row in found] == [("BR11", "grouped"), ("", "invalid")]
    assert "列数" in found[1]["reason"]


def test_a_broken_byte_does_not_turn_a_file_into_another_encoding(tmp_path: Path, compiled: Compiled) -> None:
    lines = [f"{number},{'男女'[number % 2]},70,,,I63,,,,内科".encode() for number in range(5)]
    content = b"\n".join([f"{HEADER},科室".encode(), *lines, b"5,1,70,,,I63,,,,bad\xe5"])
    found, done = run(tmp_path, compiled, content)
    assert done.encoding == "utf-8"
    assert [(row["sex"], row["科室"], row["drg"]) for row in found[:5]] == [
        (sex, "内科", "BR15") for sex in "男女男女男"
    ]
    assert (found[5]["status"], found[5]["科室"]) == ("invalid", "bad\ufffd")


def test_the_chinese_code_page_is_known_by_the_first_sign_of_it_wherever_that_stands(
    tmp_path: Path, compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOCK", 400)
    lines = [f"{number},{ROW},x" for number in range(100)] + [
        f"g{number},男,70,,,I63,,,,神经内科" for number in range(9)
    ]
    found, done = run(tmp_path, compiled, "\n".join([f"{HEADER},note", *lines]).encode("gb18030"))
    assert done.encoding == "gb18030"
    assert [(row["drg"], row["note"]) for row in found[-9:]] == [("BR15", "神经内科")] * 9
    assert {row["drg"] for row in found[:100]} == {"BR11"}


def test_a_broken_row_of_the_chinese_code_page_is_marked_alone(tmp_path: Path, compiled: Compiled) -> None:
    lines = [f"{number},男,70,,,I63,,,,内科".encode("gb18030") for number in range(6)]
    lines[3] = b"3,1,70,,,I63,,,,a\xffb"
    found, done = run(tmp_path, compiled, b"\n".join([f"{HEADER},note".encode(), *lines]))
    assert [row["status"] for row in found] == ["grouped"] * 3 + ["invalid"] + ["grouped"] * 2
    assert (done.encoding, found[5]["note"], found[3]["note"]) == ("gb18030", "内科", "a\ufffdb")


def test_line_ends_of_old_programs(tmp_path: Path, compiled: Compiled) -> None:
    found, _ = run(tmp_path, compiled, "\r".join([HEADER, f"a,{ROW}", f"b,{ROW}", ""]))
    assert [(row["case_id"], row["drg"]) for row in found] == [("a", "BR11"), ("b", "BR11")]


@pytest.mark.parametrize(
    "content", [b"\xff\xfe" + HEADER.encode("utf-16-le"), bytes(range(256)) * 40, b"\r", b'"' * 99]
)
def test_what_is_no_file_of_cases_is_said_in_words(tmp_path: Path, compiled: Compiled, content: bytes) -> None:
    with pytest.raises(CasesRefused):
        run(tmp_path, compiled, content)


@pytest.mark.parametrize("age", ["+40", "-0", "00000000040", "４０", "1e1", "4 0"])
def test_an_age_that_is_no_plain_number_is_none_in_either_path(tmp_path: Path, compiled: Compiled, age: str) -> None:
    found, _ = run(tmp_path, compiled, f"{HEADER}\na,1,{age},5,3000,I63,,,\nb,1, 70 ,,,I63,,,\nc,1,070.0,,,I63,,,\n")
    assert [row["status"] for row in found] == ["invalid", "grouped", "grouped"]
    case, readable = files.find_case(tmp_path / "in.csv", "a") or (None, False)
    assert case is not None and readable and case.age_years == -2


def test_a_principal_diagnosis_of_two_codes_is_named_whole(tmp_path: Path) -> None:
    folder = write_scheme(tmp_path / "s", diagnosis_map=[["code", "grouper_code"], ["I63x", "I63"]])
    found, _ = run(tmp_path, Compiled(load(folder)), f"{HEADER}\na,1,70,,,I63|J18,,,\n")
    assert found[0]["status"] == "ungroupable" and "主要诊断I63|J18" in found[0]["reason"]


def test_a_row_that_can_not_be_read_is_explained_as_that(tmp_path: Path) -> None:
    cases = tmp_path / "in.csv"
    cases.write_text(f"{HEADER}\na,{ROW}\nb,{ROW},,,\n", encoding="utf-8")
    base = ["group", "--scheme", str(write_scheme(tmp_path / "s")), "--cases", str(cases)]
    said = CliRunner().invoke(drg, [*base, "--explain", "b"])
    assert said.exit_code == 0 and "invalid" in said.output and "列数" in said.output and "BR1" not in said.output
    done = CliRunner().invoke(drg, [*base, "--out", str(tmp_path / "out.csv")])
    assert "1 rows could not be read" in done.output


def test_every_id_several_times_is_counted_and_the_first_are_named(
    tmp_path: Path, compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_COUNTED", 50)
    lines = [f"{number % 60},{ROW}" for number in range(240)]
    _, done = run(tmp_path, compiled, f"{HEADER}\n" + "\n".join(lines))
    assert (done.repeated_in_all, done.repeated) == (60, [str(number) for number in range(20)])


def test_what_a_killed_run_left_is_removed_and_what_another_writes_is_not(tmp_path: Path, compiled: Compiled) -> None:
    import fcntl

    left, others, busy = (
        tmp_path / name for name in (".out.csv.dead.draft", ".else.csv.dead.draft", ".out.csv.b.draft")
    )
    for path in (left, others, busy):
        path.write_text("patients")
    with busy.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        run(tmp_path, compiled, f"{HEADER}\na,{ROW}\n")
    assert not left.exists() and others.exists() and busy.exists()


def test_a_run_that_is_told_to_end_leaves_nothing_behind(tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER.split(","))
        writer.writerows([number, *ROW.split(",")] for number in range(400_000))
    code = "import django; django.setup(); from yigongti.domains.money.drg.cli import drg; drg()"
    arguments = ["group", "--scheme", str(write_scheme(tmp_path / "s")), "--cases", str(path), "--out", str(out)]
    process = subprocess.Popen(  # noqa: S603 (this very interpreter)
        [sys.executable, "-c", code, *arguments], env=os.environ, stderr=subprocess.DEVNULL
    )
    while process.poll() is None and not list(tmp_path.glob(".out.csv.*.draft")):
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    ended = process.wait(timeout=60)
    assert ended == 128 + signal.SIGTERM
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in.csv", "s"]
