"""Pure arithmetic of organisations: check characters of codes, how names and versions of documents compare.

GB 32100-2015 《法人和其他组织统一社会信用代码编码规则》; GB 11714 for the organisation code inside it.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pypinyin import Style, lazy_pinyin

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z, which look like digits
_ORGANISATION_CODE_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
_NOT_LETTERS = re.compile(r"[\W_]+")


def uscc_check_character(first17: str) -> str:
    """The 18th character for the first 17 of a unified social credit code.

    Weights are 3**i mod 31; the check value is (31 − sum mod 31) mod 31, so a sum divisible by 31 gives "0"
    (many public validators miss that case). Raises ValueError for a wrong length or character.
    """
    if len(first17) != 17:
        raise ValueError("the check character is computed from 17 characters")
    total = sum(USCC_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(first17))
    return USCC_ALPHABET[(31 - total % 31) % 31]


def is_uscc(code: str) -> bool:
    """Whether a string is a well-formed unified social credit code: 18 characters, check character right."""
    if len(code) != 18 or any(c not in USCC_ALPHABET for c in code):
        return False
    return uscc_check_character(code[:17]) == code[17]


def organisation_code_check_character(first8: str) -> str:
    """The 9th character for the first 8 of an organisation code (GB 11714): 11 − sum mod 11; 10 → X, 11 → 0.

    Raises ValueError for a wrong length or anything but digits and capital letters.
    """
    if len(first8) != 8 or not all(c.isascii() and (c.isdigit() or c.isupper()) for c in first8):
        raise ValueError("the check character is computed from 8 digits or capital letters")
    total = sum(int(c, 36) * w for c, w in zip(first8, _ORGANISATION_CODE_WEIGHTS, strict=True))
    return "0X987654321"[total % 11]


def fold(name: str) -> str:
    """A name as it is compared: full-width forms and case folded, spaces and punctuation dropped.

    「市四院（陆家医院）」 and "市四院(陆家医院) " fold to the same string.
    """
    return _NOT_LETTERS.sub("", unicodedata.normalize("NFKC", name)).casefold()


def initials(name: str) -> str:
    """Lower-case pinyin initials of a name: 千灯卫生中心 → qdwszx; letters and digits stay as they are."""
    letters = lazy_pinyin(fold(name), style=Style.FIRST_LETTER)
    return "".join(part for part in letters if part.isascii())


_LETTER_BY_LETTER = 4_000_000  # beyond this product of lengths, whole paragraphs are shown as replaced
_NUMERAL = "[〇零一二三四五六七八九十百\\d]+"
_CHAPTER = re.compile(rf"\s*(?:#+\s*)?(第{_NUMERAL}[编章节].*?)\s*")
_MARKED = re.compile(r"\s*#+\s*(\S.*?)\s*")
_ARTICLE = re.compile(rf"\s*(第{_NUMERAL}条)[\s　]*(.*?)\s*")
_ITEM = re.compile(r"\s*([一二三四五六七八九十]+、)(.*?)\s*")


@dataclass(frozen=True)
class Section:
    """A part of a governing document: its heading ("" before the first one) and its text."""

    heading: str
    text: str


def sections_of(text: str) -> list[Section]:
    """A document's text cut at its headings.

    Headings are lines that begin 第…章, 第…条, 一、 or #. What follows 第…条 on its line is text, as is what
    follows 一、 when it is a sentence.
    """
    cut: list[tuple[str, list[str]]] = [("", [])]
    for line in text.replace("\r\n", "\n").split("\n"):
        heading, rest = _heading(line)
        if heading:
            cut.append((heading, [rest]))
        else:
            cut[-1][1].append(line.rstrip())
    sections = [Section(heading, "\n".join(lines).strip()) for heading, lines in cut]
    return [section for section in sections if section.heading or section.text]


def _heading(line: str) -> tuple[str, str]:
    """A line as heading and text; ("", line) when it is no heading."""
    if found := _CHAPTER.fullmatch(line) or _MARKED.fullmatch(line):
        return found[1], ""
    if found := _ARTICLE.fullmatch(line):
        return found[1], found[2]
    if found := _ITEM.fullmatch(line):
        sentence = any(stop in found[2] for stop in "。；")
        return (found[1], found[2]) if sentence else (found[1] + found[2], "")
    return "", line


def text_of(sections: Iterable[Section]) -> str:
    """The text that ``sections_of`` cuts into these sections."""
    parts = []
    for section in sections:
        heading = section.heading
        if heading and _heading(heading)[0] != heading:
            heading = f"# {heading}"
        inline = _ARTICLE.fullmatch(heading) or heading.endswith("、")
        parts.append(f"{heading} {section.text}".strip() if inline else f"{heading}\n{section.text}".strip())
    return "\n\n".join(parts)


@dataclass(frozen=True)
class Piece:
    """A stretch of text in a comparison: ``change`` is "same", "added" or "removed"."""

    change: str
    text: str


@dataclass(frozen=True)
class SectionChange:
    """What became of one section: ``change`` is "same", "added", "removed" or "changed"."""

    heading: str
    change: str
    pieces: tuple[Piece, ...]


def compare(older: Sequence[Section], newer: Sequence[Section]) -> list[SectionChange]:
    """Section by section, what changed between two versions, in the order of the newer one.

    Sections are matched by their headings; a removed one stands where it stood. Joining the pieces that are not
    "added" gives the older text back, those that are not "removed" the newer.
    """
    changes: list[SectionChange] = []
    matcher = SequenceMatcher(None, [s.heading for s in older], [s.heading for s in newer], autojunk=False)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            for before, after in zip(older[a1:a2], newer[b1:b2], strict=True):
                pieces = _pieces(before.text, after.text)
                same = before.text == after.text
                changes.append(SectionChange(after.heading, "same" if same else "changed", pieces))
            continue
        changes += [SectionChange(s.heading, "removed", (Piece("removed", s.text),)) for s in older[a1:a2]]
        changes += [SectionChange(s.heading, "added", (Piece("added", s.text),)) for s in newer[b1:b2]]
    return changes


def _pieces(before: str, after: str) -> tuple[Piece, ...]:
    """Paragraphs first, then the characters of paragraphs that changed, so that long texts stay readable."""
    found: list[Piece] = []
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        was, now = "".join(old[a1:a2]), "".join(new[b1:b2])
        if tag != "replace":
            found.append(Piece({"equal": "same", "delete": "removed", "insert": "added"}[tag], was or now))
            continue
        if len(was) * len(now) > _LETTER_BY_LETTER:
            found += [Piece("removed", was), Piece("added", now)]
            continue
        for inner, c1, c2, d1, d2 in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
            if inner == "equal":
                found.append(Piece("same", was[c1:c2]))
            else:
                found += [
                    Piece(change, text) for change, text in (("removed", was[c1:c2]), ("added", now[d1:d2])) if text
                ]
    return tuple(found)
