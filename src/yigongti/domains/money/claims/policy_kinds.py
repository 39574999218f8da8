"""Rules of reference as a place's policy writes them: lists of words, and what codes are charged as.

A mistake in a file stops the start with its line.
"""

from collections.abc import Mapping

from django.utils.translation import get_language, ngettext

from yigongti.domains.money.claims.codes import Category
from yigongti.kernel.policy.api import Content, Kind

LONGEST_WORD = 40


class WordsKind(Kind[tuple[str, ...]]):
    """Words that are looked for in names; an empty list looks for nothing."""

    name = "words"

    def read(self, content: Content) -> tuple[str, ...]:
        if not isinstance(content, list):
            raise ValueError("expected a list of words")
        words = tuple(entry.content.strip() if isinstance(entry.content, str) else "" for entry in content)
        if any(not word or len(word) > LONGEST_WORD for word in words):
            raise ValueError(f"each word is text of 1 to {LONGEST_WORD} characters")
        if len(set(words)) != len(words):
            raise ValueError("a word stands twice in the list")
        return words

    def show(self, value: tuple[str, ...]) -> str:
        if _in_chinese():
            return "、".join(value)
        return ngettext("%(n)d 个中文字样", "%(n)d 个中文字样", len(value)) % {"n": len(value)}


class ChargedAsKind(Kind[Mapping[str, frozenset[str]]]):
    """How codes begin → the charge categories such an item may be charged under. The longest beginning counts."""

    name = "charged as"

    def read(self, content: Content) -> Mapping[str, frozenset[str]]:
        if not isinstance(content, dict):
            raise ValueError("expected beginnings of codes, each with a list of charge categories")
        found = {}
        for start, entry in content.items():
            listed = entry.content if isinstance(entry.content, list) else []
            named = [one.content for one in listed]
            if not named:
                raise ValueError(f"{start}: expected a list of charge categories")
            if strange := [one for one in named if one not in Category.values]:
                raise ValueError(f"{start}: {strange[0]} is no charge category; one of {', '.join(Category.values)}")
            found[start] = frozenset(str(one) for one in named)
        return found

    def show(self, value: Mapping[str, frozenset[str]]) -> str:
        comma, semicolon = ("、", "；") if _in_chinese() else (", ", "; ")
        return semicolon.join(
            f"{start} {comma.join(str(one.label) for one in Category if one in categories)}"
            for start, categories in value.items()
        )


def _in_chinese() -> bool:
    return (get_language() or "zh").startswith("zh")
