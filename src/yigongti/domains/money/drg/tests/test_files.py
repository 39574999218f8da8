"""Files of cases: no row is lost, a bad one stands with its reason, the output appears whole."""

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

from yigongti.domains.money.drg.cli import drg
from yigongti.domains.money.drg.grouping import files, rows
from yigongti.domains.money.drg.grouping.compiled import Compiled
from yigongti.domains.money.drg.grouping.files import CasesRefused, group_file
from yigongti.domains.money.drg.scheme.loading import load
from yigongti.domains.money.drg.tests.factories import write_scheme

HEADER = (
    "case_id,sex,age_years,age_days,birth_weight_g,"
    "principal_diagnosis,other_diagnoses,principal_procedure,other_procedures"
)
GOOD = "1,1,70,,,I63,J18|I50,,"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return Compiled(load(write_scheme(tmp_path_factory.mktemp("scheme"))))


def run(tmp_path: Path, compiled: Compiled, content: str | bytes) -> tuple[list[dict[str, str]], files.Done]:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    done = group_file(path, out, compiled)
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file)), done


def test_columns_are_kept_and_five_are_added(tmp_path: Path, compiled: Compiled) -> None:
    found, done = run(tmp_path, compiled, f"{HEADER},ward\n{GOOD},三病区\n2,2,30,,,D25,,68.40,,x\n")
    assert list(found[0]) == [*HEADER.split(","), "ward", "mdc", "adrg", "drg", "status", "reason"]
    assert [(row["drg"], row["status"], row["ward"]) for row in found] == [
        ("BR11", "grouped", "三病区"),
        ("NA19", "grouped", "x"),
    ]
    assert done.rows == 2 and done.statuses["grouped"] == 2


def test_the_output_of_a_grouping_can_be_grouped_again(tmp_path: Path, compiled: Compiled) -> None:
    first, _ = run(tmp_path, compiled, f"{HEADER}\n{GOOD}\n")
    again, _ = run(tmp_path, compiled, (tmp_path / "out.csv").read_bytes())
    assert again == first


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks_are_as_programs_write_them(
    tmp_path: Path, compiled: Compiled, end: str, start: str
) -> None:
    found, _ = run(tmp_path, compiled, start + end.join([HEADER, GOOD, "2,1,60,,,M17,,81.54,"]) + end)
    assert [row["drg"] for row in found] == ["BR11", "IC15"]


def test_a_file_in_the_chinese_code_page_is_read(tmp_path: Path, compiled: Compiled) -> None:
    found, _ = run(tmp_path, compiled, f"{HEADER},科室\n1,男,70,,,I63,,,,神经内科\n".encode("gb18030"))
    assert (found[0]["drg"], found[0]["科室"]) == ("BR15", "神经内科")


def test_bad_rows_stand_in_the_output_with_their_reason(tmp_path: Path, compiled: Compiled) -> None:
    content = "\n".join(
        [
            HEADER,
            GOOD,
            "2,1,,,,I63,,,",
            "3,,70,,,I63,,,",
            "4,1,70,,,I63,,,,too,many",
            '5,1,70,,,"I63",,,',
            "6,1,70",
            "7,1,70,,,,,,",
            "",
            "8,1,0,3,,P22,,,",
            "9,2,30,,,D25,,68.40,",
        ]
    )
    found, done = run(tmp_path, compiled, content)
    assert [(row["case_id"], row["status"]) for row in found] == [
        ("1", "grouped"),
        ("2", "invalid"),
        ("3", "invalid"),
        ("4", "invalid"),
        ("5", "grouped"),
        ("6", "invalid"),
        ("7", "invalid"),
        ("8", "invalid"),
        ("9", "grouped"),
    ]
    assert all(row["reason"] for row in found)
    assert done.rows == 9
    assert "年龄" in found[1]["reason"] and "列数" in found[3]["reason"]


def test_fields_in_quotes_may_hold_line_ends_across_blocks(
    tmp_path: Path, compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "BLOCK", 200)
    lines = [f'{number},1,70,,,I63,J18|I50,,,"first\nsecond, ""{number}"""' for number in range(50)]
    found, done = run(tmp_path, compiled, f"{HEADER},note\n" + "\n".join(lines) + "\n")
    assert done.rows == 50
    assert [row["note"] for row in found] == [f'first\nsecond, "{number}"' for number in range(50)]
    assert {row["drg"] for row in found} == {"BR11"}


@pytest.mark.parametrize("block", [150, 1000, 1 << 20])
@pytest.mark.parametrize("stray", [[7], [7, 31], [0, 59]])
def test_a_quote_nobody_closed_takes_no_other_row_with_it(
    tmp_path: Path, compiled: Compiled, monkeypatch: pytest.MonkeyPatch, block: int, stray: list[int]
) -> None:
    monkeypatch.setattr(rows, "BLOCK", block)
    monkeypatch.setattr(rows, "LONGEST_ROW", 500)
    lines = [f"{number},1,70,,,I63,J18|I50,,,n" for number in range(60)]
    for number in stray:
        lines[number] = f'{number},1,70,,,"I63,J18|I50,,,n'
    found, done = run(tmp_path, compiled, f"{HEADER},note\n" + "\n".join(lines) + "\n")
    assert done.rows == 60
    assert [row["case_id"] for row in found] == [str(number) for number in range(60)]
    assert {row["drg"] for number, row in enumerate(found) if number not in stray} == {"BR11"}
    assert all(found[number]["drg"] != "BR11" for number in stray)


def test_case_ids_that_stand_twice_are_named(
    tmp_path: Path, compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "BLOCK", 150)
    lines = [f"{number % 40},1,70,,,I63,,," for number in range(43)]
    _, done = run(tmp_path, compiled, f"{HEADER}\n" + "\n".join(lines) + "\n")
    assert (done.repeated, done.repeated_in_all) == (["0", "1", "2"], 3)


def test_nothing_is_left_behind_when_it_fails(
    tmp_path: Path, compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.csv"
    out.write_text("before")
    monkeypatch.setattr(files, "outcomes", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(tmp_path, compiled, f"{HEADER}\n{GOOD}\n")
    assert out.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


@pytest.mark.parametrize("content", ["", "\n", "a,b\n1,2\n", f"{HEADER},sex\n"])
def test_a_file_that_is_none_of_cases_is_refused(tmp_path: Path, compiled: Compiled, content: str) -> None:
    with pytest.raises(CasesRefused):
        run(tmp_path, compiled, content)


def test_a_file_of_nothing_but_a_header_gives_one(tmp_path: Path, compiled: Compiled) -> None:
    found, done = run(tmp_path, compiled, HEADER)
    assert found == [] and done.rows == 0


def test_the_command_line(tmp_path: Path) -> None:
    scheme = write_scheme(tmp_path / "scheme")
    cases, out = tmp_path / "in.csv", tmp_path / "out.csv"
    cases.write_text(f"{HEADER}\n{GOOD}\n{GOOD}\n", encoding="utf-8")
    runner = CliRunner()
    base = ["group", "--scheme", str(scheme), "--cases", str(cases)]
    done = runner.invoke(drg, [*base, "--out", str(out), "--explain", "1"])
    assert done.exit_code == 0, done.output
    assert "BR11" in done.output and "I50是MCC" in done.output and "case_id in more than one row: 1" in done.output
    assert out.read_text(encoding="utf-8").count("BR11") == 4
    assert runner.invoke(drg, [*base, "--explain", "7"]).exit_code == 1
    assert runner.invoke(drg, [*base]).exit_code == 2
    assert runner.invoke(drg, [*base, "--out", str(cases)]).exit_code == 1
    assert runner.invoke(drg, ["check", "--scheme", str(scheme)]).exit_code == 0
    (scheme / "drg.csv").unlink()
    assert runner.invoke(drg, ["check", "--scheme", str(scheme)]).exit_code == 1
    assert "drg.csv" in runner.invoke(drg, [*base, "--out", str(out)]).output
