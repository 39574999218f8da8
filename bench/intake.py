"""Intake of an extract: parsed, validated, matched, stored, against plain COPY of the same file into a bare table.

The visits of one hospital over a year, five to a person. First the persons come in as the residents extract, as a
hospital sends them; then the visits, whose rows repeat name, document and birth date of each person. The baseline is
what PostgreSQL takes to read the same file into a table of the same columns without index, key or check.
"""

import random
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.harness import Result, seconds, size

NAME = "intake"
AIM = "intake of an extract within 7× of plain COPY of the same rows"

ROWS = 200_000
VISITS_PER_PERSON = 5
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
PERSON = "patient_no,name,sex,birth_date,id_number"
VISIT = "encounter_no,setting,started_at,department,doctor,main_diagnosis_code,main_diagnosis,total_yuan"
DIAGNOSES = (("I10.x00", "高血压病"), ("E11.900", "2型糖尿病"), ("J06.900", "急性上呼吸道感染"), ("K29.700", "胃炎"))


def run() -> list[Result]:
    from yigongti.domains.base.organisation.api import find, load_place
    from yigongti.kernel.access.api import system_actor

    load_place("kunshan", system_actor("bench"))
    hospital = find("first_hospital", place="kunshan")
    assert hospital is not None
    draw = random.Random(7)
    rows = size(ROWS)
    persons = [_person(n, draw) for n in range(max(rows // VISITS_PER_PERSON, 1))]
    strangers = [_person(n + 500_000, draw) for n in range(max(len(persons) // 4, 1))]
    with TemporaryDirectory() as folder:
        where = Path(folder)
        registered = _write(where / "residents.csv", PERSON, persons)
        visits = _write(where / "visits.csv", f"{PERSON},{VISIT}", _visits(persons, rows, "V", draw))
        first = _write(where / "first.csv", f"{PERSON},{VISIT}", _visits(strangers, rows // 4, "S", draw))
        plain = seconds(lambda: _plain_copy(visits), repeats=3)
        registering = seconds(lambda: _take_in(registered, hospital.id), repeats=1)
        known = seconds(lambda: _take_in(visits, hospital.id), repeats=1)
        with visits.open("a") as out:  # other bytes, the same rows
            out.write("\n")
        again = seconds(lambda: _take_in(visits, hospital.id), repeats=1)
        unknown = seconds(lambda: _take_in(first, hospital.id), repeats=1)
    return [
        Result(
            "visits of registered persons", "rows/s", rows / known, rows / plain, aim=7, higher_is_better=True,
            note="baseline: COPY into a bare table",
        ),
        Result(
            "the same visits sent again", "rows/s", rows / again, rows / plain, higher_is_better=True,
            note="nothing stored",
        ),
        Result(
            "visits of persons never seen", "rows/s", rows // 4 / unknown, rows / plain, higher_is_better=True,
            note="one new entry of the index per five rows",
        ),
        Result("residents", "rows/s", len(persons) / registering, higher_is_better=True, note="all new to the index"),
    ]  # fmt: skip


def _person(n: int, draw: random.Random) -> str:
    first = f"320583{1940 + n % 70}{n // 70 % 12 + 1:02}{n // 840 % 28 + 1:02}{n // 23_520:03}"
    number = first + "10X98765432"[sum(int(c) * w for c, w in zip(first, WEIGHTS, strict=True)) % 11]
    name = draw.choice("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗") + "".join(
        draw.choices("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国文", k=2)
    )
    born = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    return f"P{n},{name},{'男' if int(number[16]) % 2 else '女'},{born},{number}"


def _visits(persons: list[str], rows: int, prefix: str, draw: random.Random) -> list[str]:
    found = []
    for n in range(rows):
        code, diagnosis = draw.choice(DIAGNOSES)
        at = f"2025-{draw.randrange(12) + 1:02}-{draw.randrange(28) + 1:02} {draw.randrange(8, 18):02}:{n % 60:02}:00"
        setting = draw.choice(("门诊", "门诊", "门诊", "急诊", "住院"))
        cost = f"{draw.randrange(500_000) / 100:.2f}"
        found.append(f"{draw.choice(persons)},{prefix}{n},{setting},{at},全科,李医生,{code},{diagnosis},{cost}")
    return found


def _write(path: Path, header: str, rows: list[str]) -> Path:
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return path


def _take_in(path: Path, source_id: int) -> None:
    from yigongti.kernel.access.api import system_actor
    from yigongti.kernel.intake.api import process, receive

    data = path.read_bytes()
    received = receive(
        BytesIO(data),
        file_name=path.name,
        size=len(data),
        source_id=source_id,
        actor=system_actor("bench"),
        queue=False,
    )
    batch = process(received.batch.pk)
    if batch.refused or not batch.finished:
        raise AssertionError(f"{batch.refused} rows of the bench's own file were refused")


def _plain_copy(path: Path) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_plain")
        cursor.execute(
            "CREATE TABLE bench_plain (patient_no text, name text, sex text, birth_date date, id_number text, "
            "encounter_no text, setting text, started_at timestamptz, department text, doctor text, "
            "main_diagnosis_code text, main_diagnosis text, total_yuan numeric)"
        )
        with cursor.copy("COPY bench_plain FROM STDIN (FORMAT csv, HEADER true)") as copy:
            copy.write(path.read_bytes())
