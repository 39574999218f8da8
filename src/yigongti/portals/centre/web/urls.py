from django.urls import path

from yigongti.portals.centre.web import views

app_name = "centre"

urlpatterns = [
    path("", views.desk, name="desk"),
    path("figures/", views.figures, name="figures"),
    path("hand-over/<str:workflow>/<int:case_id>/", views.hand_over, name="hand_over"),
]
