from django.urls import path

from yigongti.portals.cockpit.web import views

app_name = "cockpit"
urlpatterns = [
    path("", views.home, name="home"),
    path("<slug:name>/", views.measure, name="measure"),
    path("<slug:name>/records/", views.records, name="records"),
]
