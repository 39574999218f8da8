"""What double entry costs: a month's settlement of sixty members posted through books.api, against the same rows put
into bare tables by one multi-row INSERT each in one transaction.

Ours finds the books, checks template, permission and chart, takes numbers without gaps, and the database checks that
each entry balances and that its month is open, and keeps the sums; one line of the trail for the whole. Bare tables
have the same columns, primary keys, the unique source and number, and the index of lines by entry; nothing is checked.
Reading is measured at a million lines: every balance of all sixty books against summing their lines.
"""

import time
from datetime import date
from typing import Any

from django.db import connection, transaction

from bench.harness import Result, percentile, seconds, size
from yigongti.domains.base.organisation.services import tree
from yigongti.domains.money.books import api as books
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.ledger import api as ledger

NAME = "ledger"
AIM = "a month's settlement of 60 members ≤ 5× a bare multi-row insert of the same rows; 60 books' balances ≤ 100 ms"

PLACE = "kunshan"
MEMBERS = 60
VOUCHERS = 12_000  # a year of settlements
LINES = 1_000_000
SINGLES = 300
ACTOR = system_actor("bench")


def run() -> list[Result]:
    """Vouchers a second in bulk and one by one; balances at a million lines."""
    lead, members = _institutions()
    books.books_of([lead, *members])
    _bare_tables()
    results = [_settlements(lead, members, size(VOUCHERS)), *_one_by_one(members, size(SINGLES))]
    _fill(members, size(LINES))
    results += _balances([lead, *members])
    return results


def _institutions() -> tuple[int, list[int]]:
    with tree.writing(ACTOR, "bench"):
        area = tree.create(place=PLACE, key="county", kind="county", name="县", since=tree.BEFORE_RECORDS)
        lead = tree.create(place=PLACE, key="lead", kind="lead_hospital", name="牵头医院", legal_person=True,
                           since=tree.BEFORE_RECORDS)  # fmt: skip
        tree.put_under(lead.pk, area.pk, on=tree.BEFORE_RECORDS)
        members = []
        for number in range(MEMBERS - 1):
            row = tree.create(place=PLACE, key=f"m{number}", kind="township_health_centre", name=f"卫生院{number}",
                              legal_person=True, since=tree.BEFORE_RECORDS)  # fmt: skip
            tree.put_under(row.pk, area.pk, on=tree.BEFORE_RECORDS)
            members.append(row.pk)
    return lead.pk, members


def _postings(lead: int, members: list[int], month: int) -> list[books.Posting]:
    """What a month brings for each member: claims owed, the prepayment passed on, both sides of the settlement."""
    on = date(2025, month % 12 + 1, 28)
    found = []
    for member in members:
        source = f"bench:{month}:{member}"
        found += [
            books.Posting("claims_receivable", member, on, {"outpatient": 1234567, "inpatient": 7654321},
                          f"{source}:claims", "确认应收医保款"),
            books.Posting("fund_prepayment_passed_on", lead, on, {"prepayment": 8000000}, f"{source}:prepaid",
                          "拨付预付金", member, both_sides=True),
            books.Posting("fund_settled_month_owed_by_lead", member, on, {"from_prepayment": 8888888},
                          f"{source}:settled", "月结", lead, both_sides=True),
        ]  # fmt: skip
    return found


def _settlements(lead: int, members: list[int], wanted: int) -> Result:
    """Settlements in turns with the bare insert of the very rows, month by month."""
    ours = bare = 0.0
    posted, month = 0, 1
    _insert_bare(books.post_many(_postings(lead, members, 0), actor=ACTOR, needs_permission=False))  # warm
    while posted < wanted:
        postings = _postings(lead, members, month)
        began = time.perf_counter()
        made = books.post_many(postings, actor=ACTOR, needs_permission=False)
        ours += time.perf_counter() - began
        bare += _insert_bare(made)
        posted += len(made)
        month += 1
    note = f"{posted:,} vouchers, {posted // (month - 1)} at a time, durable"
    return Result("a month's settlement of 60 members", "vouchers/s", posted / ours, posted / bare, aim=5,
                  higher_is_better=True, note=note)  # fmt: skip


def _one_by_one(members: list[int], wanted: int) -> list[Result]:
    samples = []
    bare = 0.0
    for number in range(wanted):
        began = time.perf_counter()
        made = books.post(
            "expense_paid", organisation_id=members[number % len(members)], on=date(2025, 6, 9),
            amounts={"staff": 500 + number, "other": 7}, source=f"bench:single:{number}", summary="付款", actor=ACTOR,
        )  # fmt: skip
        samples.append(time.perf_counter() - began)
        bare += _insert_bare([made])
    rate, bare_rate = wanted / sum(samples), wanted / bare
    return [
        Result("one voucher at a time", "vouchers/s", rate, bare_rate, higher_is_better=True),
        Result("one voucher, p95", "ms", percentile(samples, 95) * 1000),
    ]


def _insert_bare(made: list[books.VoucherView]) -> float:
    """The same rows into bare tables: two multi-row statements in one transaction. Gives the seconds."""
    entries: list[Any] = []
    lines: list[Any] = []
    for view in made:
        entries += [view.id, view.book_id, view.on, view.on.year, int(view.number[5:]), view.summary, view.template,
                    view.source, view.posted_at]  # fmt: skip
        for line in view.lines:
            lines += [view.id, line.number, line.account_id, line.fen, line.counterparty_id]
    entry_rows = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s, %s)"] * len(made))
    line_rows = ", ".join(["(%s, %s, %s, %s, %s)"] * (len(lines) // 5))
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO bare_entry VALUES {entry_rows}", entries)
        cursor.execute(f"INSERT INTO bare_line VALUES {line_rows}", lines)
    return time.perf_counter() - began


def _bare_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE TABLE bare_entry (
                id bigint PRIMARY KEY, book_id bigint NOT NULL, on_day date NOT NULL, year smallint NOT NULL,
                number integer NOT NULL, summary varchar(200) NOT NULL, template varchar(60) NOT NULL,
                source varchar(120) NOT NULL UNIQUE, posted_at timestamptz NOT NULL, UNIQUE (book_id, year, number)
            );
            CREATE TABLE bare_line (
                entry_id bigint NOT NULL, number smallint NOT NULL, account_id bigint NOT NULL, fen bigint NOT NULL,
                counterparty_id bigint, PRIMARY KEY (entry_id, number)
            );
        """)


def _fill(members: list[int], lines: int) -> None:
    """Vouchers of four lines in large batches until there are so many lines."""
    ids = [view.id for view in books.books_of(members).values()]
    for batch in range(0, lines, 20_000):
        entries = [
            ledger.NewEntry(
                ids[number % len(ids)], date(2025, number % 12 + 1, 3), "付款", f"bench:fill:{batch}:{number}",
                (ledger.NewLine("500101", 5), ledger.NewLine("500102", 3), ledger.NewLine("500104", 2),
                 ledger.NewLine("1002", -10)),
            )
            for number in range(min(20_000, lines - batch) // 4)
        ]  # fmt: skip
        if entries:
            ledger.post_entries(entries, actor=ACTOR)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ledger_line; ANALYZE ledger_entry; ANALYZE ledger_monthsum")


def _balances(organisations: list[int]) -> list[Result]:
    ids = [view.id for view in books.books_of(organisations).values()]
    since, until = date(2025, 1, 1), date(2025, 12, 31)
    sql = """
        SELECT l.account_id, sum(l.fen) FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id
        WHERE e.book_id = ANY(%s) AND e.on_day <= %s GROUP BY 1
    """

    def summed() -> dict[int, int]:
        with connection.cursor() as cursor:
            cursor.execute(sql, [ids, until])
            return {account: int(fen) for account, fen in cursor.fetchall()}

    rows = ledger.balances(ids, since, until)
    if {row.account_id: row.closing_fen for row in rows} != summed():
        raise AssertionError("the kept sums are not those of the lines")
    count = sum(row[2] for row in ledger.recount(ids).values())
    kept = seconds(lambda: ledger.balances(ids, since, until)) * 1000
    return [
        Result(f"60 books' balances, {count:,} lines", "ms", kept, aim=100),
        Result("the same against summing the lines", "ms", kept, seconds(summed) * 1000, note="the same figures"),
    ]  # fmt: skip
