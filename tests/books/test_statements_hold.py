"""Whatever is posted, by one side or both, carried forward or not: every statement balances, alone and together."""

from datetime import date

import hypothesis.strategies as st
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from yigongti.domains.money.books import api as books
from yigongti.domains.money.books import statements
from yigongti.domains.money.books.services import closing, vouchers
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.ledger import api as ledger

SYSTEM = system_actor("tests")
DEALINGS = ("internal_service_provided", "surplus_distributed", "fund_prepayment_passed_on", "cross_consortium_due")
NAMES = {name: next(iter(books.TEMPLATES[name].amounts)) for name in DEALINGS}
POSTED = st.lists(
    st.tuples(
        st.sampled_from(["subsidy", "expense", *DEALINGS]), st.integers(0, 2), st.integers(1, 2), st.integers(1, 10**9),
        st.dates(date(2024, 11, 1), date(2025, 3, 31)), st.booleans(),
    ),
    max_size=12,
)  # fmt: skip


def put(number: int, organisations: list[int], what: str, at: int, to: int, fen: int, on: date, both: bool) -> None:
    mine, other = organisations[at], organisations[(at + to) % 3]
    said = {"organisation_id": mine, "on": on, "source": f"s{number}", "summary": "x", "actor": SYSTEM}
    if what == "subsidy":
        books.post("subsidy_received", amounts={"basic": fen}, **said)
    elif what == "expense":
        books.post("expense_paid", amounts={"staff": fen}, **said)
    elif both:
        books.post_pair(what, amounts={NAMES[what]: fen}, counterparty_id=other, **said)
    else:
        books.post(what, amounts={NAMES[what]: fen}, counterparty_id=other, **said)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(posted=POSTED, carried=st.sets(st.integers(0, 2)), until=st.sampled_from([(2024, 12), (2025, 1), (2025, 3)]))
def test_every_statement_balances(world, posted, carried, until):
    with transaction.atomic():
        organisations = [world.ids[key] for key in ("east_hospital", "east_centre", "west_hospital")]
        views = [books.book_of(one) for one in organisations]
        for number, one in enumerate(posted):
            put(number, organisations, *one)
        for at in carried:
            if lines := vouchers.year_close_lines(views[at].id, 2024):
                entry = ledger.NewEntry(
                    views[at].id, date(2024, 12, 31), "结转", f"close{at}", template="year_close",
                    lines=tuple(ledger.NewLine(line.account, line.fen, line.counterparty_id) for line in lines),
                )  # fmt: skip
                ledger.post_entry(entry, actor=SYSTEM)
            assert vouchers.year_close_lines(views[at].id, 2024) == []
        month = date(*until, 1)
        for view in views:
            assert statements.trial_balance(view, date(2024, 12, 1), month).balanced
            assert statements.balance_sheet([view], month).balanced
        whole = statements.consolidated(views, month)
        assert whole.balanced
        plain = statements.income_statement(views, month, month)
        assert whole.surplus[0] == plain.surplus[1] == sum(one.surplus_fen for one in whole.members)
        before = [one for one in posted if one[4] <= closing.last_day(month)]
        one_sided = any(what in DEALINGS and not both for what, _at, _to, _fen, _on, both in before)
        assert one_sided or all(pair.agrees for pair in whole.pairs)
        assert ledger.faults([view.id for view in views]) == []
        transaction.set_rollback(True)
