"""A small county with a consortium, a hospital outside it and a payer; and settlements as the payer sends them."""

from dataclasses import dataclass
from typing import Any

from tests.intake.county import id_number, send, table
from yigongti.domains.base.health_record.models import Fact
from yigongti.domains.base.organisation.tests.factories import organisation
from yigongti.kernel.intake.models import Batch
from yigongti.kernel.lake.api import publish_stale


@dataclass(frozen=True)
class Here:
    county: int
    consortium: int
    hospital: int
    centre: int
    other: int  # a hospital of no consortium
    bureau: int


NAMES = {"hospital": "某市第一医院", "centre": "某镇卫生院", "other": "某市骨科医院"}


def county() -> Here:
    top = organisation("county", "county", name="某市")
    consortium = organisation("consortium", "consortium", top, name="某市医共体")
    return Here(
        county=top.pk,
        consortium=consortium.pk,
        hospital=organisation("hospital", "hospital", consortium, name=NAMES["hospital"]).pk,
        centre=organisation("township_health_centre", "centre", consortium, name=NAMES["centre"]).pk,
        other=organisation("hospital", "other", top, name=NAMES["other"]).pk,
        bureau=organisation("insurance_body", "bureau", top, name="市医保局").pk,
    )


def claim(n: int, person: int | None = None, **changes: str) -> dict[str, str]:
    """The n-th settlement as a row of the claims extract; whatever is not said is a short stay for pneumonia."""
    p = n if person is None else person
    number = id_number(p)
    row = {
        "患者编号": f"P{p}",
        "姓名": "王李张刘陈杨"[p % 6] + "伟芳娜敏静丽强磊"[p % 8] + "军洋勇艳杰娟涛"[p // 8 % 7],
        "性别": "男" if int(number[16]) % 2 else "女",
        "出生日期": f"{number[6:10]}-{number[10:12]}-{number[12:14]}",
        "证件号码": number,
        "claim_no": f"S{n}",
        "insurance_kind": "02",
        "institution_name": NAMES["hospital"],
        "inside_county": "1",
        "setting": "inpatient",
        "started_at": "2025-03-01 09:00",
        "ended_at": "2025-03-08 10:00",
        "settled_at": "2025-03-08 10:30",
        "main_diagnosis_code": "J18.900",
        "main_diagnosis": "肺炎",
        "total_yuan": "5000.00",
        "fund_yuan": "3500.00",
        "self_paid_yuan": "1500.00",
    }
    return row | changes


def back(row: dict[str, str], number: str, **changes: str) -> dict[str, str]:
    """The settlement that takes another one back."""
    money = {name: f"-{row[name]}" for name in row if name.endswith("_yuan") and row[name]}
    return row | money | {"claim_no": number, "reverses": row["claim_no"]} | changes


def settled(rows: list[dict[str, str]], here: Here, *, publish: bool = True, name: str = "claims.csv") -> Batch:
    """Send settlements as the payer does; columns that one row lacks are empty there."""
    header: dict[str, None] = {}
    for row in rows:
        header |= dict.fromkeys(row)
    batch = send(table([dict.fromkeys(header, "") | row for row in rows], tuple(header)), here.bureau, name)
    if publish:
        publish_stale()
    return batch


def standing(**narrowed: Any) -> list[Fact]:
    return list(
        Fact.objects.unscoped("test").filter(kind="claim", superseded_by=None, **narrowed).order_by("record_no")
    )


def ids() -> dict[str, int]:
    """The standing settlements' ids by number."""
    return {fact.record_no: fact.pk for fact in standing()}
