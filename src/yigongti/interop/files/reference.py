"""The tables of docs/intake-formats.md, written from the columns as data."""

from pathlib import Path

from django.utils.translation import override

from yigongti.interop.files.templates import KINDS, choices_in_words
from yigongti.kernel.intake.api import Column, Extract, extracts

BEGIN, END = "<!-- tables -->", "<!-- end of tables -->"


def reference() -> str:
    """Every table with its columns, as Markdown in English."""
    with override("en"):
        return "\n\n".join(_table(extract) for extract in extracts().values())


def brought_up_to_date(page: str) -> str:
    """The page with its tables as they are now. Raises ValueError when the marks are missing."""
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page needs {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{reference()}\n\n{END}{after}"


def write(path: Path) -> bool:
    """Bring a page up to date; returns whether it changed."""
    old = path.read_text(encoding="utf-8")
    new = brought_up_to_date(old)
    if new != old:
        path.write_text(new, encoding="utf-8")
    return new != old


def _table(extract: Extract) -> str:
    with override("zh-hans"):
        label = str(extract.label)
    lines = [f"### {extract.name} {label}", "", "| column | 列名 | holds | values and notes |", "|---|---|---|---|"]
    return "\n".join([*lines, *(_line(column) for column in extract.columns)])


def _line(column: Column) -> str:
    name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
    label = "、".join((column.label, *column.aliases))
    kind = KINDS[column.kind][1] + (", key" if column.key else "")
    notes = "；".join(text for text in (choices_in_words(column), str(column.note)) if text)
    return f"| {name} | {label} | {kind} | {notes} |"
