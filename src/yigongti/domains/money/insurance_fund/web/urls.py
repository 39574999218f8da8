"""Addresses of the fund's pages."""

from django.http import HttpResponse
from django.urls import path

app_name = "insurance_fund"
prefix = "insurance-fund/"

urlpatterns = [path("<int:pk>/", lambda request, pk: HttpResponse(), name="year")]
