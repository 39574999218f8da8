"""Books, accounts, entries, lines, closed months, and the months' sums. Money is whole fen; debit is positive."""

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import ScopedModel
from yigongti.kernel.ledger import rules


class AccountKind(models.TextChoices):
    """The five elements of the government accounting system (会计要素)."""

    ASSET = "asset", _("资产")
    LIABILITY = "liability", _("负债")
    NET_ASSET = "net_asset", _("净资产")
    INCOME = "income", _("收入")
    EXPENSE = "expense", _("费用")

    @property
    def debit_is_more(self) -> bool:
        """Whether a debit makes it more: assets and expenses; the others grow by credits."""
        return self in (AccountKind.ASSET, AccountKind.EXPENSE)


class Book(ScopedModel):
    """The books of one legal person, kept from ``first_month`` on."""

    scope_field = "organisation_id"

    organisation_id = models.BigIntegerField(unique=True)
    place = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    first_month = models.DateField()
    opened_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(name="ledger_book_first_month", condition=Q(first_month__day=1))
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="identity",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("organisation_id", "place", "first_month"),
            ),
            rules.NEVER_EMPTIED,
        ]

    def __str__(self) -> str:
        return self.name


class Account(ScopedModel):
    """An account of one book. Code, kind and book stay; the name may be bettered."""

    scope_field = "book__organisation_id"

    book = models.ForeignKey(Book, models.PROTECT, related_name="accounts")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=AccountKind.choices)
    internal = models.BooleanField(default=False)  # dealings with other books of the group: eliminated in consolidation

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["book", "code"], name="ledger_account_code"),
            models.CheckConstraint(name="ledger_account_code_digits", condition=Q(code__regex=r"^[0-9]{4,20}$")),
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="identity",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("book_id", "code", "kind", "internal"),
            ),
            rules.NEVER_EMPTIED,
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Numbering(models.Model):
    """The last number of a book's year. Its row is what posters into one book wait at."""

    book = models.ForeignKey(Book, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["book", "year"], name="ledger_numbering_once")
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="onwards",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "NEW.last < OLD.last OR (NEW.book_id, NEW.year) IS DISTINCT FROM (OLD.book_id, OLD.year)"
                ),
            ),
            rules.NEVER_EMPTIED,
        ]


class Entry(ScopedModel):
    """An entry: its lines sum to zero, and nothing of it ever changes. ``source`` says what caused it, once; after its
    reversal the same cause may be posted ``again``.
    """

    scope_field = "book__organisation_id"

    book = models.ForeignKey(Book, models.PROTECT, related_name="entries")
    on_day = models.DateField()
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    summary = models.CharField(max_length=200)
    template = models.CharField(max_length=60, blank=True, default="")
    source = models.CharField(max_length=120)
    again = models.PositiveSmallIntegerField(default=0, db_default=0)
    address = models.CharField(max_length=200, blank=True, default="")  # the page of what caused it
    size = models.PositiveSmallIntegerField()
    content = models.BinaryField(max_length=32)  # digest: the same source with other content is refused
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")
    prepared_by_id = models.BigIntegerField(null=True)
    approved_by_id = models.BigIntegerField(null=True)
    posted_by_id = models.BigIntegerField(null=True)
    posted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["book", "year", "number"], name="ledger_entry_number"),
            models.UniqueConstraint(fields=["source", "again"], name="ledger_entry_source_once"),
            models.CheckConstraint(name="ledger_entry_year", condition=Q(on_day__year=F("year"))),
            models.CheckConstraint(name="ledger_entry_size", condition=Q(size__gte=2)),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["book", "on_day"], name="ledger_entry_day")]
        triggers: ClassVar[list[Any]] = [
            rules.FOR_EVER,
            rules.IN_AN_OPEN_MONTH,
            rules.HAS_ITS_LINES,
            rules.NEVER_EMPTIED,
        ]

    def __str__(self) -> str:
        return f"{self.year}-{self.number:05d}"


class Line(ScopedModel):
    """One side of an entry: fen into (positive, debit) or out of (negative, credit) an account.

    What it points to is never deleted and is looked up by the trigger, once for all lines of a statement.
    """

    scope_field = "entry__book__organisation_id"

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="lines", db_constraint=False)
    number = models.PositiveSmallIntegerField()
    account = models.ForeignKey(Account, models.PROTECT, related_name="lines", db_constraint=False)
    fen = models.BigIntegerField()
    counterparty = models.ForeignKey(Book, models.PROTECT, null=True, related_name="+", db_constraint=False)
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["entry", "number"], name="ledger_line_number"),
            models.CheckConstraint(name="ledger_line_not_zero", condition=~Q(fen=0)),
        ]
        triggers: ClassVar[list[Any]] = [rules.FOR_EVER, rules.ZERO_AND_WHOLE, rules.KEEP_THE_SUMS, rules.NEVER_EMPTIED]


class ClosedMonth(ScopedModel):
    """A month of a book that is closed, for good."""

    scope_field = "book__organisation_id"

    book = models.ForeignKey(Book, models.PROTECT, related_name="closed_months")
    month = models.DateField()
    closed_at = models.DateTimeField()
    closed_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["book", "month"], name="ledger_closed_once"),
        ]
        triggers: ClassVar[list[Any]] = [rules.FOR_EVER, rules.IN_ORDER, rules.NEVER_EMPTIED]


class MonthSum(ScopedModel):
    """What went into and out of an account in a month, by counterparty: kept by the database, never written by hand."""

    scope_field = "account__book__organisation_id"

    account = models.ForeignKey(Account, models.PROTECT, related_name="month_sums")
    month = models.DateField()
    counterparty = models.ForeignKey(Book, models.PROTECT, null=True, related_name="+")
    debit_fen = models.BigIntegerField(default=0)
    credit_fen = models.BigIntegerField(default=0)
    lines = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["account", "month", "counterparty"], nulls_distinct=False, name="ledger_monthsum_once"
            )
        ]
        triggers: ClassVar[list[Any]] = [rules.ONLY_WITH_LINES, rules.NEVER_EMPTIED]
