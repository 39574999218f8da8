"""Keeping a reading for ever: the files of a snapshot under a name, with what they hold sealed in the database.

What was computed and closed can be computed again from the same rows, however often its months have been published
since. A kept file is a second name of the published one, so keeping a year costs no space until the year changes.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from yigongti.kernel import clock
from yigongti.kernel.lake.models import KeptFile
from yigongti.kernel.lake.selectors import Snapshot

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
BLOCK = 1 << 20


class KeptDamaged(Exception):
    """A kept file is gone or is not what was kept. ``str()`` names it."""


@dataclass(frozen=True)
class Kept:
    """Files kept under a name; ``digest`` (SHA-256, hexadecimal) stands for all they hold."""

    name: str
    kept_at: datetime
    files: tuple["KeptPart", ...]

    @property
    def digest(self) -> str:
        text = "\n".join(f"{part.dataset} {part.month} {part.sha256}" for part in self.files)
        return hashlib.sha256(text.encode()).hexdigest()

    def snapshot(self, dataset: str) -> Snapshot:
        """What was kept of a dataset, to be read like any snapshot."""
        files = tuple((part.month, part.file) for part in self.files if part.dataset == dataset)
        return Snapshot(dataset, files, self.kept_at, waiting=0)


@dataclass(frozen=True)
class KeptPart:
    """One month of one dataset."""

    dataset: str
    month: date
    file: str
    sha256: str


def keep(name: str, snapshots: Iterable[Snapshot]) -> Kept:
    """Keep these snapshots' files under a name, in the caller's transaction.

    The same content under the same name again is the same Kept. Raises ValueError for a bad name or when
    other content is kept under it, FileNotFoundError when a snapshot is so old that a file of it was removed.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for what is kept: small letters, digits, - and _")
    wanted = {(taken.dataset, month): file for taken in snapshots for month, file in taken.files}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"lake.kept.{name}"])
        sums = {key: _sha256(settings.VAR / "lake" / file) for key, file in wanted.items()}
        if (before := kept(name)) is not None:
            if {(part.dataset, part.month): part.sha256 for part in before.files} != sums:
                raise ValueError(f"other files are kept under {name} already")
            return before
        now = clock.now()
        rows = []
        for (dataset, month), file in sorted(wanted.items()):
            target = f"kept/{name}/{dataset}-{month:%Y-%m}.parquet"
            _second_name(settings.VAR / "lake" / file, settings.VAR / "lake" / target)
            rows.append(
                KeptFile(name=name, dataset=dataset, month=month, file=target, sha256=sums[dataset, month], kept_at=now)
            )
        if not rows:
            raise ValueError("there is nothing to keep: no month of these datasets is published")
        _sync(settings.VAR / "lake" / "kept" / name)
        KeptFile.objects.bulk_create(rows)
    found = kept(name)
    assert found is not None
    return found


def kept(name: str) -> Kept | None:
    """What is kept under a name; None when nothing is."""
    rows = list(KeptFile.objects.filter(name=name).order_by("dataset", "month"))
    if not rows:
        return None
    return Kept(name, rows[0].kept_at, tuple(KeptPart(r.dataset, r.month, r.file, r.sha256) for r in rows))


def verify(what: Kept) -> None:
    """Read every kept file and compare it with what was kept. Raises KeptDamaged."""
    for part in what.files:
        try:
            found = _sha256(settings.VAR / "lake" / part.file)
        except FileNotFoundError:
            raise KeptDamaged(f"{part.file} is gone") from None
        if found != part.sha256:
            raise KeptDamaged(f"{part.file} has been changed")


def _second_name(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    try:
        draft.hardlink_to(source)
    except OSError:
        if not source.exists():
            raise
        shutil.copyfile(source, draft)  # a file system without hard links
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
    draft.replace(target)  # what an attempt that was rolled back left behind


def _sync(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
    return found.hexdigest()
