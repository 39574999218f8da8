"""Addresses of the prices."""

from django.urls import path

from yigongti.domains.money.prices.web import adjusting, lists

app_name = "prices"
prefix = "prices/"

urlpatterns = [
    path("", lists.index, name="index"),
    path("items/<str:code>/", lists.item, name="item"),
    path("adjustments/", lists.adjustments, name="adjustments"),
    path("adjustments/new/", adjusting.new, name="new"),
    path("adjustments/template/", adjusting.price_template, name="price_template"),
    path("adjustments/usage-template/", adjusting.usage_template, name="usage_template"),
    path("adjustments/<int:pk>/", adjusting.adjustment, name="adjustment"),
    path("adjustments/<int:pk>/usage/", adjusting.usage, name="usage"),
]
