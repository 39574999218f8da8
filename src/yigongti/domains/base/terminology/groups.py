"""The groups diseases are counted in: ranges of ICD-10 categories, as data (``terminologies/disease_groups.csv``).

Every category of ICD-10 lies in exactly one group: the narrowest range that holds it, or "other" of its chapter.
"""

import csv
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.terminology.services import shipped_folder

UNCODED = "uncoded"


class DiseaseGroup(NamedTuple):
    """A group by its stable key and its name in the active language."""

    key: str
    label: str


@dataclass(frozen=True)
class GroupRange:
    """Categories ``first`` to ``last`` (three characters, both included) belong to group ``key`` of ``chapter``."""

    first: str
    last: str
    key: str
    name: str
    name_en: str
    chapter: str
    chapter_name: str
    chapter_name_en: str


@lru_cache(maxsize=1)
def ranges() -> tuple[GroupRange, ...]:
    """All ranges in order, without gaps inside a chapter and without overlaps: for joining in a measure."""
    with (shipped_folder() / "disease_groups.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found: list[GroupRange] = []
    for chapter in (row for row in rows if not row["chapter"]):
        inside = sorted((r for r in rows if r["chapter"] == chapter["key"]), key=lambda r: r["first"])
        about = (chapter["key"], chapter["name"], chapter["name_en"])
        other = (f"{chapter['key']}_other", f"{chapter['name']}（其他）", f"{chapter['name_en']} (other)")
        free = chapter["first"]
        for row in inside:
            if free < row["first"]:
                found.append(GroupRange(free, _before(row["first"]), *other, *about))
            found.append(GroupRange(row["first"], row["last"], row["key"], row["name"], row["name_en"], *about))
            free = _after(row["last"])
        if free <= chapter["last"]:
            whole = other if inside else about
            found.append(GroupRange(free, chapter["last"], *whole, *about))
    return tuple(sorted(found, key=lambda r: r.first))


def _after(category: str) -> str:
    letter, number = category[0], int(category[1:]) + 1
    return f"{letter}{number:02d}" if number < 100 else f"{chr(ord(letter) + 1)}00"


def _before(category: str) -> str:
    letter, number = category[0], int(category[1:]) - 1
    return f"{letter}{number:02d}" if number >= 0 else f"{chr(ord(letter) - 1)}99"


@lru_cache(maxsize=1)
def _firsts() -> list[str]:
    return [r.first for r in ranges()]


def _range(code: str) -> GroupRange | None:
    category = code.strip().upper()[:3]
    at = bisect_right(_firsts(), category) - 1
    if len(category) == 3 and at >= 0 and category <= ranges()[at].last:
        return ranges()[at]
    return None


def _english() -> bool:
    return (get_language() or "").startswith("en")


def disease_group(code: str) -> DiseaseGroup:
    """The group an ICD-10 code (any edition, any length) is counted in; ``("uncoded", …)`` for what is none.

    ``disease_group("I10.x00x002")`` → ``("hypertension", "高血压")``.
    """
    found = _range(code)
    if found is None:
        return DiseaseGroup(UNCODED, str(_("未编码或无法归类")))
    return DiseaseGroup(found.key, found.name_en if _english() else found.name)


def disease_chapter(code: str) -> DiseaseGroup:
    """The chapter of ICD-10 a code lies in; ``("uncoded", …)`` for what is none."""
    found = _range(code)
    if found is None:
        return DiseaseGroup(UNCODED, str(_("未编码或无法归类")))
    return DiseaseGroup(found.chapter, found.chapter_name_en if _english() else found.chapter_name)


def group_named(key: str) -> DiseaseGroup:
    """A group by its key. Raises LookupError."""
    if key == UNCODED:
        return DiseaseGroup(UNCODED, str(_("未编码或无法归类")))
    for found in ranges():
        if found.key == key:
            return DiseaseGroup(key, found.name_en if _english() else found.name)
    raise LookupError(f"no disease group {key}")
