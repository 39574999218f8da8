"""The schemes an installation has: those shipped with the platform, and those taken in below ``YIGONGTI_VAR/drg``."""

import shutil
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.utils.translation import gettext as _

from yigongti.domains.money.drg.policy import SCHEME
from yigongti.domains.money.drg.scheme.about import FILE
from yigongti.domains.money.drg.scheme.loading import check, load
from yigongti.domains.money.drg.scheme.reading import Finding, Report, SchemeRefused
from yigongti.domains.money.drg.scheme.scheme import About, Scheme
from yigongti.kernel.policy.api import PolicyGap

SHIPPED = tuple(sorted(path.parent for path in (Path(__file__).parent / "data").glob(f"*/{FILE}")))


@dataclass(frozen=True)
class Held:
    """A scheme the installation has."""

    folder: Path
    about: About


def held() -> list[Held]:
    """Every scheme, the installation's own first; one that has become unreadable is left out."""
    from yigongti.domains.money.drg.scheme.about import read_about

    found = []
    own = settings.VAR / "drg"
    for folder in [*(sorted(own.iterdir(), reverse=True) if own.is_dir() else ()), *SHIPPED]:
        report = Report()
        if (folder / FILE).is_file():
            about = read_about(folder, report)
            if not report.refused:
                found.append(Held(folder, about))
    return found


def scheme_named(version: str, place: str = "") -> Scheme | None:
    """The scheme of a version that holds at a place; None when the installation has none."""
    for one in held():
        if one.about.version == version and one.about.place in ("", place):
            return _loaded(one.folder, _stamp(one.folder))
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
    """Check a folder and keep a copy of it as one of the installation's schemes; raises SchemeRefused."""
    scheme, findings = check(folder)
    if scheme is None:
        raise SchemeRefused(findings)
    if not (folder / FILE).is_file():
        missing = _("没有这个文件。"), _("请写明方案的名称、版本和生效日期。")
        raise SchemeRefused([Finding(True, FILE, 0, *missing)])
    target = settings.VAR / "drg" / f"{scheme.about.version.replace('/', '_')}.{scheme.digest[:12]}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = settings.VAR / "drg" / f".{uuid4().hex}"
        shutil.copytree(folder, draft, ignore=lambda at, names: [n for n in names if Path(n).suffix not in SUFFIXES])
        draft.rename(target)
    return target, findings


SUFFIXES = {".csv", ".yaml"}


def _stamp(folder: Path) -> int:
    return max(path.stat().st_mtime_ns for path in folder.iterdir())


@lru_cache(maxsize=4)
def _loaded(folder: Path, stamp: int) -> Scheme:
    return load(folder)
