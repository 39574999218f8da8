"""Vouchers made by hand, on their way into the books; what is posted stands in kernel/ledger and never changes."""

from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.books.workflow import BUDGET, VOUCHER
from yigongti.kernel.ledger.models import Account, Book, Entry
from yigongti.kernel.ledger.rules import NEVER_EMPTIED
from yigongti.kernel.workflow.api import CaseModel

NEVER_DELETED = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)  # it is discarded instead


def only_in_draft(name: str, table: str, column: str) -> pgtrigger.Trigger:
    """Lines change while their case is a draft: what is approved is what was submitted."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"""
            IF EXISTS (SELECT 1 FROM {table} WHERE id IN (NEW.{column}, OLD.{column}) AND state <> 'draft') THEN
                RAISE EXCEPTION 'lines change only while it is a draft' USING ERRCODE = '23514';
            END IF;
            RETURN coalesce(NEW, OLD);
        """,  # noqa: S608 (names of our own tables)
    )


def as_submitted(*columns: str) -> pgtrigger.Trigger:
    """These columns of a case change while it is a draft: what is approved is what was submitted."""
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("NEW", "OLD"))
    return pgtrigger.Trigger(
        name="as_submitted",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=f"""
            IF OLD.state <> 'draft' AND ({new}) IS DISTINCT FROM ({old}) THEN
                RAISE EXCEPTION 'it changes only while it is a draft' USING ERRCODE = '23514';
            END IF;
            RETURN NEW;
        """,
    )


def by_step_alone() -> pgtrigger.Trigger:
    """Once it is no draft, a step writes the row or nobody does: whoever approved it, and what was posted, too."""
    return pgtrigger.Trigger(
        name="by_step_alone",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func="""
            IF OLD.state <> 'draft' AND current_setting('yigongti.step', true) IS DISTINCT FROM TG_TABLE_NAME THEN
                RAISE EXCEPTION 'what has been submitted changes only by a step' USING ERRCODE = '23514';
            END IF;
            RETURN NEW;
        """,
    )


class Voucher(CaseModel):
    """A voucher by hand or from a template, the reversal of an entry, or a year's closing: one prepares it, another
    approves and posts.

    A dealing with another member stands in two books: ``other_book`` is the other one, whose officer confirms it, and
    the lines of both books are kept (a line's account says in which it stands). ``sent``: it was once before the other
    side, which sees it from then on.
    """

    class Kind(models.TextChoices):
        ORDINARY = "ordinary", gettext_lazy("记账凭证")
        REVERSAL = "reversal", gettext_lazy("冲销凭证")
        YEAR_CLOSE = "year_close", gettext_lazy("年终结转凭证")

    UNDER_WAY = ("draft", "offered", "submitted", "checked")
    BEFORE_OTHERS = UNDER_WAY[1:]

    workflow = VOUCHER
    scope_field = "organisation_id"

    organisation_id = models.BigIntegerField()
    book = models.ForeignKey(Book, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.ORDINARY)
    on_day = models.DateField()
    summary = models.CharField(max_length=200)
    paper_no = models.CharField(max_length=60, blank=True, default="", db_default="")  # of the paper it rests on
    template = models.CharField(max_length=60, blank=True, default="", db_default="")
    amounts = models.JSONField(default=dict, db_default={})  # by the template's names, in fen
    total_fen = models.BigIntegerField(default=0)  # the debits
    counted_fen = models.BigIntegerField(default=0, db_default=0)  # with others of the same hands, account and days
    large = models.BooleanField(default=False)  # above the limit when submitted: approved once more
    edited_by_id = models.BigIntegerField(null=True)
    editor_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[])  # all who wrote in the draft
    prepared_by_id = models.BigIntegerField(null=True)
    approved_by_id = models.BigIntegerField(null=True)
    other_book = models.ForeignKey(Book, models.PROTECT, null=True, related_name="+")
    other_organisation_id = models.BigIntegerField(null=True)
    sent = models.BooleanField(default=False, db_default=False)
    confirmed_by_id = models.BigIntegerField(null=True)  # of the other side
    reverses = models.ForeignKey(Entry, models.PROTECT, null=True, related_name="+")
    entry = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="voucher")

    class Meta(CaseModel.Meta):
        indexes: ClassVar[list[Any]] = [models.Index(fields=["organisation_id", "state"], name="books_voucher_state")]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["reverses"], condition=~Q(state="discarded"), name="books_one_reversal_of_an_entry"
            ),
            models.UniqueConstraint(
                fields=["book"], condition=Q(kind="year_close", state__in=["draft", "submitted", "checked"]),
                name="books_one_open_year_close",
            ),
            models.CheckConstraint(
                name="books_voucher_posted", condition=Q(state="posted", entry__isnull=False)
                | (~Q(state="posted") & Q(entry__isnull=True)),
            ),
        ]  # fmt: skip
        triggers: ClassVar[list[Any]] = [
            *CaseModel.Meta.triggers,
            as_submitted(
                "organisation_id", "book_id", "kind", "on_day", "summary", "paper_no", "template", "amounts",
                "total_fen", "counted_fen", "large", "opened_by_id", "edited_by_id", "editor_ids", "prepared_by_id",
                "reverses_id", "other_book_id", "other_organisation_id",
            ),
            by_step_alone(), NEVER_DELETED, NEVER_EMPTIED,
        ]  # fmt: skip

    @property
    def title(self) -> str:
        return _("%(kind)s：%(summary)s（%(book)s）") % {
            "kind": self.get_kind_display(), "summary": self.summary, "book": self.book.name
        }  # fmt: skip

    def get_absolute_url(self) -> str:
        return reverse("books:voucher", args=[self.pk])


class VoucherLine(models.Model):
    """A line of a voucher by hand; debit positive."""

    voucher = models.ForeignKey(Voucher, models.CASCADE, related_name="lines")
    number = models.PositiveSmallIntegerField()
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    fen = models.BigIntegerField()
    counterparty = models.ForeignKey(Book, models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["voucher", "number"], name="books_voucherline_number")
        ]
        triggers: ClassVar[list[Any]] = [only_in_draft("in_draft", "books_voucher", "voucher_id"), NEVER_EMPTIED]


class Budget(CaseModel):
    """A member's budget of a year, or a revision of it (``number`` above 1). The last approved one is in force."""

    workflow = BUDGET
    scope_field = "organisation_id"

    organisation_id = models.BigIntegerField()
    book = models.ForeignKey(Book, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=200, blank=True, default="")
    edited_by_id = models.BigIntegerField(null=True)
    editor_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[])  # all who wrote in the draft
    prepared_by_id = models.BigIntegerField(null=True)
    approved_by_id = models.BigIntegerField(null=True)

    class Meta(CaseModel.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["book", "year", "number"], condition=~Q(state="discarded"), name="books_budget_number"
            ),
            models.UniqueConstraint(
                fields=["book", "year"], condition=Q(state__in=["draft", "submitted"]), name="books_one_open_budget"
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            *CaseModel.Meta.triggers,
            as_submitted(
                "organisation_id", "book_id", "year", "number", "reason", "opened_by_id", "edited_by_id", "editor_ids",
                "prepared_by_id",
            ),
            by_step_alone(), NEVER_DELETED, NEVER_EMPTIED,
        ]  # fmt: skip

    @property
    def title(self) -> str:
        words = _("%(year)d年预算（%(book)s）") if self.number == 1 else _("%(year)d年预算第%(n)d次调整（%(book)s）")
        return words % {"year": self.year, "n": self.number - 1, "book": self.book.name}

    def get_absolute_url(self) -> str:
        return reverse("books:budget", args=[self.pk])


class BudgetLine(models.Model):
    """What an account (and the accounts below it) may come to in the year, in fen."""

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="lines")
    code = models.CharField(max_length=20)
    fen = models.BigIntegerField()
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["budget", "code"], name="books_budgetline_code"),
            models.CheckConstraint(name="books_budgetline_amount", condition=Q(fen__gte=0)),
        ]
        triggers: ClassVar[list[Any]] = [only_in_draft("in_draft", "books_budget", "budget_id"), NEVER_EMPTIED]
