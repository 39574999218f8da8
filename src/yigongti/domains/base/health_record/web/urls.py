from django.urls import path

from yigongti.domains.base.health_record.web import views

app_name = "health_record"
prefix = "records/"
urlpatterns = [
    path("<int:resident_id>/", views.record, name="record"),
    path("<int:resident_id>/who-looked/", views.who_looked, name="who_looked"),
    path("<int:resident_id>/open/", views.break_glass, name="break_glass"),
]
