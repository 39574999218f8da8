"""A small county to send files from, and what it sends."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yigongti.domains.base.health_record.models import Fact
from yigongti.domains.base.organisation.tests.factories import organisation
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.intake.models import Batch
from yigongti.kernel.intake.processing import process
from yigongti.kernel.intake.receiving import receive

ENCOUNTERS = (
    "患者编号",
    "姓名",
    "性别",
    "出生日期",
    "证件号码",
    "就诊流水号",
    "就诊类别",
    "就诊时间",
    "主要诊断编码",
    "主要诊断",
    "总费用",
)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class County:
    hospital: int
    clinic: int
    bureau: int


def county() -> County:
    top = organisation("county", "county", name="某市")
    return County(
        hospital=organisation("hospital", "hospital", top, name="某市医院").pk,
        clinic=organisation("village_clinic", "clinic", top, name="某某村卫生室").pk,
        bureau=organisation("insurance_body", "bureau", top, name="市医保局").pk,
    )


def id_number(n: int) -> str:
    """A sound identity number for the n-th person, by the rule of GB 11643 written out here."""
    first = f"320583{1940 + n % 60}{n % 12 + 1:02}{n % 28 + 1:02}{n // 60 % 1000:03}"
    return first + "10X98765432"[sum(int(c) * w for c, w in zip(first, WEIGHTS, strict=True)) % 11]


def encounter(n: int, person: int | None = None, **changes: str) -> dict[str, str]:
    """The n-th visit, as a row of the encounters extract."""
    p = n if person is None else person
    number = id_number(p)
    row = {
        "患者编号": f"P{p}",
        "姓名": "王李张刘陈杨"[p % 6] + "伟芳娜敏静丽强磊"[p % 8] + "军洋勇艳杰娟涛"[p // 8 % 7],
        "性别": "男" if int(number[16]) % 2 else "女",
        "出生日期": f"{number[6:10]}-{number[10:12]}-{number[12:14]}",
        "证件号码": number,
        "就诊流水号": f"V{n}",
        "就诊类别": "门诊",
        "就诊时间": f"2025-{n % 3 + 1:02}-{n % 28 + 1:02} 08:30",
        "主要诊断编码": "I10.x00",
        "主要诊断": "高血压病",
        "总费用": f"{n % 1000}.{n % 100:02}",
    }
    return row | changes


def table(rows: list[dict[str, str]], header: tuple[str, ...] | None = None, encoding: str = "utf-8") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, header or tuple(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def send(data: bytes | Path, source_id: int, name: str = "encounters.csv", **options: Any) -> Batch:
    """Send a file as the system does for a sender, and read it to the end."""
    raw = data.read_bytes() if isinstance(data, Path) else data
    received = receive(
        io.BytesIO(raw),
        file_name=name,
        size=options.pop("size", len(raw)),
        source_id=source_id,
        actor=system_actor("tests", source_id),
        queue=False,
        **options,
    )
    return received.batch if received.batch.finished else process(received.batch.pk)


def counts(batch: Batch) -> tuple[int, int, int, int]:
    return (batch.stored, batch.updated, batch.unchanged, batch.refused)


def what_stands() -> list[tuple[Any, ...]]:
    """Every fact that stands, without what differs from one loading to the next."""
    columns = ("source_id", "kind", "record_no", "happened_at", "code", "display", "total_fen", "patient_no")
    standing = Fact.objects.unscoped("test").filter(superseded_by=None)
    return sorted(standing.values_list(*columns))
