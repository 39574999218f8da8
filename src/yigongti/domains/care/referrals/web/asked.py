"""Reading what stands in an address or an unchecked field: a number or a day, or nothing where it is neither."""

from datetime import date

_DIGITS = 18
_YEARS = range(2000, 2100)


def number(text: str) -> int | None:
    """A number the database can hold. (``str.isdigit`` holds of "²", of which ``int`` makes nothing.)"""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else None


def day(text: str) -> date | None:
    """A day one can count on from: none of the year 1 or 9999."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in _YEARS else None
