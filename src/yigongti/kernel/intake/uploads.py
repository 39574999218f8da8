"""Received files on disk. What was acknowledged is on the disk, whole, before it is acknowledged.

A file stays only until its rows are stored: what it said is then in the facts and in the refused rows.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from yigongti.kernel.intake.refusals import FileRefused

PIECE = 1024 * 1024
MOST_BYTES = 1024**3


def most_bytes() -> int:
    """Largest file that is taken, in bytes (setting INTAKE_MOST_BYTES)."""
    return int(getattr(settings, "INTAKE_MOST_BYTES", MOST_BYTES))


def refuse_if_too_large(size: int) -> None:
    """Raises FileRefused from the size alone, before a byte is read."""
    if size > most_bytes():
        raise FileRefused("too_large", size=in_words(size), limit=in_words(most_bytes()))


def in_words(size: int) -> str:
    """``1.9 GB``, ``35 MB``, ``812 KB``."""
    for unit, name in ((1024**3, "GB"), (1024**2, "MB"), (1024, "KB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}".replace(".0 ", " ")
    return f"{size} B"


@dataclass(frozen=True)
class Upload:
    """A file kept below VAR/uploads under ``name``."""

    name: str
    size: int
    sha256: str

    @property
    def path(self) -> Path:
        return folder() / self.name


def folder() -> Path:
    path: Path = settings.VAR / "uploads"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def keep(stream: BinaryIO) -> Upload:
    """Copy a stream to disk and wait until it is there (fsync of file and folder). Raises FileRefused if it is too
    large or holds nothing."""
    name = secrets.token_hex(16)
    draft = folder() / f"{name}.part"
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            for piece in _pieces(stream):
                size += len(piece)
                refuse_if_too_large(size)
                digest.update(piece)
                out.write(piece)
            if size == 0:
                raise FileRefused("empty_file")
            out.flush()
            os.fsync(out.fileno())
        draft.rename(folder() / name)
        _sync_folder()
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return Upload(name, size, digest.hexdigest())


def discard(name: str) -> None:
    """Remove a kept file; nothing happens if it is gone."""
    if name:
        (folder() / name).unlink(missing_ok=True)


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(PIECE):
        yield piece


def _sync_folder() -> None:
    descriptor = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
