"""Secret keys of this installation: made on first use, kept in ``VAR/keys`` (0600), nowhere else.

A key that only ever signs or indexes has one version (``key("audit")``). Keys that encrypt stored values
come in numbered versions, so that they can rotate: ``current`` gives the newest, ``version`` an older one
that some stored value still names in its first byte. Losing the folder loses the encrypted numbers: back
it up, apart from the database.
"""

import os
import re
import secrets
from functools import cache
from pathlib import Path

from django.conf import settings

LENGTH = 32
LAST_VERSION = 255  # the version is one byte of every stored value


class KeyMissing(RuntimeError):
    """A stored value names a key version that is not here: the keys were not restored with the data."""


@cache
def key(name: str) -> bytes:
    """The 32-byte key of this name. Several processes that ask for a new one at once all get the same."""
    path = _folder() / f"{name}.key"
    if not path.exists():
        _make(path)
    return path.read_bytes()


def version(name: str, number: int) -> bytes:
    """One version of a rotating key. Raises KeyMissing for a version that was never made here."""
    found = _ring(name).get(number)
    if found is None:
        _ring.cache_clear()  # another process may have rotated since
        found = _ring(name).get(number)
    if found is None:
        raise KeyMissing(f"key {name} has no version {number} in {_folder()}: restore it from the backup")
    return found


def current(name: str) -> tuple[int, bytes]:
    """Number and bytes of the newest version of a rotating key; the first is made on first use."""
    if not _ring(name):
        _make(_folder() / f"{name}-001.key")
        _ring.cache_clear()
    newest = max(_ring(name))
    return newest, _ring(name)[newest]


def rotate(name: str) -> int:
    """Make a new version, used for all new values from now on; old values keep theirs. Returns its number.

    Processes already running go on writing with the version they know until they restart; both stay readable.
    Raises ValueError after version 255.
    """
    newest, _ = current(name)
    if newest >= LAST_VERSION:
        raise ValueError(f"key {name} is at its last version: re-encrypt the stored values first")
    _make(_folder() / f"{name}-{newest + 1:03}.key")
    _ring.cache_clear()
    return newest + 1


@cache
def _ring(name: str) -> dict[int, bytes]:
    pattern = re.compile(rf"{re.escape(name)}-(\d{{3}})\.key")
    found = {}
    for path in _folder().glob(f"{name}-*.key"):
        if match := pattern.fullmatch(path.name):
            found[int(match[1])] = path.read_bytes()
    return found


def _folder() -> Path:
    return Path(settings.VAR) / "keys"


def _make(path: Path) -> None:
    """Write a new key whole or not at all; where another process was first, its key stands."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(LENGTH))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # the first one to link wins
    except FileExistsError:
        pass
    draft.unlink()
