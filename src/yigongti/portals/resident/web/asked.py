"""What stands in an address or a form that draws no field: made sense of, or passed over; never an error."""

from datetime import date

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Days outside make no sense here, and the last day there is has no day after it."""


def number(text: str, *, digits: int = 18) -> int | None:
    """A whole number of so many digits at most. Superscripts and other scripts' digits are none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None


def day(text: str) -> date | None:
    """A day as date pickers send it."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def plain(text: str) -> str:
    """A text without the one sign that no database takes."""
    return text.replace("\0", "")
