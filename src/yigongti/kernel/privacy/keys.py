"""Secret keys of this installation: made on first use, kept in ``VAR/keys`` (0600), never in the database or in git."""

import os
import secrets
from functools import cache
from pathlib import Path

from django.conf import settings

LENGTH = 32


@cache
def key(name: str) -> bytes:
    """The 32-byte key of this name. Several processes that ask for a new one at once all get the same."""
    path: Path = settings.VAR / "keys" / f"{name}.key"
    if not path.exists():
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
    return path.read_bytes()
