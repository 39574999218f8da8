"""Addresses of the appointment pages."""

from django.urls import path

from yigongti.domains.care.appointments.web import bookings, rest
from yigongti.kernel.access.web.middleware import ask_later

app_name = "appointments"
prefix = "appointments/"

ask_later(f"/{prefix}book/")

urlpatterns = [
    path("book/", rest.book, name="book"),
    path("<int:pk>/", bookings.appointment, name="appointment"),
    path("<int:pk>/offers/", bookings.offers, name="offers"),
    path("schedules/<int:pk>/", bookings.appointment, name="schedule"),
    path("sessions/<int:pk>/", bookings.appointment, name="session"),
]
