"""Words that policy files carry in both languages, shown in the reader's own."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import get_language


@dataclass(frozen=True)
class Words:
    """A text in Chinese and in English; ``str()`` gives the one of the active language."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en if _english() else self.zh

    def __bool__(self) -> bool:
        return bool(self.zh)

    def contains(self, needle: str) -> bool:
        """Whether either language holds the text, whatever its case."""
        needle = needle.casefold()
        return needle in self.zh.casefold() or needle in self.en.casefold()


def joined(parts: Iterable[str]) -> str:
    """Words one after the other, with the comma of the active language."""
    return (", " if _english() else "、").join(parts)


def _english() -> bool:
    return (get_language() or "zh").startswith("en")
