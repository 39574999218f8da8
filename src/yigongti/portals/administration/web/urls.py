from django.urls import path

from yigongti.portals.administration.web import accounts, trail

app_name = "administration"
urlpatterns = [
    path("accounts/", accounts.index, name="accounts"),
    path("accounts/new/", accounts.create, name="new_account"),
    path("accounts/<int:pk>/", accounts.detail, name="account"),
    path("accounts/<int:pk>/grant/", accounts.grant, name="grant"),
    path("accounts/<int:pk>/end-grant/", accounts.end_grant, name="end_grant"),
    path("accounts/<int:pk>/password/", accounts.reset_password, name="reset_password"),
    path("accounts/<int:pk>/active/", accounts.set_active, name="set_active"),
    path("audit/", trail.index, name="trail"),
    path("audit/verify/", trail.verify, name="verify_trail"),
]
