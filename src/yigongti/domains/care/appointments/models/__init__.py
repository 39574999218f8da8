"""Clinics and bookings."""

from yigongti.domains.care.appointments.models.bookings import Appointment, Priority
from yigongti.domains.care.appointments.models.clinics import (
    Kind,
    Pattern,
    Pool,
    Schedule,
    ScheduleException,
    Session,
    SessionState,
    Slot,
    Weekday,
)

__all__ = [
    "Appointment",
    "Kind",
    "Pattern",
    "Pool",
    "Priority",
    "Schedule",
    "ScheduleException",
    "Session",
    "SessionState",
    "Slot",
    "Weekday",
]
