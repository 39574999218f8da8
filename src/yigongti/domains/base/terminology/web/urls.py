"""Addresses below ``/terminology/``."""

from django.urls import path

from yigongti.domains.base.terminology.web import views

app_name = "terminology"

urlpatterns = [
    path("", views.systems, name="systems"),
    path("lookup/", views.lookup, name="lookup"),
    path("<slug:key>/", views.system, name="system"),
    path("<slug:key>/import/", views.import_page, name="import"),
]
