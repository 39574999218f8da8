"""The figures of signing in, as the served place's policy has them (facts: R-M, to be confirmed by the place)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    lock_after_failures: int = 5
    lock_minutes: int = 15
    idle_minutes: int = 30
    password_days: int = 90


_provider = None


def register(provider: "type[object] | object") -> None:
    global _provider
    _provider = provider


def current() -> Limits:
    return Limits()
