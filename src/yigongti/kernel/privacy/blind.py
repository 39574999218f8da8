"""Blind indexes: exact search over encrypted values without decrypting one.

The index of a value is HMAC-SM3 under a key that encrypts nothing, cut to 128 bits: equal values of one kind
have equal indexes, and without the key nobody can try out the few numbers a person could have. The kind is
part of the message, so a phone and a card of the same digits do not meet. The index key has one version:
replacing it means computing every index anew.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from cryptography.hazmat.primitives import hmac

from yigongti.kernel.privacy import digest, keys

LENGTH = 16
PHONE = "phone"

_gaps = re.compile(r"[\s\-‐‑‒–—―－_.·/\\]+")
_not_digits = re.compile(r"\D+")


def normalise(kind: str, text: str) -> str:
    """The one form of a number: full-width folded, upper case, without gaps; a phone also without +86.

    ``" 32058319800101123x"`` → ``"32058319800101123X"``; phone ``"+86 138-0000-0000"`` → ``"13800000000"``.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if kind == PHONE:
        digits = _not_digits.sub("", text)
        for prefix in ("0086", "86"):
            if digits.startswith(prefix) and len(digits) == len(prefix) + 11:
                return digits[len(prefix) :]
        return digits
    if not text.isalnum():
        text = _gaps.sub("", text)
    return text.upper()


def blind_index(kind: str, text: str) -> bytes:
    """16 bytes that are equal exactly for equal normalised texts of one kind."""
    begun = _begun(kind).copy()
    begun.update(normalise(kind, text).encode())
    return begun.finalize()[:LENGTH]


def blind_indexes(kind: str, texts: Iterable[str | None]) -> list[bytes | None]:
    """``blind_index`` for a column; None and texts that are empty once normalised give None."""
    begun = _begun(kind)
    found: list[bytes | None] = []
    for text in texts:
        plain = normalise(kind, text) if text else ""
        if plain:
            one = begun.copy()
            one.update(plain.encode())
            found.append(one.finalize()[:LENGTH])
        else:
            found.append(None)
    return found


@cache
def _begun(kind: str) -> hmac.HMAC:
    return digest.start(keys.key("blind-index"), kind.encode() + b"\0")
