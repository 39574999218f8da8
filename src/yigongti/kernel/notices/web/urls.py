from django.urls import path

from yigongti.kernel.notices.web import views

app_name = "notices"

urlpatterns = [
    path("", views.notices, name="notices"),
    path("bell/", views.bell, name="bell"),
    path("outbox/", views.outbox, name="outbox"),
    path("<int:pk>/", views.open_notice, name="open"),
]
