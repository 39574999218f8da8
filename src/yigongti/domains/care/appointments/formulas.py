"""Arithmetic of clinics: cutting a session into slots, dealing places out to pools, when a place opens to whom."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from yigongti.kernel import clock
from yigongti.kernel.money import split

OPEN, EARLY, GREEN = "open", "early", "green"
POOLS = (OPEN, EARLY, GREEN)


class Unreadable(ValueError):
    """A figure of the policy files that is not written as it should be."""


def moment(day: date, at: time) -> datetime:
    """A time of a day in China, aware."""
    return datetime.combine(day, at, tzinfo=clock.ZONE)


def span(day: date, starts: time, ends: time) -> tuple[datetime, datetime]:
    """When a clinic of a day begins and ends. One that ends no later than it starts goes on past midnight."""
    first, last = moment(day, starts), moment(day, ends)
    return first, last if last > first else last + timedelta(days=1)


def cut(starts_at: datetime, ends_at: datetime, minutes: int) -> list[tuple[datetime, datetime]]:
    """A session in pieces of so many minutes; a rest that is shorter is not cut. Raises ValueError below 1 minute."""
    if minutes < 1:
        raise ValueError("a slot lasts a minute at least")
    length = timedelta(minutes=minutes)
    return [(starts_at + n * length, starts_at + (n + 1) * length) for n in range((ends_at - starts_at) // length)]


def totals(places: int, early_percent: int, green_percent: int) -> dict[str, int]:
    """How many places of a session each pool has, by the largest remainder: the pools sum to all places exactly.

    Raises ValueError where the two shares exceed the whole.
    """
    if min(early_percent, green_percent) < 0 or early_percent + green_percent > 100:
        raise ValueError("the shares of early and green places exceed the whole")
    parts = split(places, [100 - early_percent - green_percent, early_percent, green_percent])
    return dict(zip(POOLS, parts, strict=True))


def dealt(quotas: Sequence[int], parts: dict[str, int]) -> list[dict[str, int]]:
    """Each piece's places by pool, so that every pool is spread evenly over the session.

    Place after place goes to the pool that lags furthest behind its share (the open pool first, where several do).
    ``parts`` sum to the sum of ``quotas``.
    """
    places = sum(quotas)
    if sum(parts.values()) != places:
        raise ValueError("the pools do not sum to the places")
    given = dict.fromkeys(POOLS, 0)
    number = 0
    pieces = []
    for quota in quotas:
        piece = dict.fromkeys(POOLS, 0)
        for _place in range(quota):
            number += 1
            left = [pool for pool in POOLS if given[pool] < parts.get(pool, 0)]
            pool = max(left, key=lambda one: parts[one] * number - given[one] * places)
            given[pool] += 1
            piece[pool] += 1
        pieces.append({pool: count for pool, count in piece.items() if count})
    return pieces


@dataclass(frozen=True)
class Release:
    """The rules by which places open: days before the clinic, and times of the day."""

    public_days: int
    opening_time: time
    early_days: int
    early_back_days: int
    early_back_time: time
    green_back_days: int
    green_back_time: time


@dataclass(frozen=True)
class Opening:
    """From when family doctors may book a place (None: not before the public), and from when everybody may."""

    family_doctor_from: datetime | None
    public_from: datetime


def openings(day: date, release: Release) -> dict[str, Opening]:
    """When the places of a clinic on a day open, by pool (Kunshan 二（四）1: 号源提前开放).

    Open places: to everybody ``public_days`` before. Early ones: to family doctors ``early_days`` before that, and what
    is not taken to everybody at the time stated. Green ones: held for referrals until the time stated.
    """
    public = moment(day - timedelta(days=release.public_days), release.opening_time)
    first = moment(day - timedelta(days=release.public_days + release.early_days), release.opening_time)
    back = moment(day - timedelta(days=release.early_back_days), release.early_back_time)
    green = moment(day - timedelta(days=release.green_back_days), release.green_back_time)
    return {
        OPEN: Opening(None, public),
        EARLY: Opening(first, max(back, public)),
        GREEN: Opening(None, max(green, public)),
    }


def time_of(text: str) -> time:
    """``07:00`` as a time. Raises Unreadable."""
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"{text!r} is no time of a day (HH:MM)") from None


_SPAN = re.compile(r"(\d{4}-\d\d-\d\d)(?:~(\d{4}-\d\d-\d\d))?")
_MADE_UP = re.compile(r"(\d{4}-\d\d-\d\d)=([1-7])")


def _of_year(text: str) -> tuple[int, list[str]]:
    year, colon, rest = text.partition(":")
    if not colon or not re.fullmatch(r"[0-9]{4}", year.strip()):
        raise Unreadable(f"{text!r} does not begin with its year")
    return int(year), rest.split()


def days_off(text: str) -> tuple[int, frozenset[date]]:
    """``2026: 2026-01-01~2026-01-03 2026-04-05``: the year it holds for, and its days off. Raises Unreadable."""
    year, words = _of_year(text)
    found: set[date] = set()
    for word in words:
        match = _SPAN.fullmatch(word)
        if match is None:
            raise Unreadable(f"{word!r} is neither a day nor a span of days")
        first = _day(match[1], year)
        last = _day(match[2], year) if match[2] else first
        if last < first:
            raise Unreadable(f"{word!r} ends before it begins")
        found |= {first + timedelta(days=n) for n in range((last - first).days + 1)}
    return year, frozenset(found)


def made_up_days(text: str) -> tuple[int, dict[date, int]]:
    """``2026: 2026-01-04=5``: days off that are worked, and as which weekday (1 Monday … 7). Raises Unreadable."""
    year, words = _of_year(text)
    found: dict[date, int] = {}
    for word in words:
        match = _MADE_UP.fullmatch(word)
        if match is None:
            raise Unreadable(f"{word!r} is not day=weekday")
        found[_day(match[1], year)] = int(match[2])
    return year, found


def _day(text: str, year: int) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"{text!r} is no day") from None
    if day.year != year:
        raise Unreadable(f"{text} is not in {year}")
    return day
