"""Addresses of the appointment pages."""

from django.urls import path

from yigongti.domains.care.appointments.web import bookings, clinics, desk, rest, sessions
from yigongti.kernel.access.web.middleware import ask_later

app_name = "appointments"
prefix = "appointments/"

ask_later(f"/{prefix}book/")

urlpatterns = [
    path("", bookings.bookings, name="bookings"),
    path("book/", rest.book, name="book"),
    path("new/", bookings.new, name="new"),
    path("desk/", desk.check_in, name="desk"),
    path("week/", sessions.week, name="week"),
    path("sessions/<int:pk>/", sessions.session, name="session"),
    path("schedules/", clinics.schedules, name="schedules"),
    path("schedules/new/", clinics.new, name="new_schedule"),
    path("schedules/<int:pk>/", clinics.schedule, name="schedule"),
    path("schedules/<int:pk>/edit/", clinics.edit, name="edit_schedule"),
    path("<int:pk>/", bookings.appointment, name="appointment"),
    path("<int:pk>/offers/", bookings.offers, name="offers"),
]
