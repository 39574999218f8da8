"""What bookings tell others. Ids, never details."""

from dataclasses import dataclass

from yigongti.kernel.events import Event


@dataclass(frozen=True)
class AppointmentBooked(Event):
    """Somebody has a place. ``replaces_id``: the booking it was changed from."""

    appointment_id: int
    resident_id: int
    referral_id: int | None
    replaces_id: int | None = None


@dataclass(frozen=True)
class AppointmentCancelled(Event):
    """A place was given back, by the resident or for him. ``changed``: another booking takes its place at once."""

    appointment_id: int
    resident_id: int
    referral_id: int | None
    changed: bool = False


@dataclass(frozen=True)
class AppointmentStopped(Event):
    """The clinic of a booking does not take place."""

    appointment_id: int
    resident_id: int
    referral_id: int | None


@dataclass(frozen=True)
class CheckedIn(Event):
    """The person is there."""

    appointment_id: int
    resident_id: int
    referral_id: int | None


@dataclass(frozen=True)
class CheckInUndone(Event):
    """The person is not there after all: somebody else's barcode was scanned."""

    appointment_id: int
    resident_id: int
    referral_id: int | None


@dataclass(frozen=True)
class NoShow(Event):
    """The person did not come."""

    appointment_id: int
    resident_id: int
    referral_id: int | None


@dataclass(frozen=True)
class ClinicStopped(Event):
    """A session does not take place; those booked hear of it one by one (AppointmentStopped)."""

    session_id: int
    institution_id: int
