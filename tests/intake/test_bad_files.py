"""Every bad input of the issue, end to end: a clear message, nothing stored, nothing crashed."""

import io
import re
import struct
import time
import zipfile

import openpyxl
import pytest

from tests.intake.county import ENCOUNTERS, counts, encounter, send, table
from yigongti.domains.base.health_record.models import Fact
from yigongti.kernel.intake.models import Batch
from yigongti.kernel.intake.refused_rows import lines

pytestmark = pytest.mark.django_db


def stored() -> int:
    return Fact.objects.unscoped("test").count()


def refused_whole(batch: Batch, code: str, words: str) -> None:
    assert (batch.state, batch.refusal_code) == (Batch.State.REFUSED, code)
    assert re.search(words, batch.refusal), batch.refusal
    assert counts(batch) == (0, 0, 0, 0)
    assert stored() == 0


def refused_row(batch: Batch, row: int, words: str) -> None:
    """One row refused with these words, its neighbours stored."""
    assert batch.state == Batch.State.DONE
    found = list(lines(batch))
    assert [line.row_no for line in found] == [row]
    assert re.search(words, "".join(found[0].sentences)), found[0].sentences
    assert all(found[0].sentences_in_english)


def workbook(*rows, change=None) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(list(row))
    if change:
        change(made.active)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def visits(*rows: dict[str, str]) -> list[list[str]]:
    return [list(ENCOUNTERS), *([row[h] for h in ENCOUNTERS] for row in rows)]


def test_wrong_encoding(here):
    data = table([encounter(1), encounter(2)]) + "王".encode()[:2]
    refused_whole(send(data, here.hospital), "wrong_encoding", "第 4 行")


def test_utf16(here):
    refused_whole(send(table([encounter(1)]).decode().encode("utf-16"), here.hospital), "wrong_encoding", "UTF-8")


def test_missing_column(here):
    rows = [{k: v for k, v in encounter(1).items() if k != "就诊时间"}]
    refused_whole(send(table(rows), here.hospital), "missing_column", "就诊时间（started_at）")


def test_duplicate_column(here):
    data = table([encounter(1)]).decode().replace("主要诊断编码", "总费用（元）").encode()
    refused_whole(send(data, here.hospital), "duplicate_column", "总费用")


def test_an_unknown_table(here):
    refused_whole(send(b"color,size\nred,3\n", here.hospital, "things.csv"), "unknown_extract", "模板")


def test_an_unknown_kind_of_file(here):
    refused_whole(send(b"%PDF-1.7", here.hospital, "report.pdf"), "unknown_format", "report.pdf")


@pytest.mark.parametrize("name", ["empty.csv", "empty.xlsx"])
def test_an_empty_file(here, name):
    refused_whole(send(b"", here.hospital, name), "empty_file", "空")


def test_a_header_and_nothing_else(here):
    refused_whole(send(table([encounter(1)]).splitlines(keepends=True)[0], here.hospital), "no_rows", "表头")


def test_an_empty_workbook(here):
    refused_whole(send(workbook(), here.hospital, "a.xlsx"), "empty_file", "空")


def test_two_gigabytes_are_refused_at_once(here):
    class Never(io.RawIOBase):
        def read(self, size=-1):
            raise AssertionError("not a byte of it should be read")

    began = time.perf_counter()
    from yigongti.kernel.access.api import system_actor
    from yigongti.kernel.intake.receiving import receive

    batch = receive(
        Never(), file_name="a.csv", size=2 * 2**30, source_id=here.hospital, actor=system_actor("tests")
    ).batch
    assert time.perf_counter() - began < 1
    refused_whole(batch, "too_large", "2 GB.*1 GB")


def test_a_file_larger_than_it_claimed(here, settings):
    settings.INTAKE_MOST_BYTES = 1000
    refused_whole(send(table([encounter(n) for n in range(50)]), here.hospital, size=10), "too_large", "1000 B")


def test_a_zip_bomb(here):
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["a"]))) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for entry in source.infolist():
            bomb.writestr(entry.filename, source.read(entry))
        with bomb.open("xl/worksheets/sheet9.xml", "w", force_zip64=True) as sheet:
            for _ in range(400):
                sheet.write(b"0" * 2**20)
    data = out.getvalue()
    assert len(data) < 2**20
    refused_whole(send(data, here.hospital, "a.xlsx"), "zip_bomb", "300 MB")


def test_a_sheet_that_claims_the_whole_of_excel(here):
    def change(sheet):
        sheet["XFD1048576"] = "x"

    refused_whole(send(workbook(["a"], change=change), here.hospital, "a.xlsx"), "sheet_too_large", "1048576 行")


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"PK\x03\x04" + b"\0" * 90, "not_xlsx"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old_excel")],
)
def test_what_only_looks_like_a_workbook(here, data, code):
    refused_whole(send(data, here.hospital, "a.xlsx"), code, "另存为")


def test_a_workbook_with_damaged_insides(here):
    raw = bytearray(workbook(*visits(encounter(1))))
    at = raw.find(b"xl/worksheets/sheet1.xml") + 40
    raw[at : at + 30] = struct.pack("30s", b"\xff" * 30)
    refused_whole(send(bytes(raw), here.hospital, "a.xlsx"), "not_xlsx", "损坏")


def test_a_quote_never_closed(here):
    data = table([encounter(1), encounter(2), encounter(3)]).replace(b",V2,", b',"V2,')
    refused_whole(send(data, here.hospital), "broken_quotes", "第 3 行")


def test_a_formula_cell(here):
    rows = visits(encounter(1), encounter(2, 总费用="=SUM(A1:A2)"), encounter(3))
    batch = send(workbook(*rows), here.hospital, "a.xlsx")
    refused_row(batch, 3, "K3 是公式")
    assert stored() == 2


def test_a_formula_in_csv(here):
    batch = send(table([encounter(1), encounter(2, 主要诊断="=HYPERLINK(1)")]), here.hospital)
    refused_row(batch, 3, "主要诊断.*公式")


def test_merged_cells(here):
    rows = visits(encounter(1), encounter(2), encounter(3))
    batch = send(workbook(*rows, change=lambda sheet: sheet.merge_cells("G3:G4")), here.hospital, "a.xlsx")
    assert [line.row_no for line in lines(batch)] == [3, 4]
    assert stored() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"就诊时间": "2031-01-01 08:00"}, "就诊时间.*将来"),
        ({"出生日期": "2199-01-01", "证件号码": ""}, "出生日期.*将来"),
        ({"证件号码": "320583194001010015"}, "校验码"),
        ({"证件号码": "12345"}, "18 位"),
        ({"就诊时间": ""}, "就诊时间.*不能为空"),
        ({"就诊时间": "上周"}, "不是时间：上周"),
        ({"就诊类别": "体检"}, "就诊类别.*体检"),
        ({"总费用": "12.345"}, "总费用.*12.345"),
        ({"总费用": "-3"}, "总费用.*负数"),
        ({"性别": "雄"}, "性别.*雄"),
        ({"就诊时间": "1899-01-01"}, "1900"),
        ({"姓名": "王" * 101}, "姓名.*太长"),
        ({"就诊流水号": "V\x012"}, "控制字符"),
        ({"患者编号": ""}, "患者编号.*不能为空"),
        ({"就诊时间": "1930-01-01", "证件号码": "", "出生日期": "1955-01-01"}, "早于出生日期"),
    ],
)
def test_a_bad_row_among_good_ones(here, changes, words):
    batch = send(table([encounter(1), encounter(2, **changes), encounter(3)]), here.hospital)
    refused_row(batch, 3, words)
    assert stored() == 2


def test_a_reason_repeats_no_personal_data(here):
    batch = send(table([encounter(1, 姓名="王" * 101), encounter(2, 证件号码="320583194001010015")]), here.hospital)
    told = "".join("".join(line.sentences) for line in lines(batch))
    assert "王王" not in told and "320583" not in told


def test_an_unknown_institution(here):
    claim = {
        "患者编号": "P1", "姓名": "王秀英", "结算单号": "S1", "定点机构名称": "某市医院", "县域内": "1",
        "结算类别": "门诊", "就诊时间": "2025-03-01", "结算时间": "2025-03-01", "总费用": "100",
        "基金支付": "60", "个人支付": "40",
    }  # fmt: skip
    rows = [
        claim,
        claim | {"结算单号": "S2", "定点机构名称": "没有这家医院"},
        claim | {"结算单号": "S3", "定点机构名称": "上海某医院", "县域内": "0"},
        claim | {"结算单号": "S4", "定点机构名称": "康康药店", "结算类别": "药店"},
    ]
    batch = send(table(rows), here.bureau, "claims.csv")
    refused_row(batch, 3, "不在机构名录中：没有这家医院")
    found = {f.record_no: f for f in Fact.objects.unscoped("test").all()}
    assert found.keys() == {"S1", "S3", "S4"}
    assert (found["S1"].institution_id, found["S1"].inside_county) == (here.hospital, True)
    assert (found["S3"].institution_name, found["S3"].tier) == ("上海某医院", "outside")


def test_settlements_are_the_payer_s_to_report(here):
    """The same settlement from a hospital would count twice, and nobody's bills are another institution's word."""
    claim = {
        "patient_no": "P1", "name": "王秀英", "claim_no": "S1", "institution_name": "某市医院", "inside_county": "1",
        "setting": "inpatient", "started_at": "2025-03-01", "settled_at": "2025-03-09", "total_yuan": "100",
        "fund_yuan": "60", "self_paid_yuan": "40",
    }  # fmt: skip
    for sender in (here.hospital, here.clinic):
        refused_row(send(table([claim]), sender, "claims.csv"), 2, "只由医保部门报送")
    assert stored() == 0
    assert send(table([claim]), here.bureau, "claims.csv").stored == 1


def test_fund_and_own_share_above_the_total(here):
    claim = {
        "patient_no": "P1", "name": "王秀英", "claim_no": "S1", "institution_name": "某市医院", "inside_county": "1",
        "setting": "inpatient", "started_at": "2025-03-01", "settled_at": "2025-03-09", "total_yuan": "100",
        "fund_yuan": "60", "self_paid_yuan": "40.01",
    }  # fmt: skip
    refused_row(send(table([claim]), here.bureau, "claims.csv"), 2, "大于总费用")


def test_a_row_with_more_cells_than_the_header(here):
    data = table([encounter(1), encounter(2), encounter(3)]).decode().splitlines()
    data[2] += ",多出来的"
    refused_row(send("\n".join(data).encode(), here.hospital), 3, "列比表头多")


def test_one_number_with_two_contents(here):
    batch = send(table([encounter(1), encounter(2), encounter(1, 总费用="5"), encounter(2)]), here.hospital)
    assert counts(batch) == (1, 0, 1, 2)
    assert [line.row_no for line in lines(batch)] == [2, 4]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b",".join(b"c%d" % n for n in range(5_000)) + b"\n1\n", "too_many_columns"),
        (b"a," * 9_000_000, "row_too_long"),
        (b'"' + b"a," * 9_000_000, "row_too_long"),
        (",".join(ENCOUNTERS).encode() + b'\n"' + b"x\n" * 9_000_000, "broken_quotes"),
    ],
)
def test_what_is_no_table(here, data, code):
    refused_whole(send(data, here.hospital), code, "列|行")


def test_a_value_longer_than_any_cell(here):
    data = table([encounter(1), encounter(2, 主要诊断="x" * 200_000 + '"y'), encounter(3)])
    refused_row(send(data, here.hospital), 3, "主要诊断.*太长")


def test_a_name_no_database_can_hold(here):
    batch = send(table([encounter(1)]), here.hospital, "\udcff\0../../报表.csv")
    assert batch.state == Batch.State.DONE
    assert batch.file_name == "报表.csv"


def test_characters_a_database_cannot_hold_in_a_workbook(here):
    """Excel writes control characters as _x0000_; the reader turns them back into themselves."""
    rows = visits(encounter(1), encounter(2, 主要诊断="高_x0000_血压", 总费用="_x0000_"), encounter(3))
    batch = send(workbook(*rows), here.hospital, "a.xlsx")
    assert batch.state == Batch.State.DONE
    assert batch.stored + batch.refused == 3 and batch.stored >= 2
