"""Addresses of the books."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

app_name = "books"
prefix = "books/"


def _later(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(status=404)


urlpatterns = [
    path("entries/<int:pk>/", _later, name="entry"),
    path("vouchers/<int:pk>/", _later, name="voucher"),
    path("budgets/<int:pk>/", _later, name="budget"),
]
