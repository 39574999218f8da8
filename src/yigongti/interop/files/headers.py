"""Which table a header line belongs to, and which column stands where."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yigongti.kernel.intake.api import Column, Extract, FileRefused, extracts

ROW_HEADER = "原行号"
REASON_HEADER = "拒绝原因"
REASON_HEADER_ENGLISH = "reason"
CODE_HEADER = "原因代码"
REASON_HEADERS = (ROW_HEADER, CODE_HEADER, REASON_HEADER, REASON_HEADER_ENGLISH)
"""Columns of the file of refused rows: passed over when the corrected file comes back."""

LIKE_A_HEADER = 3
"""So many known headers in a line make it a header with something missing, rather than some other line."""

_BRACKETS = re.compile(r"[（(【\[].*?[)）】\]]")
_GAPS = re.compile(r"[\s*＊:：_\-]+")


def fold(header: str) -> str:
    """A header as it is compared: width, case, blanks, stars, and remarks in brackets don't count."""
    plain = unicodedata.normalize("NFKC", header)
    return _GAPS.sub("", _BRACKETS.sub("", plain)).casefold()


@dataclass(frozen=True)
class Layout:
    """A header line understood: the extract, the column at each position (None where passed over)."""

    extract: Extract
    headers: tuple[str, ...]
    columns: tuple[Column | None, ...]

    @property
    def unused(self) -> tuple[str, ...]:
        """Headers that belong to no column of the extract."""
        known = {fold(header) for header in REASON_HEADERS}
        pairs = zip(self.headers, self.columns, strict=True)
        return tuple(h for h, column in pairs if column is None and fold(h) and fold(h) not in known)


@dataclass(frozen=True)
class _Match:
    columns: tuple[Column | None, ...]
    missing: tuple[Column, ...]
    twice: tuple[Column, ...]

    @property
    def found(self) -> int:
        return len({column.name for column in self.columns if column is not None})


def _match(extract: Extract, headers: Sequence[str]) -> _Match:
    by_header: dict[str, Column] = {}
    for column in extract.columns:
        for header in column.headers:
            by_header.setdefault(fold(header), column)
    columns = tuple(by_header.get(fold(header)) for header in headers)
    present = [column for column in columns if column is not None]
    missing = tuple(column for column in extract.columns if column.required and column not in present)
    twice = tuple(column for column in extract.columns if present.count(column) > 1)
    return _Match(columns, missing, twice)


def hinted(file_name: str, known: Mapping[str, Extract]) -> str | None:
    """The extract a file is named after: ``kunshan-tcm__encounters.csv``, ``就诊.xlsx``; None if it isn't."""
    stem = fold(re.split(r"__", file_name.rsplit(".", 1)[0])[-1])
    for extract in known.values():
        if stem in (fold(extract.name), fold(str(extract.label))):
            return extract.name
    return None


def recognise(headers: Sequence[str], *, hint: str | None = None, strict: bool = True) -> Layout | None:
    """The layout of a header line. Without a hint, the extract that knows most of the headers and misses none of its
    required columns. Raises FileRefused: nothing fits, a required column is missing, a column occurs twice.
    With ``strict`` off, a line that is no header of any extract gives None instead.
    """
    known = extracts()
    if hint is not None and hint not in known:
        raise FileRefused("unknown_extract_name", name=hint)
    candidates = {hint: known[hint]} if hint is not None else known
    matches = {name: _match(extract, headers) for name, extract in candidates.items()}
    best = max(matches, key=lambda name: (not matches[name].missing, matches[name].found, -len(matches[name].missing)))
    extract, match = known[best], matches[best]
    if match.missing:
        required = sum(column.required for column in extract.columns)
        if hint is None and len(match.missing) * 2 > required:
            if strict:
                raise FileRefused("unknown_extract")
            return None
        if not strict and match.found < LIKE_A_HEADER:
            return None
        raise FileRefused(
            "missing_column",
            extract=extract.label,
            columns="、".join(f"{column.label}（{column.name}）" for column in match.missing),
        )
    if match.twice:
        raise FileRefused("duplicate_column", column=f"{match.twice[0].label}（{match.twice[0].name}）")
    return Layout(extract, tuple(headers), match.columns)
