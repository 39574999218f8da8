"""Charge lines as the payer sends them."""

from tests.claims.county import Here
from tests.intake.county import send, table
from yigongti.kernel.intake.models import Batch
from yigongti.kernel.lake.api import publish_stale


def line(claim_no: str, number: int = 1, **changes: str) -> dict[str, str]:
    """One line of a settlement; whatever is not said is one day's ward round."""
    row = {
        "claim_no": claim_no,
        "line_no": str(number),
        "item_code": "110200005",
        "item_name": "住院诊查费",
        "category": "诊察费",
        "quantity": "1",
        "unit_price_yuan": "20.00",
        "amount_yuan": "20.00",
        "charged_on": "2025-03-02",
        "pay_class": "甲类",
    }
    return row | changes


def charged(
    rows: list[dict[str, str]], here: Here, *, source: int | None = None, name: str = "claim_items.csv"
) -> Batch:
    batch = send(table(rows), source or here.bureau, name)
    publish_stale()
    return batch
