"""Reads what is marked for translation, and what should be: in Python, in templates, without GNU gettext."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from babel.messages.extract import extract_python
from django.template.base import Lexer, Token, TokenType
from django.utils.translation.template import templatize

CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
KEYWORDS = dict.fromkeys(
    (
        "_",
        *(f"gettext{kind}" for kind in ("", "_lazy", "_noop")),
        *(f"{prefix}gettext{kind}" for prefix in ("n", "p", "np") for kind in ("", "_lazy")),
    )
)
# A template line that carries this comment shows its Chinese to readers of every language (a name, a switch).
KEPT = "zh:"

_LITERAL = r"u?(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")"
_CALL = re.compile(rf"(?:^|\s)(n?p?gettext|_)\(\s*({_LITERAL}(?:\s*,\s*{_LITERAL})*)\s*(?:,\s*count\s*)?\)")


@dataclass(frozen=True)
class Message:
    """A text marked for translation: its context (or None), the text, its plural (or None), and where."""

    context: str | None
    text: str
    plural: str | None
    file: Path
    line: int


def in_python(file: Path) -> Iterator[Message]:
    """Messages marked in a Python file."""
    with file.open("rb") as source:
        for line, function, texts, _comments in extract_python(source, KEYWORDS, [], {"encoding": "utf-8"}):
            if function:
                parts = [texts] if isinstance(texts, str) else list(texts)
                yield _message(str(function).removesuffix("_lazy").removesuffix("_noop"), parts, file, line)


def in_template(file: Path) -> Iterator[Message]:
    """Messages marked in a template. Raises SyntaxError for a tag inside a translated block."""
    marked = templatize(file.read_text(encoding="utf-8"), origin=str(file))
    for call in _CALL.finditer(marked):
        texts = [ast.literal_eval(text) for text in re.findall(_LITERAL, call.group(2))]
        yield _message(call.group(1), texts, file, marked.count("\n", 0, call.start(1)) + 1)


def _message(function: str, texts: Sequence[str | None], file: Path, line: int) -> Message:
    rest = [text for text in texts if text is not None]
    context = rest.pop(0) if function.startswith(("p", "np")) else None
    plural = rest[1] if function.startswith("n") and len(rest) > 1 else None
    return Message(context, rest[0] if rest else "", plural, file, line)


def unmarked_in_template(file: Path) -> Iterator[tuple[int, str]]:
    """Chinese in a template that no translate tag holds: line and text."""
    source = file.read_text(encoding="utf-8")
    lines = source.splitlines()
    inside = ""
    for token in Lexer(source).tokenize():
        word = token.contents.split()[0] if token.contents.split() else ""
        if token.token_type == TokenType.BLOCK and inside:
            inside = "" if word == "end" + inside else inside
        elif token.token_type == TokenType.BLOCK and word in ("blocktranslate", "blocktrans", "comment"):
            inside = word
        elif not inside and token.token_type != TokenType.COMMENT:
            for offset, text in _unmarked(token):
                line = (token.lineno or 1) + offset
                if KEPT not in lines[line - 1]:
                    yield line, text


def _unmarked(token: Token) -> Iterator[tuple[int, str]]:
    text = token.contents
    if token.token_type == TokenType.TEXT:
        text = re.sub(r"<!--.*?-->", lambda comment: "\n" * comment.group().count("\n"), text, flags=re.DOTALL)
    else:
        text = re.sub(rf"_\(\s*{_LITERAL}\s*\)", "", text)
        text = re.sub(rf"^\s*trans(?:late)?\s+{_LITERAL}", "", text)
    for offset, line in enumerate(text.split("\n")):
        if CHINESE.search(line):
            yield offset, line.strip()
