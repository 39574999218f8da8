"""Addresses of the claims pages."""

from django.urls import path

from yigongti.domains.money.claims.web import claim, findings, lists

app_name = "claims"
prefix = "claims/"

urlpatterns = [
    path("", lists.listing, name="list"),
    path("<int:pk>/", claim.claim, name="claim"),
    path("findings/", findings.listing, name="findings"),
    path("findings/run/", findings.run, name="screen"),
    path("findings/<int:pk>/", findings.finding, name="finding"),
]
