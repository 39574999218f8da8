"""Books, for the domains that move money: open a book, post by template, reverse."""

from yigongti.domains.money.books.postings import TEMPLATES, Template
from yigongti.domains.money.books.services.keeping import (
    Posting,
    book_of,
    books_of,
    keeper_of,
    post,
    post_many,
    post_pair,
    reverse,
    voucher_address,
    voucher_of,
)
from yigongti.kernel.ledger.api import BookView, PeriodClosed
from yigongti.kernel.ledger.api import EntryRefused as VoucherRefused
from yigongti.kernel.ledger.api import EntryView as VoucherView

__all__ = [
    "TEMPLATES",
    "BookView",
    "PeriodClosed",
    "Posting",
    "Template",
    "VoucherRefused",
    "VoucherView",
    "book_of",
    "books_of",
    "keeper_of",
    "post",
    "post_many",
    "post_pair",
    "reverse",
    "voucher_address",
    "voucher_of",
]
