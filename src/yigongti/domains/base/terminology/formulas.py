"""How a concept is found by what people type: folding, pinyin initials, and the grams the index holds."""

import re
import unicodedata
from itertools import product

from pypinyin import Style, lazy_pinyin

# Characters of medical names with more than one common reading; people type either initial (荨麻疹: qmz, xmz).
OTHER_INITIALS = {
    "荨": "xq", "便": "bp", "长": "cz", "重": "cz", "调": "dt", "行": "hx", "恶": "ew", "畸": "jq", "藏": "cz",
    "解": "jx", "系": "xj", "传": "cz", "弹": "dt", "降": "jx", "强": "qj", "参": "cs", "折": "zs", "伽": "gjq",
    "屏": "pb", "单": "dsc", "臭": "cx", "芥": "jg", "卡": "kq", "膀": "bp", "秘": "mb", "给": "gj",
}  # fmt: skip
MOST_VARIANTS = 8
_SPACE = re.compile(r"\s+")
_LETTERS = re.compile(r"[a-z0-9]+")


def fold(text: str) -> str:
    """Text as it is compared: width and case folded, runs of white space as one. ``"Ⅱ型 "`` → ``"ii型"``."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def _is_cjk(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff"


def initials_of(display: str) -> tuple[str, ...]:
    """Pinyin initials of a Chinese name: the reading of its words first, then other common readings, at most eight.

    Letters and digits stay, punctuation falls out: ``"2型糖尿病"`` → ``("2xtnb",)``; ``"荨麻疹"`` → ``("xmz", "qmz")``.
    A name without Chinese has none.
    """
    text = fold(display)
    if not any(_is_cjk(c) for c in text):
        return ()
    # one entry per character; what has no reading comes back as itself
    parts = lazy_pinyin(text, style=Style.FIRST_LETTER, errors=lambda rest: list(rest))  # type: ignore[arg-type,return-value]
    read = [part if part.isascii() and part.isalnum() else "" for part in parts]
    choices: list[str] = []
    for character, first in zip(text, read, strict=True):
        others = OTHER_INITIALS.get(character, "")
        choices.append("".join(dict.fromkeys(first + others)) if first else "")
    variants: list[str] = []
    for letters in product(*[c or ("",) for c in choices]):
        variants.append("".join(letters))
        if len(variants) == MOST_VARIANTS:
            break
    return tuple(dict.fromkeys(variants))


def grams_of(folded: str, initials: tuple[str, ...]) -> list[str]:
    """What the index holds of a concept: pairs of characters, single Chinese characters, ``~`` + pairs of initials
    and ``^`` + the first initial. Any text of two characters or more inside the name has all its pairs in here."""
    found = {folded[i : i + 2] for i in range(len(folded) - 1)}
    found |= {character for character in folded if _is_cjk(character)}
    for variant in initials:
        found |= {"~" + variant[i : i + 2] for i in range(len(variant) - 1)}
        found.add("^" + variant[:1])
    return sorted(found)


def wanted_text(folded: str) -> list[str]:
    """The grams a name must hold to contain ``folded``. Empty when the index can't help (one Latin letter)."""
    if len(folded) == 1:
        return [folded] if _is_cjk(folded) else []
    return [folded[i : i + 2] for i in range(len(folded) - 1)]


def wanted_initials(typed: str) -> list[str]:
    """The grams a name must hold for its initials to contain ``typed``; empty when ``typed`` is no run of initials."""
    if not _LETTERS.fullmatch(typed):
        return []
    if len(typed) == 1:
        return ["^" + typed]
    return ["~" + typed[i : i + 2] for i in range(len(typed) - 1)]
