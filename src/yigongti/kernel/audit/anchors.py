"""Where the chains stood, kept outside the database: whoever puts back an older copy of it is found out.

Each anchor is one line of ``VAR/audit/anchors``, sealed with the trail's key: the day it was taken and, per chain, the
number and seal of its last line. Later chains must still contain those lines. Who can write the file can also take
it away, which shows as "nothing to compare with": a place that does not trust its own machine copies it elsewhere.
"""

import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from yigongti.kernel import clock
from yigongti.kernel.privacy.keys import key

Ends = Mapping[int, tuple[int, bytes]]


class AnchorAltered(Exception):
    """The newest anchor does not carry its seal: the file was changed, or its last line torn."""


@dataclass(frozen=True)
class Anchor:
    """Number and seal of the last line of each chain, and when that was."""

    at: datetime
    ends: Ends


def path() -> Path:
    """The file of anchors, newest last."""
    return Path(settings.VAR) / "audit" / "anchors"


def newest() -> Anchor | None:
    """The newest anchor; None before the first. Raises AnchorAltered."""
    try:
        lines = path().read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return None
    if not lines:
        return None
    said, _, seal = lines[-1].rpartition(" ")
    if not hmac.compare_digest(_seal(said), seal):
        raise AnchorAltered
    found = json.loads(said)
    ends = {int(shard): (number, bytes.fromhex(last)) for shard, (number, last) in found["ends"].items()}
    return Anchor(datetime.fromisoformat(found["at"]), ends)


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
    descriptor = os.open(path(), os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab+") as file:
        torn = file.seek(0, os.SEEK_END) > 0 and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n"
        file.write(f"{chr(10) if torn else ''}{said} {_seal(said)}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def _seal(said: str) -> str:
    return hmac.digest(key("audit"), b"anchor" + said.encode(), "sha256").hex()
