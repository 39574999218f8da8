"""What is handed to the new-referral page in its address: sealed, so that no reading of a patient stands in a log."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from yigongti.domains.care.referrals.urgent import READINGS, SYMPTOMS
from yigongti.kernel.privacy.api import TokenExpired, TokenInvalid, read_token, sign_token

PURPOSE = "referrals.start"
_LONGEST = 8


@dataclass(frozen=True)
class Start:
    """Whom the page is for and what is known already; ``symptoms`` are codes of the table."""

    resident_id: int
    direction: str = "up"
    symptoms: tuple[str, ...] = ()
    readings: Mapping[str, Decimal] = field(default_factory=dict)


def start_token(
    resident_id: int, criteria: list[str], readings: dict[str, Any], direction: str, *, lasts: timedelta
) -> str:
    known = {code for code, _label in SYMPTOMS}
    said = {
        "r": resident_id,
        "d": direction,
        "s": [code for code in criteria if code in known],
        "m": {name: str(readings[name]) for name, _label, _unit in READINGS if readings.get(name) is not None},
    }
    return sign_token(PURPOSE, json.dumps(said), lasts=lasts)


def _reading(text: str) -> Decimal | None:
    """A reading of a handful of digits; what else stands there is left out, not worked with."""
    return Decimal(text) if len(text) <= _LONGEST and set(text) <= set("0123456789.") else None


def read_start(token: str) -> Start | None:
    """What a token says; None for one that is not ours or too old."""
    try:
        said = json.loads(read_token(PURPOSE, token))
        readings = {name: value for name, text in said["m"].items() if (value := _reading(text)) is not None}
    except (TokenInvalid, TokenExpired, ValueError, InvalidOperation):
        return None
    return Start(said["r"], said["d"], tuple(said["s"]), readings)
