"""Formats: how a file becomes canonical frames. interop registers them; intake tries them in order.

A format neither stores nor judges what rows mean: it hands over typed frames and says which rows it couldn't type.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl
from django.utils.functional import Promise

from yigongti.kernel.intake.extracts import Extract
from yigongti.kernel.intake.refusals import REFUSAL

Token = Mapping[str, int | str]
"""Where a reader stands, as JSON: stored with each chunk, given back to go on after a kill."""


@dataclass(frozen=True)
class Incoming:
    """A file as it was sent: where it lies, the name it came with, and the extract its sender says it is, if any."""

    path: Path
    name: str
    size: int
    extract: str | None = None

    def head(self, count: int = 4096) -> bytes:
        """The first bytes."""
        with self.path.open("rb") as stream:
            return stream.read(count)


def no_refusals() -> pl.DataFrame:
    return pl.DataFrame(schema=REFUSAL)


@dataclass(frozen=True)
class Part:
    """Some rows of one extract.

    ``frame`` is canonical (Extract.schema) and holds only rows that could be typed; ``refused`` (schema REFUSAL)
    names the others. ``original(row_nos)`` gives those rows as sent, in the order asked, each a mapping header →
    text: asked only for refused rows, also for rows the frame holds. ``place`` names the sheet or bundle entry.
    """

    extract: str
    frame: pl.DataFrame
    original: Callable[[Sequence[int]], list[dict[str, str]]]
    refused: pl.DataFrame = field(default_factory=no_refusals)
    place: str = ""


@dataclass(frozen=True)
class Chunk:
    """What is stored in one transaction, with the place to go on from and how much of the file (0–1) is then read."""

    parts: tuple[Part, ...]
    after: Token
    progress: float


class Reader(Protocol):
    """An opened file that passed every check that concerns the file as a whole.

    ``headers``: for each extract in the file, its headers as sent (for the file of refused rows). ``notes``: codes
    and details of what the receipt should mention (a sheet that was passed over).

    A reader that says ``needs_no_database = True`` is read ahead in a thread while the chunk before is being stored.
    """

    @property
    def headers(self) -> Mapping[str, Sequence[str]]: ...

    @property
    def notes(self) -> Sequence[tuple[str, Mapping[str, str]]]: ...

    def chunks(self, after: Token | None = None) -> Iterator[Chunk]:
        """The chunks after a token (from the start without). The same file gives the same chunks every time."""
        ...


@dataclass(frozen=True)
class RefusedLine:
    """A refused row for the file that is corrected and sent again."""

    extract: str
    row_no: int
    place: str
    original: Mapping[str, str]
    codes: Sequence[str]
    sentences: Sequence[str]
    sentences_in_english: Sequence[str]


class Format(Protocol):
    """A kind of file. ``suffixes`` (".csv") are what the page's drop zone offers."""

    @property
    def name(self) -> str: ...

    @property
    def label(self) -> str | Promise: ...

    @property
    def suffixes(self) -> tuple[str, ...]: ...

    def recognises(self, incoming: Incoming) -> bool:
        """Whether the file is meant to be of this format (by name or first bytes); not whether it is sound."""
        ...

    def open(self, incoming: Incoming) -> Reader:
        """Check the file as a whole. Raises FileRefused."""
        ...

    def template(self, extract: Extract) -> tuple[str, bytes] | None:
        """File name and contents of an empty table to fill in; None where the format has no such thing."""
        ...

    def refused_file(self, lines: Iterator[RefusedLine], headers: Mapping[str, Sequence[str]], folder: Path) -> Path:
        """Write the refused rows, with the reasons, so that the corrected file can be sent as it is."""
        ...


_formats: list[Format] = []


def register_format(kind: Format) -> None:
    """Add a format; the first that recognises a file reads it. Registering the same name twice is once."""
    if all(known.name != kind.name for known in _formats):
        _formats.append(kind)


def formats() -> list[Format]:
    """All formats, in the order they are tried."""
    return list(_formats)


def format_named(name: str) -> Format:
    """Raises LookupError when no such format is installed."""
    for known in _formats:
        if known.name == name:
            return known
    raise LookupError(f"no format {name}")
