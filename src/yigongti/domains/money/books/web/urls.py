"""Addresses of the books."""

from django.urls import path

from yigongti.domains.money.books.web import (
    books,
    budget_pages,
    chart_pages,
    closing_pages,
    entries,
    statement_pages,
    template_pages,
    voucher_pages,
)

app_name = "books"
prefix = "books/"

urlpatterns = [
    path("", books.index, name="index"),
    path("close/", closing_pages.many, name="close_many"),
    path("chart/", chart_pages.chart, name="chart"),
    path("chart/proposals/<int:pk>/", chart_pages.proposal, name="chart_proposal"),
    path("templates/<slug:which>/", chart_pages.file_template, name="template"),
    path("consolidated/", statement_pages.consolidated, name="consolidated"),
    path("consolidated/export/<slug:form>/", statement_pages.export_consolidated, name="export_consolidated"),
    path("vouchers/", voucher_pages.listing, name="vouchers"),
    path("vouchers/<int:pk>/", voucher_pages.voucher, name="voucher"),
    path("vouchers/<int:pk>/edit/", voucher_pages.edit, name="edit_voucher"),
    path("entries/<int:pk>/", entries.entry, name="entry"),
    path("entries/<int:pk>/reverse/", voucher_pages.reverse_entry, name="reverse"),
    path("budgets/<int:pk>/", budget_pages.budget, name="budget"),
    path("<int:pk>/", books.book, name="book"),
    path("<int:pk>/trial/", statement_pages.trial, name="trial"),
    path("<int:pk>/income/", statement_pages.income, name="income"),
    path("<int:pk>/sheet/", statement_pages.sheet, name="sheet"),
    path("<int:pk>/account/<slug:code>/", statement_pages.account, name="account"),
    path("<int:pk>/entries/", entries.listing, name="entries"),
    path("<int:pk>/vouchers/new/", voucher_pages.new, name="new_voucher"),
    path("<int:pk>/vouchers/templates/", template_pages.choose, name="templates"),
    path("<int:pk>/vouchers/templates/<slug:name>/", template_pages.new, name="new_from_template"),
    path("<int:pk>/vouchers/balance/", voucher_pages.balance, name="balance"),
    path("<int:pk>/close/", closing_pages.page, name="close"),
    path("<int:pk>/close/year/", closing_pages.year, name="close_year"),
    path("<int:pk>/budget/", budget_pages.page, name="budget_year"),
    path("<int:pk>/budget/new/", budget_pages.new, name="new_budget"),
    path("<int:pk>/export/<slug:form>/", statement_pages.export, name="export"),
]  # fmt: skip
