from django.urls import path

from yigongti.domains.base.health_record.web import views

app_name = "health_record"

urlpatterns = [
    path("<int:resident_id>/", views.record, name="record"),
    path("<int:resident_id>/looked/", views.looked, name="looked"),
    path("<int:resident_id>/open/", views.open_record, name="open"),
]
