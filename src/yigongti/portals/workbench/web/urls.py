from django.urls import path

from yigongti.portals.workbench.web import views

app_name = "workbench"
prefix = ""
urlpatterns = [path("", views.home, name="home"), path("inbox/", views.inbox_page, name="inbox")]
