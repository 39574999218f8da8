"""Files being previewed, until they are taken: kept by their digest, so that what is taken is what was shown."""

import hashlib
import re
from pathlib import Path

from django.conf import settings

_SHA256 = re.compile(r"[0-9a-f]{64}")
KEPT = 20


def keep(data: bytes) -> str:
    """Keep a file and give its digest; older previews go."""
    folder = _folder()
    for old in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)[:-KEPT]:
        old.unlink(missing_ok=True)
    digest = hashlib.sha256(data).hexdigest()
    (folder / digest).write_bytes(data)
    return digest


def kept(digest: str) -> bytes | None:
    """The file of a digest; None when it is gone, or nonsense."""
    path = _folder() / digest if _SHA256.fullmatch(digest) else None
    return path.read_bytes() if path is not None and path.is_file() else None


def _folder() -> Path:
    folder: Path = settings.VAR / "uploads" / "prices"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
