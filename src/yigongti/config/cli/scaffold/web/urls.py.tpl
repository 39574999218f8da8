from django.urls import path

from yigongti.domains.${tier}.${name}.web import views

app_name = "${name}"
urlpatterns = [path("", views.entries, name="entries")]
