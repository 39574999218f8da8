"""Addresses of the appointment pages."""

from django.urls import path

from yigongti.domains.care.appointments.web import bookings

app_name = "appointments"
prefix = "appointments/"

urlpatterns = [
    path("<int:pk>/", bookings.appointment, name="appointment"),
    path("<int:pk>/offers/", bookings.offers, name="offers"),
    path("schedules/<int:pk>/", bookings.appointment, name="schedule"),
    path("sessions/<int:pk>/", bookings.appointment, name="session"),
]
