"""Rows of the books domain; entries themselves are in kernel/ledger."""

from yigongti.domains.money.books.models.chart import ChartAccount

__all__ = ["ChartAccount"]
