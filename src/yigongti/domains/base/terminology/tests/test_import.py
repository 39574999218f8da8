"""Importing an edition: all or nothing, twice is once, editions never overlap."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from tests.support.people import person

from yigongti.domains.base.terminology import api, selectors
from yigongti.domains.base.terminology.models import Concept, Edition
from yigongti.domains.base.terminology.services import Imported, ImportRefused, import_edition
from yigongti.domains.base.terminology.tests.factories import ACTOR, codes, made_system, table
from yigongti.kernel.access.api import Forbidden, Role
from yigongti.kernel.audit.api import lines
from yigongti.kernel.intake.api import FileRefused

pytestmark = pytest.mark.django_db
NEW_YEAR = date(2024, 1, 1)


def bring(path: Path, version: str = "1", starts_on: date | None = NEW_YEAR, **more: object) -> Imported:
    return import_edition(path, system="illness", version=version, starts_on=starts_on, actor=ACTOR, **more)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _system() -> None:
    made_system()


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    path = table(tmp_path, "A00,霍乱", "A01,伤寒")
    assert bring(path) == Imported("illness", "1", 2, 0, 0, 0, dates_changed=True)
    before = list(Edition.objects.values()), list(Concept.objects.order_by("pk").values())
    assert not bring(path).changed_anything
    respaced = table(tmp_path, "A00 ,霍乱", "", " A01,伤寒")
    assert (bring(respaced).unchanged, bring(path).unchanged) == (2, 2)
    Edition.objects.update(sha256=before[0][0]["sha256"])
    assert (list(Edition.objects.values()), list(Concept.objects.order_by("pk").values())) == before


def test_a_corrected_file_changes_adds_and_withdraws(tmp_path: Path) -> None:
    bring(table(tmp_path, "A00,霍乱", "A01,伤寒", "A02,沙门菌"))
    done = bring(table(tmp_path, "A00,霍乱病", "A01,伤寒", "A03,痢疾"))
    assert (done.added, done.changed, done.withdrawn, done.unchanged) == (1, 1, 1, 1)
    withdrawn = api.find("illness", "A02")
    assert withdrawn is not None and not withdrawn.active
    assert codes(selectors.browse("illness")[0]) == ["A00", "A01", "A03"]
    back = bring(table(tmp_path, "A00,霍乱病", "A01,伤寒", "A02,沙门菌", "A03,痢疾"))
    assert (back.changed, back.unchanged) == (1, 3)


@pytest.mark.parametrize(
    ("header", "rows", "reason"),
    [
        ("code,name", ["A00,霍乱", "A00,另一个"], "重复"),
        ("code,name", ["A00,"], "名称为空"),
        ("code,name", [",霍乱"], "编码为空"),
        ("code,name", ["A 00,霍乱"], "空格"),
        ("code,name,starts_on", ["A00,霍乱,2024-02-30"], "不是日期"),
        ("code,name,starts_on,ends_on", ["A00,霍乱,2024-02-01,2024-02-01"], "停用日期"),
        ("code,name,parent", ["A00,霍乱,A"], "上级编码 A 不在"),
        ("code,name,parent", ["A00,霍乱,A01", "A01,伤寒,A00"], "互为上级"),
        ("code,name", ['A00,"=HYPERLINK(""x"")"'], "公式"),
        ("code,name", ["A00,霍\x07乱"], "控制字符"),
    ],
)
def test_one_bad_row_refuses_the_whole_file(tmp_path: Path, header: str, rows: list[str], reason: str) -> None:
    sound = "Z00,好的" + "," * (header.count(",") - 1)
    with pytest.raises(ImportRefused) as refused:
        bring(table(tmp_path, sound, *rows, header=header))
    assert any(reason in problem.reason for problem in refused.value.problems)
    assert not Edition.objects.exists() and not Concept.objects.exists()
    refusal = lines(act="terminology.import")
    assert [line.outcome for line in refusal] == ["refused"]


def test_problems_name_their_rows(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused) as refused:
        bring(table(tmp_path, "A00,霍乱", "", "A00,霍乱", "A02,"))
    assert [(p.row, p.reason[:2]) for p in refused.value.problems] == [(4, "编码"), (5, "名称")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"code,name\n", "no_rows"),
        (b"a,b\n1,2\n", "missing_column"),
        (b"code,name,code\n1,2,3\n", "duplicate_column"),
        (b"\xff\xfe\x00\x01\xff\xff\xff", "wrong_encoding"),
        (b"PK\x03\x04broken", "not_xlsx"),
        (b"\xd0\xcf\x11\xe0old", "old_excel"),
        (b'code,name\nA00,"never closed\n', "unreadable"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "codes.csv"
    path.write_bytes(content)
    with pytest.raises(FileRefused) as refused:
        bring(path)
    assert refused.value.code == code
    assert not Edition.objects.exists()


def test_gb18030_and_excel_read_like_utf8(tmp_path: Path) -> None:
    gb = tmp_path / "gb.csv"
    gb.write_bytes("编码,名称,启用日期\nA00,霍乱,20240101\n".encode("gb18030"))
    assert bring(gb).added == 1
    book = Workbook()
    book.active.append(["编码", "名称", "启用日期"])
    book.active.append(["A00", "霍乱", date(2024, 1, 1)])
    book.save(tmp_path / "codes.xlsx")
    assert not bring(tmp_path / "codes.xlsx").changed_anything


def test_a_later_edition_ends_the_one_before(tmp_path: Path) -> None:
    bring(table(tmp_path, "A00,旧名"), "1", date(2020, 1, 1))
    bring(table(tmp_path, "A00,新名"), "2", date(2025, 1, 1))
    bring(table(tmp_path, "A00,中间"), "1.5", date(2022, 1, 1))
    held = {e.version: (e.starts_on, e.ends_on) for e in Edition.objects.all()}
    assert held == {
        "1": (date(2020, 1, 1), date(2022, 1, 1)),
        "1.5": (date(2022, 1, 1), date(2025, 1, 1)),
        "2": (date(2025, 1, 1), None),
    }
    for day, name in ((date(2021, 6, 1), "旧名"), (date(2024, 12, 31), "中间"), (date(2025, 1, 1), "新名")):
        assert api.display("illness", "A00", day) == name


@pytest.mark.parametrize(
    ("version", "starts_on", "ends_on"),
    [
        ("2", date(2022, 1, 1), None),
        ("2", date(2020, 1, 1), None),
        ("0", date(2019, 1, 1), date(2020, 6, 1)),
        ("2", date(2024, 1, 1), date(2024, 1, 1)),
    ],
)
def test_overlapping_editions_are_refused(tmp_path: Path, version: str, starts_on: date, ends_on: date | None) -> None:
    path = table(tmp_path, "A00,霍乱")
    bring(path, "1", date(2020, 1, 1), ends_on=date(2023, 1, 1))
    with pytest.raises(ImportRefused):
        bring(path, version, starts_on, ends_on=ends_on)
    assert Edition.objects.count() == 1


days = st.dates(date(2020, 1, 1), date(2020, 2, 15))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(starts=st.lists(days, min_size=1, max_size=6, unique=True))
def test_open_editions_in_any_order_cover_every_day_once(tmp_path: Path, starts: list[date]) -> None:
    Edition.objects.all().delete()
    path = table(tmp_path, "A00,霍乱")
    for number, day in enumerate(starts):
        bring(path, str(number), day)
    for day in starts:
        holding = [
            e.version for e in Edition.objects.all() if e.starts_on <= day and (e.ends_on is None or day < e.ends_on)
        ]
        assert holding == [str(starts.index(day))]


def test_a_partial_edition_steps_back(tmp_path: Path) -> None:
    bring(table(tmp_path, "A00,霍乱（子集）", "B00,只在子集"), "subset", None, complete=False)
    assert api.display("illness", "A00", date(2024, 5, 1)) == "霍乱（子集）"
    bring(table(tmp_path, "A00,霍乱"), "full", NEW_YEAR)
    assert codes(api.search("illness", "A", on=date(2024, 5, 1))) == ["A00"]
    assert api.display("illness", "A00", date(2024, 5, 1)) == "霍乱"
    assert api.display("illness", "A00", date(2023, 5, 1)) == "霍乱（子集）"
    left = api.find("illness", "B00", date(2024, 5, 1))
    assert left is not None and not left.active


def test_a_concept_holds_on_its_own_days(tmp_path: Path) -> None:
    bring(
        table(tmp_path, "A00,霍乱,2024-03-01,2024-06-01", header="code,name,starts_on,ends_on"),
    )
    active = {day: api.find("illness", "A00", day).active for day in (  # type: ignore[union-attr]
        date(2024, 2, 29), date(2024, 3, 1), date(2024, 5, 31), date(2024, 6, 1)
    )}  # fmt: skip
    assert list(active.values()) == [False, True, True, False]
    assert not api.search("illness", "霍乱", on=date(2024, 6, 1))


def test_only_those_who_may(tmp_path: Path) -> None:
    path = table(tmp_path, "A00,霍乱")
    with pytest.raises(Forbidden):
        import_edition(path, system="illness", version="1", starts_on=None, actor=person(Role.DOCTOR, 1))
    import_edition(path, system="illness", version="1", starts_on=None, actor=person(Role.DATA_OFFICER, 1))


def test_an_unknown_system_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="illness"):
        import_edition(table(tmp_path, "A00,霍乱"), system="none", version="1", starts_on=None, actor=ACTOR)
