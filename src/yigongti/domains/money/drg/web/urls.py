"""Addresses of the pages of payment by group."""

from django.urls import path

from yigongti.domains.money.drg.web import cases, figures, schemes, trying

app_name = "drg"
prefix = "drg/"

urlpatterns = [
    path("", figures.by_institution, name="figures"),
    path("institutions/<int:pk>/", figures.institution, name="institution"),
    path("cases/", cases.listing, name="cases"),
    path("cases/<int:pk>/", cases.case, name="case"),
    path("try/", trying.page, name="try"),
    path("schemes/", schemes.listing, name="schemes"),
    path("schemes/<slug:version>/", schemes.scheme, name="scheme"),
]
