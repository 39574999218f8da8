"""The figures of signing in, as the served place's policy has them today."""

from dataclasses import dataclass

from yigongti.kernel.access.policy import (
    IDLE_MINUTES,
    LOCK_AFTER_FAILURES,
    LOCK_MINUTES,
    PASSWORD_DAYS,
    PASSWORD_LENGTH,
)


@dataclass(frozen=True)
class Limits:
    lock_after_failures: int
    lock_minutes: int
    idle_minutes: int
    password_days: int
    password_length: int


def current() -> Limits:
    """Raises PolicyGap when the place has none (the national defaults always do)."""
    return Limits(
        lock_after_failures=LOCK_AFTER_FAILURES.at().value,
        lock_minutes=LOCK_MINUTES.at().value,
        idle_minutes=IDLE_MINUTES.at().value,
        password_days=PASSWORD_DAYS.at().value,
        password_length=PASSWORD_LENGTH.at().value,
    )
