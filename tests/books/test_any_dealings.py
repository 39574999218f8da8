"""Any sequence of drafts, steps, reversals and closings by six people: the books agree, what is posted stays."""

import contextlib
from datetime import date

import hypothesis.strategies as st
import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.books.conftest import World
from tests.support.people import person
from yigongti.domains.base.organisation.tests.factories import county_with_two_areas
from yigongti.domains.money.books import statements
from yigongti.domains.money.books.models import Voucher
from yigongti.domains.money.books.postings import TEMPLATES
from yigongti.domains.money.books.services import closing, vouchers
from yigongti.domains.money.books.services.vouchers import FromTemplate
from yigongti.kernel.access.api import Forbidden, Role
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import EntryRefused
from yigongti.kernel.workflow.api import StepRefused, take_step

USED = sorted(name for name, one in TEMPLATES.items() if one.hand)
DAYS = st.sampled_from(
    [date(2024, 1, 5), date(2024, 2, 9), date(2024, 12, 31), date(2025, 1, 1), date(2025, 6, 6), date(2026, 3, 9)]
)
LOOKS = [date(2024, 1, 1), date(2024, 12, 1), date(2025, 1, 1), date(2026, 12, 1)]
FEN, BOOK, CASE, WHO = st.integers(1, 10**8), st.integers(0, 2), st.integers(0, 50), st.integers(0, 5)
STEPS = [step.name for step in Voucher.workflow.steps]


class Dealings(RuleBasedStateMachine):
    """Three books; two people of either area, one who keeps all, the guidance centre."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        world = World({key: row.pk for key, row in county_with_two_areas().items()})
        self.books = [world.lead, world.member, world.west]
        self.people = [
            world.finance(21), world.finance(22), world.finance(51, area="west"), world.finance(52, area="west"),
            world.guidance(), person(Role.FINANCE_OFFICER, world.ids["county"], id=71),
        ]  # fmt: skip
        self.cases: list[Voucher] = []
        self.posted: dict[int, ledger.EntryView] = {}
        self.closed: dict[tuple[int, date], frozenset[int]] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @contextlib.contextmanager
    def tried(self):
        with contextlib.suppress(EntryRefused, StepRefused, Forbidden), transaction.atomic():
            yield

    def case(self, which: int) -> Voucher | None:
        rows = Voucher.objects.unscoped("test")
        return rows.get(pk=self.cases[which % len(self.cases)].pk) if self.cases else None

    def own(self, book: int):
        """Who draws up and who approves in a book, so that often enough something is posted."""
        return self.people[2:4] if book == 2 else self.people[:2]

    def said(self, name: str, on: date, fen: int, other: int) -> FromTemplate:
        template = TEMPLATES[name]
        with_whom = self.books[other].id if template.internal else None
        return FromTemplate(name, on, {min(template.amounts): fen}, "x", with_whom)

    @initialize(on=DAYS, fen=st.integers(1, 10**7))
    def two_dealings(self, on, fen) -> None:
        """Never without any: the lead serves the west, the west pays the member."""
        for book, other, name in ((0, 2, "internal_service_provided"), (2, 1, "internal_paid")):
            said = self.said(name, on, fen, other)
            self.cases.append(vouchers.draft_from_template(self.books[book].id, said, actor=self.own(book)[0]))
            self.all_the_way(-1)

    @rule(book=BOOK, other=BOOK, name=st.sampled_from(USED), on=DAYS, fen=FEN, posted=st.booleans())
    def draft(self, book, other, name, on, fen, posted) -> None:
        said = self.said(name, on, fen, other)
        with self.tried():
            self.cases.append(vouchers.draft_from_template(self.books[book].id, said, actor=self.own(book)[0]))
            if posted:
                self.all_the_way(-1)

    @rule(which=CASE, other=BOOK, on=DAYS, fen=FEN, who=WHO)
    def redraft(self, which, other, on, fen, who) -> None:
        case = self.case(which)
        if case and case.template:
            with self.tried():
                said = self.said(case.template, on, fen, other)
                vouchers.redraft_from_template(case, said, actor=self.people[who])

    @rule(which=CASE, step=st.sampled_from(STEPS), who=WHO)
    def step(self, which, step, who) -> None:
        case = self.case(which)
        if case:
            with self.tried():
                take_step(case, step, actor=self.people[who], answers={"reason": "x"})

    @rule(which=CASE)
    def all_the_way(self, which) -> None:
        case = self.case(which)
        if case is None:
            return
        first, second = self.own([book.id for book in self.books].index(case.book_id))
        with self.tried():
            case = take_step(case, "offer" if case.other_book_id else "submit", actor=first)
            if case.other_book_id:
                case = take_step(case, "confirm", actor=self.people[5])
            if case.large:
                take_step(case, "check", actor=second)
                take_step(case, "countersign", actor=self.people[4])
            else:
                take_step(case, "approve", actor=second)

    @rule(which=CASE, theirs=st.booleans(), on=DAYS, who=WHO)
    def reverse(self, which, theirs, on, who) -> None:
        case = self.case(which)
        if case and case.entry_id:
            entry = ledger.entry(case.entry_id)
            if theirs:
                entry = ledger.entry_by_source(f"books.voucher:{case.pk}:other") or entry
            with self.tried():
                self.cases.append(vouchers.draft_reversal(entry, on=on, reason="x", actor=self.people[who]))

    @rule(book=BOOK, months=st.integers(1, 13), who=WHO)
    def close(self, book, months, who) -> None:
        for _month in range(months):
            view = ledger.book(self.books[book].id)
            if view.next_to_close < date(2025, 3, 1):
                with self.tried():
                    closing.close_month(view, view.next_to_close, actor=self.people[who])

    @rule(book=BOOK, who=WHO)
    def close_the_year(self, book, who) -> None:
        with self.tried():
            self.cases.append(vouchers.draft_year_close(self.books[book].id, 2024, actor=self.people[who]))

    @invariant()
    def what_is_posted_stays_and_sums_to_zero(self) -> None:
        ids = [book.id for book in self.books]
        now = {entry.id: entry for entry in ledger.entries(ids, date(2024, 1, 1), date(2026, 12, 31))}
        assert all(sum(line.fen for line in entry.lines) == 0 for entry in now.values())
        for pk, before in self.posted.items():
            assert (now[pk].lines, now[pk].on, now[pk].number) == (before.lines, before.on, before.number)
        self.posted = now
        assert ledger.faults(ids) == []
        for row in [row for pk in ids for row in ledger.closed_months(pk)]:
            held = frozenset(
                pk for pk, entry in now.items() if (entry.book_id, entry.on.replace(day=1)) == (row.book_id, row.month)
            )
            assert self.closed.setdefault((row.book_id, row.month), held) == held

    @invariant()
    def dealings_eliminate_exactly(self) -> None:
        views = [ledger.book(book.id) for book in self.books]
        for until in LOOKS:
            whole = statements.consolidated(views, until)
            assert whole.balanced and whole.disagreement_fen == 0 and all(pair.agrees for pair in whole.pairs)
            assert all(statements.balance_sheet([view], until).balanced for view in views)

    @invariant()
    def nobody_agreed_with_himself(self) -> None:
        for case in Voucher.objects.unscoped("test").filter(state="posted"):
            assert not {case.approved_by_id, case.confirmed_by_id} & {*case.editor_ids, case.prepared_by_id}
            assert (case.confirmed_by_id is None) == (case.other_book_id is None)


@pytest.mark.django_db
def test_any_sequence_of_dealings_leaves_the_books_agreed():
    run_state_machine_as_test(
        Dealings,
        settings=settings(
            max_examples=6, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
