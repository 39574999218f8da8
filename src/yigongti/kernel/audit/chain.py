"""The arithmetic of the chain: what a line's seal covers and how it is made.

A seal is HMAC-SHA-256 under a key that the database does not hold, so somebody who can write to the
database but not read the key file can neither alter a line nor make a new chain that verifies.
"""

import hmac
import json
from datetime import datetime
from typing import Any

SHARDS = 16  # heads that may be written at once; a line is locked only against its own shard

Content = dict[str, Any]


def shard_of(actor_id: int | None, resident_id: int | None = None) -> int:
    """The chain an actor's lines go to: one person's lines stay in their order. Who acts without an account (residents,
    the platform) is told apart by whom it is about, or thousands at once would wait for one chain."""
    return (actor_id if actor_id is not None else resident_id or 0) % SHARDS


def seal(key: bytes, previous: bytes, shard: int, number: int, at: datetime, content: Content) -> bytes:
    """The seal of a line: over the one before, its place in the chain, its time and everything it says."""
    text = json.dumps(
        [shard, number, int(at.timestamp() * 1_000_000), content],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hmac.digest(key, previous + text.encode(), "sha256")


def seal_of_head(key: bytes, shard: int, number: int, last: bytes) -> bytes:
    """What a head carries, so that whoever cuts off the end of a chain can't make the head that would hide it.

    Not proof against putting back an old copy of both: the anchors outside the database are there for that.
    """
    return hmac.digest(key, b"head" + bytes([shard]) + number.to_bytes(8, "big") + last, "sha256")
