"""A file within itself and against the index, and the command that does both."""

from datetime import date

import polars as pl
import pytest
from click.testing import CliRunner

from yigongti.domains.base.organisation.tests.factories import organisation
from yigongti.domains.base.residents.batch import against_index, link_within, within_file
from yigongti.domains.base.residents.cli import residents
from yigongti.domains.base.residents.files import UnreadableFile, read_persons
from yigongti.domains.base.residents.judging import Thresholds
from yigongti.domains.base.residents.matching import Person, match
from yigongti.domains.base.residents.models import Resident
from yigongti.domains.base.residents.tests.factories import frame, id_number, person, register

TODAY = date(2026, 11, 22)
BORN = date(1980, 5, 17)
NUMBER = id_number(BORN, 121)
LIMITS = Thresholds(9, -3, 6)


def test_one_person_under_three_spellings_is_one_and_twins_are_two():
    born, home = date(2015, 6, 1), {"phone": "13900001111", "address": "玉山镇一村3号"}
    rows = frame(
        person("张伟国", BORN, "1", id_number=NUMBER, phone="13812345678"),
        person("张佳怡", born, "2", id_number=id_number(born, 222), **home),
        person("张佳悦", born, "2", id_number=id_number(born, 224), **home),
        person("张伟果", BORN, "1", id_number=NUMBER),
        person("张伟国", "1980-05-17", "1", phone="13812345678"),
        person("张佳怡", born, "2", **home),
        person("李四", "1999-01-01", "2"),
    )
    assert link_within(rows, thresholds=LIMITS, on=TODAY).cluster.tolist() == [0, 1, 2, 0, 0, 1, 6]


def test_a_record_without_a_number_does_not_tie_twins_together():
    """The third fits both; it goes with one, and the two valid numbers stay apart."""
    born, home = date(2015, 6, 1), {"phone": "13900001111", "address": "玉山镇一村3号"}
    rows = frame(
        person("张晨", born, "1", id_number=id_number(born, 221), **home),
        person("张晨", born, "1", id_number=id_number(born, 223), **home),
        person("张晨", born, "1", **home),
    )
    cluster = link_within(rows, thresholds=LIMITS, on=TODAY).cluster.tolist()
    assert cluster[0] != cluster[1] and cluster[2] in cluster[:2]


def test_answers_within_a_file():
    rows = frame(
        person("张伟国", BORN, "1", id_number=NUMBER),
        person("张伟国", BORN, "1", id_number=NUMBER),
        person("陈小红", "1990-01-01", "2", id_number=NUMBER),
        person("李四", "1999-01-01", "2"),
    )
    told = within_file(rows, thresholds=LIMITS)
    assert told["row"].to_list() == [2, 3, 4, 5]
    assert told["outcome"].to_list() == ["new", "link", "review", "new"]
    assert told["same_as_row"].to_list() == [None, 2, 2, None]
    assert "证件号码相同" in told["reasons"][1]
    assert within_file(rows.clear(), thresholds=LIMITS).is_empty()


def test_a_value_everybody_has_is_not_a_trait():
    """A placeholder phone shared by thousands makes no pairs (and takes no time)."""
    rows = frame(*(person(f"无{chr(0x4E00 + k)}", None, None, phone="13800138000") for k in range(2000)))
    assert link_within(rows, thresholds=LIMITS, on=TODAY).cluster.tolist() == list(range(2000))


@pytest.fixture
def hospital(db):
    return organisation("hospital", "hospital").pk


def test_against_the_index_nothing_is_stored(hospital):
    [one] = register(
        person("张伟国", BORN, "1", patient_no="P1", id_number=NUMBER, phone="13812345678"), source=hospital
    )
    before = Resident.objects.unscoped("test").count()
    rows = frame(
        person("张伟国", BORN, "1", phone="13812345678"),
        person("张伟果", BORN, "1"),
        person("李四", "1999-01-01", "2"),
        person("张伟国", None, None, id_number=NUMBER[:10] + NUMBER[11] + NUMBER[10] + NUMBER[12:]),
    )
    [told] = against_index(rows, thresholds=LIMITS)
    assert told["outcome"].to_list()[:3] == ["link", "review", "new"]
    assert told["resident_id"].to_list() == [one, one, None, one]
    assert "证件号码只差一处" in told["reasons"][3]
    assert Resident.objects.unscoped("test").count() == before


def test_one_person_and_a_file_of_one_get_the_same_answer(hospital):
    [one] = register(
        person("张伟国", BORN, "1", patient_no="P1", id_number=NUMBER, phone="13812345678"), source=hospital
    )
    for row in (
        person("张伟国", BORN, "1", phone="13812345678"),
        person("张伟果", BORN, "1"),
        person("张伟国", "1980-05-07", "1", id_number=NUMBER),
    ):
        alone = match(Person(**{k: v for k, v in row.items() if k in Person.__dataclass_fields__}))
        [told] = against_index(frame(row), thresholds=LIMITS)
        assert (str(alone.outcome), alone.resident_id, alone.score) == told.row(0)[1:4]
        assert alone.resident_id == one and alone.reasons


def test_nobody_is_matched_by_nothing(hospital):
    register(person("张伟国", BORN, "1", patient_no="P1"), source=hospital)
    assert match(Person()).outcome == "new"
    assert match(Person(name="无名氏", sex="1")).outcome == "new"


HEADED = "姓名,性别,出生日期,身份证号,联系电话\n"


@pytest.fixture
def table(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "persons.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("day", ["1980-05-17", "19800517", "1980/5/17", "1980年5月17日"])
def test_files_as_people_save_them(table, encoding, day):
    read = read_persons(table(f"{HEADED}张伟国,男,{day},{NUMBER.lower()},138 1234 5678\n,,,,\n", encoding))
    assert read.row(0) == ("张伟国", "1", BORN, NUMBER.lower(), "138 1234 5678")
    assert read["birth_date"].dtype == pl.Date


@pytest.mark.parametrize("text", ["", "  \n", "颜色,尺寸\n红,大\n"])
def test_files_that_are_no_tables_of_persons(table, text):
    with pytest.raises(UnreadableFile):
        read_persons(table(text))


def test_the_command(hospital, table, tmp_path):
    register(person("张伟国", BORN, "1", patient_no="P1", id_number=NUMBER), source=hospital)
    file, out = table(f"{HEADED}张伟国,男,1980-05-17,{NUMBER},\n李四,女,1999-01-01,,\n"), tmp_path / "answers.csv"
    done = CliRunner().invoke(residents, ["match", str(file), "--out", str(out)])
    assert done.exit_code == 0, done.output
    told = pl.read_csv(out)
    assert told["outcome"].to_list() == ["link", "new"]
    assert NUMBER not in out.read_text() and "张伟国" not in out.read_text()
    shown = CliRunner().invoke(residents, ["match", str(file), "--within"])
    assert shown.exit_code == 0 and "2 new" in shown.output
    bad = CliRunner().invoke(residents, ["match", str(table("a,b\n1,2\n"))])
    assert bad.exit_code == 1 and "no column name" in bad.output
