"""Where the chains stood, kept outside the database: whoever puts back an older copy of it is found out.

Each anchor is one line of ``VAR/audit/anchors``, sealed with the trail's key: the day it was taken and, per chain, the
number and seal of its last line. Later chains must still contain those lines. A place that does not trust its own
machine copies the file to somebody else's.
"""

import hmac
import json
import os
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from yigongti.kernel import clock
from yigongti.kernel.privacy.keys import key

Ends = Mapping[int, tuple[int, bytes]]


class AnchorAltered(Exception):
    """The newest anchor does not carry its seal: the file was changed."""


def path() -> Path:
    """The file of anchors, newest last."""
    return Path(settings.VAR) / "audit" / "anchors"


def newest() -> dict[int, tuple[int, bytes]]:
    """Number and seal of the last line of each chain when the newest anchor was taken; empty before the first.

    Raises AnchorAltered.
    """
    try:
        lines = path().read_text().splitlines()
    except FileNotFoundError:
        return {}
    if not lines:
        return {}
    said, _, seal = lines[-1].rpartition(" ")
    if not hmac.compare_digest(_seal(said), seal):
        raise AnchorAltered
    ends: dict[str, tuple[int, str]] = json.loads(said)["ends"]
    return {int(shard): (number, bytes.fromhex(last)) for shard, (number, last) in ends.items()}


def add(ends: Ends) -> None:
    """Append an anchor and wait until it is on disk."""
    if not ends:
        return
    said = json.dumps(
        {
            "at": clock.now().isoformat(timespec="seconds"),
            "ends": {str(shard): [number, last.hex()] for shard, (number, last) in sorted(ends.items())},
        },
        separators=(",", ":"),
    )
    path().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a") as file:
        file.write(f"{said} {_seal(said)}\n")
        file.flush()
        os.fsync(file.fileno())


def _seal(said: str) -> str:
    return hmac.digest(key("audit"), b"anchor" + said.encode(), "sha256").hex()
