"""Addresses of the referral pages."""

from django.urls import path

from yigongti.domains.care.referrals.web import referral

app_name = "referrals"
prefix = "referrals/"

urlpatterns = [
    path("new/", referral.new, name="new"),
    path("<int:pk>/", referral.referral, name="referral"),
]
