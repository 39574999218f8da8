"""The schemes an installation has: those shipped with the platform, and those taken in below ``YIGONGTI_VAR/drg``.

A version that was taken in is never changed: claims have been paid by it. Other tables, weights or settings are another
version, which the place's policy names from a day on.
"""

import hashlib
import re
import shutil
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.utils.translation import gettext as _

from yigongti.domains.money.drg.policy import SCHEME
from yigongti.domains.money.drg.scheme.about import FILE, read_about
from yigongti.domains.money.drg.scheme.loading import check, load
from yigongti.domains.money.drg.scheme.reading import OPTIONAL, TABLES, Finding, Report, SchemeRefused
from yigongti.domains.money.drg.scheme.scheme import About, Scheme
from yigongti.kernel.policy.api import PolicyGap

SHIPPED = tuple(sorted(path.parent for path in (Path(__file__).parent / "data").glob(f"*/{FILE}")))
FILES = (FILE, *TABLES, *OPTIONAL)


@dataclass(frozen=True)
class Held:
    """A scheme the installation has."""

    folder: Path
    about: About


def held() -> list[Held]:
    """Every scheme, the installation's own first; one that has become unreadable is left out."""
    found: dict[tuple[str, str], Held] = {}
    for one in _all():
        found.setdefault((one.about.version, one.about.place), one)
    return list(found.values())


def _all() -> list[Held]:
    """Every folder that was taken in whole; one whose name begins with a dot was not."""
    found = []
    own = settings.VAR / "drg"
    folders = [one for one in own.iterdir() if not one.name.startswith(".")] if own.is_dir() else []
    for folder in [*sorted(folders, reverse=True), *SHIPPED]:
        report = Report()
        if (folder / FILE).is_file():
            about = read_about(folder, report)
            if not report.refused:
                found.append(Held(folder, about))
    return found


def scheme_named(version: str, place: str = "") -> Scheme | None:
    """The scheme of a version that holds at a place; None when the installation has none that can be read."""
    for one in held():
        if one.about.version == version and one.about.place in ("", place):
            try:
                return _loaded(one.folder, _stamp(one.folder))
            except SchemeRefused:
                return None
    return None


def scheme_keyed(key: str) -> Scheme | None:
    """The scheme a result was found by; None when the installation no longer has it in that form."""
    for one in _all():
        if key.startswith(f"{one.about.version}@"):
            try:
                found = _loaded(one.folder, _stamp(one.folder))
            except SchemeRefused:
                continue
            if found.key == key:
                return found
    return None


def scheme_in_force(place: str, on: date) -> Scheme | None:
    """The scheme a place groups by on a day: the version its policy names, if it is here and in force on that day."""
    try:
        version = SCHEME.at(place=place, as_of=on).value
    except PolicyGap:
        return None
    found = scheme_named(version, place)
    if found is None or (found.about.starts_on and on < found.about.starts_on):
        return None
    return None if found.about.ends_on and on >= found.about.ends_on else found


def take_in(folder: Path) -> tuple[Path, list[Finding]]:
    """Check a folder and keep a copy of it as one of the installation's schemes; the same again changes nothing.

    Raises SchemeRefused for a scheme with errors, and where another content is kept under its version already.
    """
    own = settings.VAR / "drg"
    own.mkdir(parents=True, exist_ok=True)
    draft = own / f".{uuid4().hex}"
    draft.mkdir()
    try:
        for name in FILES:
            if (folder / name).is_file():
                shutil.copyfile(folder / name, draft / name)
        scheme, findings = check(draft)  # what is kept is what was checked
        if scheme is None:
            raise SchemeRefused(findings)
        if not (draft / FILE).is_file():
            missing = _("没有这个文件。"), _("请写明方案的名称、版本和生效日期。")
            raise SchemeRefused([Finding(True, FILE, 0, *missing)])
        version = scheme.about.version
        target = own / _folder_name(version)
        for kept in [one.folder for one in _all() if one.about.version == version]:
            if not (different := _differ(kept, draft)):
                return kept, findings
            raise _used_already(version, different)
        try:
            draft.rename(target)
        except OSError as error:  # another import of this version was faster
            raise _used_already(version, _differ(target, draft)) from error
        return target, findings
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _folder_name(version: str) -> str:
    """One name for one version, whatever signs it has."""
    return f"{re.sub(r'[^0-9A-Za-z_-]+', '_', version)}.{hashlib.sha256(version.encode()).hexdigest()[:8]}"


def _differ(kept: Path, draft: Path) -> list[str]:
    """Names of the files that are not the same in two folders."""

    def read(path: Path) -> bytes | None:
        return path.read_bytes() if path.is_file() else None

    return [name for name in FILES if read(kept / name) != read(draft / name)]


def _used_already(version: str, files: list[str]) -> SchemeRefused:
    words = _("版本{version}已经保存，内容不同（{files}）。已用来支付的版本不能更改。").format(
        version=version, files="、".join(files)
    )
    to_do = _("请在scheme.yaml中另写版本号再导入，并在本地政策中写明自哪一天起采用。")
    return SchemeRefused([Finding(True, FILE, 0, words, to_do)])


def _stamp(folder: Path) -> int:
    return max(path.stat().st_mtime_ns for path in folder.iterdir())


@lru_cache(maxsize=8)
def _loaded(folder: Path, stamp: int) -> Scheme:
    return load(folder)
