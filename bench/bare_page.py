"""The one view of ``bench.bare``."""

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from bench.bare import TABLE


class Visit(models.Model):
    at = models.DateTimeField()
    name = models.TextField()
    institution = models.TextField()
    department = models.TextField()
    diagnosis = models.TextField()
    code = models.TextField()
    total_yuan = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        app_label = "bare"
        managed = False
        db_table = TABLE


def page(request: HttpRequest) -> HttpResponse:
    return render(request, "page.html", {"rows": Visit.objects.order_by("-at", "-pk")[:50]})


urlpatterns = [path("", page)]
