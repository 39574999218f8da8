"""Addresses of the prices."""

from django.urls import path

from yigongti.domains.money.prices.web import adjusting, correcting, lists

app_name = "prices"
prefix = "prices/"

urlpatterns = [
    path("", lists.index, name="index"),
    path("items/<str:code>/", lists.item, name="item"),
    path("adjustments/", lists.adjustments, name="adjustments"),
    path("adjustments/new/", adjusting.new, name="new"),
    path("templates/<slug:which>/", adjusting.file_template, name="template"),
    path("adjustments/<int:pk>/", adjusting.adjustment, name="adjustment"),
    path("adjustments/<int:pk>/correct/", correcting.correct, name="correct"),
    path("adjustments/<int:pk>/lines/", correcting.lines_file, name="lines_file"),
    path("adjustments/<int:pk>/usage/", adjusting.usage, name="usage"),
]
