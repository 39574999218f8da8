"""Addresses of the prices."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

app_name = "prices"
prefix = "prices/"


def _later(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(status=404)


urlpatterns = [path("adjustments/<int:pk>/", _later, name="adjustment")]
