"""How often institutions charged items: what a change of prices would come to is worked out on it (prices.api)."""

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal

from django.conf import settings

from yigongti.domains.money.claims.lake import LINES, view
from yigongti.domains.money.prices.api import Quantity
from yigongti.kernel import clock
from yigongti.kernel.lake.api import engine, snapshot

# A line is of an institution by its claim; of what it cost the fund paid what it paid of that claim.
_USED = """
    SELECT c.institution_id, l.item_code, sum(l.quantity),
           coalesce(100.0 * sum(c.fund_fen) / nullif(sum(c.total_fen), 0), 0)
    FROM lines l JOIN claims c ON c.source_id = l.source_id AND c.record_no = l.claim_no
    WHERE l.place = ? AND l.happened_on BETWEEN ? AND ? AND l.item_code IN (SELECT unnest(?))
      AND c.institution_id IS NOT NULL AND NOT c.cancelled AND l.quantity IS NOT NULL
    GROUP BY 1, 2 HAVING sum(l.quantity) > 0 ORDER BY 1, 2
"""


def quantities(since: date, until: date, codes: Collection[str]) -> Iterable[Quantity]:
    """Items charged between two days (both included), by institution."""
    start, end = clock.month_of(since), clock.next_month(clock.month_of(until))
    with engine() as backend:
        view(backend, "lines", snapshot(LINES, start, end))
        view(backend, "claims", snapshot("claims", start))  # a stay is settled when it ends
        rows = backend.con.execute(_USED, [settings.PLACE, since, until, sorted(codes)]).fetchall()
    return [
        Quantity(institution, code, Decimal(quantity), Decimal(str(round(percent, 4))))
        for institution, code, quantity, percent in rows
    ]
