"""Owns: the books of each member: chart, vouchers by template and by hand, closing, statements, budgets, exports.
Does not own: how entries are kept in balance (kernel/ledger), what the fund owes to whom (insurance_fund).
Governed by: Wuhua 六（六）18; Kunshan 二（二）2; the government accounting system, 财会〔2017〕25号 (docs/books.md)."""
