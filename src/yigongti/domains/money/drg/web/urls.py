"""Addresses of the pages of payment by group."""

from django.urls import path

from yigongti.domains.money.drg.web import cases, coefficients, figures, schemes, special, trying

app_name = "drg"
prefix = "drg/"

urlpatterns = [
    path("", figures.by_institution, name="figures"),
    path("institutions/<int:pk>/", figures.institution, name="institution"),
    path("cases/", cases.listing, name="cases"),
    path("cases/<int:pk>/", cases.case, name="case"),
    path("cases/<int:claim>/special/", special.new, name="special_new"),
    path("special/", special.listing, name="specials"),
    path("special/<int:pk>/", special.review, name="special"),
    path("coefficients/", coefficients.listing, name="coefficients"),
    path("coefficients/new/", coefficients.new, name="coefficients_new"),
    path("coefficients/<int:pk>/", coefficients.of_year, name="coefficients_of"),
    path("try/", trying.page, name="try"),
    path("schemes/", schemes.listing, name="schemes"),
    path("schemes/<path:version>/", schemes.scheme, name="scheme"),
]
