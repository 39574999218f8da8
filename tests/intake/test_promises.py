"""What intake promises: nothing counts twice, nothing is lost, order doesn't matter, a correction just works."""

import io
import random
from datetime import date

import openpyxl
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.intake.county import ENCOUNTERS, counts, encounter, id_number, send, table, what_stands
from tests.support.people import person
from yigongti.domains.base.health_record.models import Fact
from yigongti.domains.base.organisation.services import tree
from yigongti.domains.base.organisation.tests.factories import SET_UP
from yigongti.kernel.access.api import Forbidden, Role
from yigongti.kernel.audit.models import Line
from yigongti.kernel.intake import uploads
from yigongti.kernel.intake.models import Batch
from yigongti.kernel.intake.receiving import receive
from yigongti.kernel.intake.refused_rows import write

FAULTS = (
    {},
    {"就诊时间": "2031-01-01"},
    {"证件号码": "320583194001010015"},
    {"就诊类别": "体检"},
    {"总费用": "1.234"},
    {"就诊时间": "", "总费用": "x"},
)
each_example = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


def ids() -> list[int]:
    return list(Fact.objects.unscoped("test").order_by("id").values_list("id", flat=True))


def test_the_same_file_twice_changes_nothing(here):
    data = table([encounter(n, n // 3) for n in range(30)])
    first = send(data, here.hospital)
    before = ids()
    again = send(data, here.hospital, "another name.csv")
    assert again.pk == first.pk
    assert counts(again) == counts(first) == (30, 0, 0, 0)
    assert ids() == before


def test_a_file_with_refused_rows_is_looked_at_again(here):
    """An institution may have been entered since; what was stored counts as unchanged."""
    data = table([encounter(1), encounter(2, 就诊类别="体检")])
    first, again = send(data, here.hospital), send(data, here.hospital)
    assert again.pk != first.pk
    assert (counts(first), counts(again)) == ((1, 0, 0, 1), (0, 0, 1, 1))


def test_the_same_file_of_two_senders_is_two_batches(here):
    data = table([encounter(1)])
    assert counts(send(data, here.hospital)) == counts(send(data, here.clinic)) == (1, 0, 0, 0)


def test_a_number_in_a_file_name_is_masked_everywhere(here):
    """Half the clinics name a file after the patient."""
    number = id_number(7)
    batch = send(table([encounter(1)]), here.hospital, f"王五_{number}_就诊.csv")
    assert batch.file_name == f"王五_{number[:4]}{'*' * 10}{number[-4:]}_就诊.csv"
    assert not [line for line in Line.objects.all() if number in str(line.detail)]
    stamped = send(table([encounter(2)]), here.hospital, "就诊_20250101120000.csv")
    assert stamped.file_name == "就诊_20250101120000.csv"


@given(
    rows=st.lists(st.tuples(st.integers(0, 6), st.sampled_from(FAULTS)), min_size=1, max_size=12),
    seed=st.integers(0, 999),
)
@each_example
def test_order_does_not_matter(here, rows, seed):
    made = [encounter(n, p, **fault) for n, (p, fault) in enumerate(rows)]
    shuffled = made[:]
    random.Random(seed).shuffle(shuffled)
    results = []
    for order in (made, shuffled):
        with transaction.atomic():
            batch = send(table(order), here.hospital)
            results.append((counts(batch), what_stands()))
            transaction.set_rollback(True)
    assert results[0] == results[1]


@given(
    rows=st.lists(st.tuples(st.integers(0, 6), st.sampled_from(FAULTS)), min_size=1, max_size=10), xlsx=st.booleans()
)
@each_example
def test_refused_then_corrected_is_as_if_it_had_been_right_at_once(here, tmp_path_factory, rows, xlsx):
    right = {f"V{n}": encounter(n, p) for n, (p, _fault) in enumerate(rows)}
    sent = [encounter(n, p, **fault) for n, (p, fault) in enumerate(rows)]
    folder = tmp_path_factory.mktemp("refused")
    with transaction.atomic():
        send(table(list(right.values())), here.hospital)
        expected = what_stands()
        transaction.set_rollback(True)
    with transaction.atomic():
        batch = send(as_workbook(sent) if xlsx else table(sent), here.hospital, "a.xlsx" if xlsx else "a.csv")
        if batch.refused:
            path = write(batch, folder)
            assert path.suffix == (".xlsx" if xlsx else ".csv")
            corrected = correct(path, right)
            again = send(corrected, here.hospital, path.name)
            assert counts(again) == (batch.refused, 0, 0, 0)
            assert again.notes == []
        assert what_stands() == expected
        transaction.set_rollback(True)


def as_workbook(rows) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(list(ENCOUNTERS))
    for row in rows:
        book.active.append([row[h] or None for h in ENCOUNTERS])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def correct(path, right) -> bytes:
    """What a person does with the file of refused rows: put the right values in, leave the reasons where they are."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        sheet = book.active
        head = [cell.value for cell in sheet[1]]
        for row in sheet.iter_rows(min_row=2):
            number = row[head.index("就诊流水号")].value
            for header, value in right[number].items():
                row[head.index(header)].value = value
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()
    import csv

    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        assert set(reader.fieldnames) > set(ENCOUNTERS)
        rows = [line | right[line["就诊流水号"]] for line in reader]
    assert all(line["拒绝原因"] and line["reason"] for line in rows)
    return table(rows, tuple(rows[0]))


def test_any_encoding_language_order_and_format_store_the_same(here):
    rows = [encounter(n) for n in range(5)]
    english = dict(
        zip(
            ENCOUNTERS,
            [
                "patient_no",
                "name",
                "sex",
                "birth_date",
                "id_number",
                "encounter_no",
                "setting",
                "started_at",
                "main_diagnosis_code",
                "main_diagnosis",
                "total_yuan",
            ],
            strict=True,
        )
    )
    renamed = [{english[k]: v for k, v in row.items()} for row in rows]
    backwards = tuple(reversed(ENCOUNTERS))
    results = []
    for data, name in (
        (table(rows), "a.csv"),
        (table(rows, encoding="utf-8-sig"), "a.csv"),
        (table(rows, encoding="gb18030"), "a.csv"),
        (table(rows, backwards), "a.csv"),
        (table(renamed), "a.csv"),
        (table(rows).replace(b",", b"\t"), "a.txt"),
        (table(rows).replace(b"\r\n", b"\n"), "a.csv"),
        (as_workbook(rows), "a.xlsx"),
    ):
        with transaction.atomic():
            assert counts(send(data, here.hospital, name)) == (5, 0, 0, 0)
            results.append(what_stands())
            transaction.set_rollback(True)
    assert all(result == results[0] for result in results)


def test_a_correction_supersedes_and_moves_between_months(here):
    send(table([encounter(1, 就诊时间="2025-01-31 08:00")]), here.hospital)
    batch = send(table([encounter(1, 就诊时间="2025-02-01 08:00")]), here.hospital)
    assert counts(batch) == (0, 1, 0, 0)
    assert batch.months == ["2025-01-01", "2025-02-01"]
    assert [fact[3].month for fact in what_stands()] == [2]


def test_a_corrected_spelling_of_a_name_makes_no_fact_new(here):
    send(table([encounter(1)]), here.hospital)
    assert counts(send(table([encounter(1, 姓名=encounter(1)["姓名"] + " ")]), here.hospital)) == (0, 0, 1, 0)


def test_a_file_is_on_disk_when_it_is_acknowledged_and_gone_when_it_is_stored(here, django_capture_on_commit_callbacks):
    data = table([encounter(1)])
    received = receive(
        io.BytesIO(data), file_name="a.csv", size=len(data), source_id=here.hospital, actor=officer(here.hospital)
    )
    kept = uploads.folder() / received.batch.upload
    assert kept.read_bytes() == data
    assert received.batch.state == Batch.State.RECEIVED
    with django_capture_on_commit_callbacks(execute=True):
        assert send(data, here.hospital).state == Batch.State.DONE
    assert not list(uploads.folder().iterdir())


def officer(organisation_id: int):
    return person(Role.DATA_OFFICER, organisation_id)


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.DIRECTOR, Role.SYSTEM_ADMIN, None])
def test_only_officers_send_and_only_for_their_own(here, role):
    for actor in (person(role, here.hospital), officer(here.clinic)):
        with pytest.raises(Forbidden):
            receive(io.BytesIO(b"x"), file_name="a.csv", size=1, source_id=here.hospital, actor=actor)
    assert not uploads.folder().exists() or not list(uploads.folder().iterdir())


def test_residents_then_facts_by_patient_number_alone(here):
    residents = [
        {"患者编号": "P1", "姓名": "王秀英", "性别": "女", "出生日期": "1958-03-02", "管理机构": "某某村卫生室"},
        {"患者编号": "P2", "姓名": "李建国", "性别": "男", "出生日期": "1949-10-01", "管理机构": "没有这家"},
    ]
    batch = send(table(residents), here.hospital, "residents.csv")
    assert counts(batch) == (1, 0, 0, 1)
    readings = [
        {
            "患者编号": p,
            "记录号": f"M{p}",
            "项目编码": "8480-6",
            "项目名称": "收缩压",
            "结果": "186",
            "单位": "mmHg",
            "测量时间": "2025-03-01",
        }
        for p in ("P1", "P2")
    ]
    batch = send(table(readings), here.hospital, "measurements.csv")
    assert counts(batch) == (1, 0, 0, 1)  # nobody ever said who P2 is


def test_diagnoses_of_no_visit_are_numbered_by_their_patient(here):
    """Two patients whose lists of problems both begin with number 1; sent again with another name, one changes."""
    send(table([encounter(n) for n in range(2)]), here.hospital)
    problems = [
        {
            "患者编号": f"P{p}",
            "就诊流水号": "",
            "诊断序号": "1",
            "诊断编码": "I10.x00",
            "诊断名称": f"病{p}",
            "诊断时间": "2025-03-01",
        }
        for p in range(2)
    ]
    assert counts(send(table(problems), here.hospital, "diagnoses.csv")) == (2, 0, 0, 0)
    problems[0]["诊断名称"] = "改"
    assert counts(send(table(problems), here.hospital, "diagnoses.csv")) == (0, 1, 1, 0)
    standing = Fact.objects.unscoped("test").filter(kind="condition", superseded_by=None)
    assert sorted(standing.values_list("patient_no", "display")) == [("P0", "改"), ("P1", "病1")]
    twice = [problems[0] | {"诊断名称": name} for name in ("甲", "乙")]
    sent = send(table(twice), here.hospital, "diagnoses.csv")
    assert counts(sent) == (0, 0, 0, 2)  # which of the two is right, only the sender knows


def test_the_tier_is_the_one_of_the_day(here):
    """A clinic that became a health centre in February: what it did before stays a clinic's."""
    with tree.writing(SET_UP, "tests"):
        tree.set_tier(here.clinic, "village", on=tree.BEFORE_RECORDS)
        tree.set_tier(here.clinic, "primary", on=date(2025, 2, 10))
    days = ("2025-02-09", "2025-02-10", "2025-03-01")
    send(table([encounter(n, 就诊时间=f"{day} 08:00") for n, day in enumerate(days)]), here.clinic)
    found = Fact.objects.unscoped("test").order_by("happened_on").values_list("tier", flat=True)
    assert list(found) == ["village", "primary", "primary"]
