from django.urls import path

from yigongti.domains.care.follow_up.web import views

app_name = "follow_up"

urlpatterns = [
    path("", views.listing, name="list"),
    path("all/", views.listing, {"everything": True}, name="all"),
    path("measure/", views.measure, name="measure"),
    path("<int:pk>/", views.follow_up, name="follow_up"),
    path("<int:pk>/visit/", views.visit, name="visit"),
]
