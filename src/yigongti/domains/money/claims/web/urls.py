"""Addresses of the claims pages."""

from django.urls import path

from yigongti.domains.money.claims.web import claim, lists

app_name = "claims"
prefix = "claims/"

urlpatterns = [
    path("", lists.listing, name="list"),
    path("<int:pk>/", claim.claim, name="claim"),
]
