"""Addresses of the fund's pages."""

from django.urls import path

from yigongti.domains.money.insurance_fund.web import corrections, export, figures, persons, preparing, what_if, year

app_name = "insurance_fund"
prefix = "insurance-fund/"

urlpatterns = [
    path("", year.listing, name="list"),
    path("new/", year.new, name="new"),
    path("<int:pk>/", year.year, name="year"),
    path("<int:pk>/inputs/", preparing.inputs, name="inputs"),
    path("<int:pk>/inputs/persons/", persons.file, name="persons"),
    path("<int:pk>/inputs/persons/template/", persons.file_template, name="persons_template"),
    path("<int:pk>/budget/", figures.budget, name="budget"),
    path("<int:pk>/clearing/", figures.clearing, name="clearing"),
    path("<int:pk>/members/", figures.members, name="members"),
    path("<int:pk>/lines/<str:line_key>/", figures.line, name="line"),
    path("<int:pk>/claims/", figures.claims, name="claims"),
    path("<int:pk>/pace/", what_if.pace, name="pace"),
    path("<int:pk>/checks/", preparing.findings, name="checks"),
    path("<int:pk>/late/", corrections.late_claims, name="late"),
    path("<int:pk>/corrections/", corrections.corrections, name="corrections"),
    path("<int:pk>/what-if/", what_if.what_if, name="what_if"),
    path("<int:pk>/export/", export.workbook, name="export"),
]
