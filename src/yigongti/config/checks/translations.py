"""Every Chinese text of the platform has its English: marked for translation, and in some catalogue, not fuzzy.

The texts in the source are Chinese; each app brings its English in ``locale/en/LC_MESSAGES/django.po``.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from yigongti.config.checks.messages import CHINESE, Message, in_python, in_template, unmarked_in_template
from yigongti.config.setup.translations import sources
from yigongti.config.supervise.paths import ROOT
from yigongti.config.tree import SOURCE

PLACEHOLDER = re.compile(r"%\((\w+)\)|(?<!\{)\{(\w+)\}")

Key = tuple[str | None, str]


def main() -> int:
    """Exit status: 0 without a complaint; complaints are printed."""
    complaints = list(faults(SOURCE, sources()))
    print("\n".join(complaints))
    return 1 if complaints else 0


def faults(source: Path, catalogues: list[Path]) -> Iterator[str]:
    """What is wrong with the translations below a source folder, one line each."""
    known: dict[Key, list[str]] = {}
    for file in catalogues:
        try:
            with file.open("rb") as open_file:
                catalogue = read_po(open_file, locale="en", abort_invalid=True)
        except (PoFileError, UnicodeDecodeError) as error:
            yield f"{_place(file)}: {error}"
            continue
        yield from _wrong_placeholders(file, catalogue)
        known |= _translated(catalogue)
    reported: set[Key] = set()
    for message in _messages(source):
        key = (message.context, message.text)
        if not CHINESE.search(message.text) or key in reported:
            continue
        if not all(known.get(key, [""])):
            reported.add(key)
            yield f"{_place(message.file)}:{message.line}: no English for {message.text!r}"
    for template in _templates(source):
        for line, text in unmarked_in_template(template):
            yield f"{_place(template)}:{line}: Chinese outside a translate tag: {text[:60]}"


def _messages(source: Path) -> Iterator[Message]:
    for file in sorted(source.rglob("*.py")):
        if not {"tests", "migrations"} & set(file.parts):
            yield from in_python(file)
    for file in _templates(source):
        yield from in_template(file)


def _templates(source: Path) -> Iterator[Path]:
    for folder in sorted(source.rglob("templates")):
        if folder.is_dir() and "tests" not in folder.parts:
            yield from sorted(file for file in folder.rglob("*") if file.suffix in (".html", ".txt", ".svg"))


def _translated(catalogue: Catalog) -> dict[Key, list[str]]:
    found: dict[Key, list[str]] = {}
    for entry in catalogue:
        if not entry.id or entry.fuzzy:
            continue
        text = entry.id if isinstance(entry.id, str) else entry.id[0]
        strings = [entry.string] if isinstance(entry.string, str) else list(entry.string or [""])
        if all(strings):
            found[entry.context, text] = strings
    return found


def _wrong_placeholders(file: Path, catalogue: Catalog) -> Iterator[str]:
    """A name in the English that the Chinese does not give is an error on the page; one left out is a lost fact.

    A singular may leave the number out ("one day"), the last form may not.
    """
    for entry in catalogue:
        if not entry.id or entry.fuzzy or not entry.string:
            continue
        texts = [entry.id] if isinstance(entry.id, str) else list(entry.id)
        strings = [entry.string] if isinstance(entry.string, str) else list(entry.string)
        given = {name for text in texts for name in PLACEHOLDER.findall(text)}
        used = [set(PLACEHOLDER.findall(string)) for string in strings if string]
        if used and (used[-1] != given or any(names - given for names in used)):
            yield f"{_place(file)}:{entry.lineno}: other placeholders than in {texts[0]!r}"


def _place(file: Path) -> str:
    return str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else str(file)


if __name__ == "__main__":
    sys.exit(main())
