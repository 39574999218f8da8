from django.urls import path

from yigongti.kernel.intake.web import views

app_name = "intake"

urlpatterns = [
    path("", views.batches, name="batches"),
    path("send/", views.send, name="send"),
    path("templates/", views.templates, name="templates"),
    path("templates/<str:format_name>/<slug:extract>/", views.template, name="template"),
    path("<int:batch_id>/", views.receipt, name="receipt"),
    path("<int:batch_id>/progress/", views.progress, name="progress"),
    path("<int:batch_id>/refused/", views.refused, name="refused"),
]
