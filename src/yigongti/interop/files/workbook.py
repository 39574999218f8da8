"""Looking into an XLSX file before it is opened: is it one, would it burst, where are its formulas and merged cells.

The reader behind (calamine) trusts what it is given: it inflates whole sheets and lays out every cell between the first
and the last. So all of this is checked first, in constant memory, on the bytes themselves.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from yigongti.kernel.intake.api import FileRefused

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old .xls, or a workbook behind a password
MOST_ENTRIES = 2_000
MOST_MERGED = 5_000
PIECE = 256 * 1024
OVERLAP = 4 * 1024  # longer than any tag looked for

_TAG = rb"<(?:\w+:)?%b\s"
_NAME = rb"""\br\s*=\s*["']([A-Z]{1,3})(\d{1,7})["']"""
_CELL = re.compile(_TAG % b"c" + rb"[^>]*?" + _NAME)
_CELL_NAME = re.compile(_NAME)
_ROW = re.compile(_TAG % b"row" + rb"""[^>]*?\br\s*=\s*["'](\d{1,7})["']""")
_FORMULA = re.compile(_TAG % b"c" + rb"([^>]*)>\s*<(?:\w+:)?f[\s>/]")
_MERGED = re.compile(
    _TAG % b"mergeCell" + rb"""[^>]*?\bref\s*=\s*["']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["']"""
)
_OPENING = re.compile(_TAG % b"(?:c|row|mergeCell)")


def column_index(letters: bytes | str) -> int:
    """Position of a spreadsheet column, counted from 0: A → 0, AA → 26."""
    index = 0
    for letter in letters if isinstance(letters, bytes) else letters.encode():
        index = index * 26 + letter - 64
    return index - 1


@dataclass
class SheetFacts:
    """What the bytes of one sheet say. Rows count from 1; row 0 stands for a cell that doesn't name its row."""

    rows: int = 0
    columns: int = 0
    formulas: dict[int, str] = field(default_factory=dict)  # row → its first cell with a formula
    merged: list[tuple[int, int, str]] = field(default_factory=list)  # first row, last row, range


def guard(path: Path, *, most_bytes: int) -> None:
    """Raises FileRefused unless the file is a sound zip whose entries, really inflated, stay under ``most_bytes``.

    The sizes a zip declares are only a claim; every entry is inflated and counted, and the counting stops at the limit.
    """
    with path.open("rb") as stream:
        if stream.read(8) == OLE:
            raise FileRefused("old_excel")
    limit = f"{most_bytes // 2**20} MB"
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > most_bytes:
                raise FileRefused("zip_bomb", limit=limit)
            names = {entry.filename for entry in entries}
            if "xl/workbook.xml" not in names or any(entry.flag_bits & 1 for entry in entries):
                raise FileRefused("not_xlsx")
            left = most_bytes
            for entry in entries:
                for piece in _inflated(archive, entry):
                    left -= len(piece)
                    if left < 0:
                        raise FileRefused("zip_bomb", limit=limit)
                    if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
                        raise FileRefused("not_xlsx")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise FileRefused("not_xlsx") from error


def _inflated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The contents of an entry in small pieces, beyond the size it declares.

    ``ZipFile.open`` stops at the declared size, so an entry that lies about it would slip through.
    """
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile("unusual compression")
    assert archive.fp is not None
    archive.fp.seek(entry.header_offset)
    header = archive.fp.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("no local header")
    skip = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    archive.fp.seek(entry.header_offset + 30 + skip)
    if entry.compress_type == zipfile.ZIP_STORED:
        left = max(entry.compress_size, entry.file_size)
        while left > 0 and (piece := archive.fp.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while not inflater.eof:
        packed = inflater.unconsumed_tail or archive.fp.read(PIECE)
        if not packed:
            raise zipfile.BadZipFile("cut off")
        if piece := inflater.decompress(packed, PIECE):
            yield piece


def sheets(path: Path) -> dict[str, str]:
    """Names of the worksheets → their entries in the zip. Raises FileRefused."""
    try:
        with zipfile.ZipFile(path) as archive:
            book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - no DOCTYPE got past guard()
            relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
            names = set(archive.namelist())
    except (KeyError, ElementTree.ParseError, zipfile.BadZipFile) as error:
        raise FileRefused("not_xlsx") from error
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    found = {}
    for sheet in book.iter():
        if not sheet.tag.endswith("}sheet"):
            continue
        target = next((targets[v] for k, v in sheet.attrib.items() if k.endswith("}id") and v in targets), "")
        entry = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if entry in names and "worksheet" in entry:
            found[sheet.get("name", "")] = entry
    return found


def look_at_sheet(path: Path, entry: str) -> SheetFacts:
    """Read through one sheet's bytes for its extent, formulas and merged cells."""
    facts = SheetFacts()
    with zipfile.ZipFile(path) as archive, archive.open(entry) as stream:
        rest = b""
        while piece := stream.read(PIECE):
            seen = rest + piece
            cut = _cut(seen)
            _note(facts, seen[:cut])
            rest = seen[cut:]
        _note(facts, rest)
    return facts


def _cut(seen: bytes) -> int:
    """Where to cut so that no tag of interest, with a formula behind it, is split or counted twice."""
    tail = max(len(seen) - OVERLAP, 0)
    openings = [match.start() for match in _OPENING.finditer(seen, tail)]
    if openings:
        return openings[-1]
    last = seen.rfind(b"<", tail)
    return last if last >= 0 else len(seen)


def _note(facts: SheetFacts, xml: bytes) -> None:
    cells = _CELL.findall(xml)
    if cells:
        widest = max(cells, key=lambda cell: (len(cell[0]), cell[0]))
        facts.columns = max(facts.columns, column_index(widest[0]) + 1)
        facts.rows = max(facts.rows, max(int(row) for _letters, row in cells))
    for row in _ROW.findall(xml):
        facts.rows = max(facts.rows, int(row))
    for attributes in _FORMULA.findall(xml):
        if name := _CELL_NAME.search(b" " + attributes):
            facts.formulas.setdefault(int(name[2]), f"{name[1].decode()}{name[2].decode()}")
        else:
            facts.formulas.setdefault(0, "")
    for left, top, right, bottom in _MERGED.findall(xml):
        if len(facts.merged) >= MOST_MERGED:
            raise FileRefused("too_many_merged_cells", limit=MOST_MERGED)
        area = b"".join((left, top, b":", right, bottom)).decode()
        facts.merged.append((int(top), int(bottom), area))
