"""The chart of accounts: the platform's short one (data/chart.csv) and what a place adds.

The codes of the first level are those of the government accounting system (政府会计制度, 财会〔2017〕25号) and its
supplements for hospitals and grass-roots institutions, as recalled (R-M); sub-accounts and their wording are our own.
"""

import csv
from functools import cache
from pathlib import Path

from yigongti.domains.money.books.models import ChartAccount
from yigongti.kernel.ledger.api import AccountKind, AccountSpec

SHIPPED = Path(__file__).parent / "data" / "chart.csv"
SURPLUS, DISTRIBUTION, ACCUMULATED, EARLIER_YEARS = "3301", "3302", "3001", "3501"


@cache
def shipped() -> tuple[AccountSpec, ...]:
    """The platform's accounts, in the order of their codes."""
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        return tuple(
            AccountSpec(row["code"], row["name"], AccountKind(row["kind"]), row["internal"] == "yes")
            for row in csv.DictReader(file)
        )


def chart_of(place: str) -> list[AccountSpec]:
    """The accounts every book of a place has, by code."""
    own = [
        AccountSpec(row.code, row.name, AccountKind(row.kind), row.internal)
        for row in ChartAccount.objects.filter(place=place)
    ]
    # what the place had before the platform came to ship the same code stays as it stands in its books
    known = {spec.code: spec for spec in [*shipped(), *own]}
    return [known[code] for code in sorted(known)]
