from django.urls import path

from yigongti.kernel.ui.web import views

app_name = "ui"
prefix = "ui/"
urlpatterns = [
    path("", views.gallery, name="gallery"),
    path("progress/", views.gallery_progress, name="gallery_progress"),
]
