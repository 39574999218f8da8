"""Short-lived tokens for bar codes and links: opaque, authentic, for one purpose, until a moment.

A token is ``key version | nonce | SM4-GCM(expiry, subject)`` in Base32 without padding: upper-case letters
and digits only, which a hand scanner types without mistakes and a QR code packs tightly. The subject is
encrypted, not just signed, so two codes of one person cannot be seen to belong together. Nothing is stored.
"""

import base64
import binascii
from datetime import timedelta

from yigongti.kernel import clock
from yigongti.kernel.privacy import ciphers, keys

RING = "token"


class TokenInvalid(ValueError):
    """Not a token of this installation, or one for another purpose."""


class TokenExpired(ValueError):
    """A genuine token whose time is over."""


def sign_token(purpose: str, subject: str, *, lasts: timedelta) -> str:
    """A token that ``read_token`` of the same purpose turns back into the subject until ``lasts`` is over."""
    expires = int((clock.now() + lasts).timestamp())
    sealed = ciphers.seal(f"{expires:x} {subject}", f"token:{purpose}", ring=RING)
    return base64.b32encode(sealed).decode().rstrip("=")


def read_token(purpose: str, token: str) -> str:
    """The subject of a token. Raises TokenInvalid (forged, cut, foreign) or TokenExpired (too late)."""
    text = "".join(token.split()).upper()
    try:
        sealed = base64.b32decode(text + "=" * (-len(text) % 8))
        plain = ciphers.unseal(sealed, f"token:{purpose}", ring=RING)
    except (binascii.Error, ValueError, keys.KeyMissing):
        raise TokenInvalid("this is not a token of this platform") from None
    expires, _, subject = plain.partition(" ")
    if clock.now().timestamp() >= int(expires, 16):
        raise TokenExpired("the token's time is over")
    return subject
