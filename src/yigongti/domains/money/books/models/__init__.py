"""Rows of the books domain; entries themselves are in kernel/ledger."""

from yigongti.domains.money.books.models.chart import ChartAccount, ChartProposal
from yigongti.domains.money.books.models.vouchers import Budget, BudgetLine, Voucher, VoucherLine

__all__ = ["Budget", "BudgetLine", "ChartAccount", "ChartProposal", "Voucher", "VoucherLine"]
