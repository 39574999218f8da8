from django.urls import path

from yigongti.kernel.access.web import views

app_name = "access"
prefix = "account/"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("password/", views.change_password, name="change_password"),
]
