"""Small tables of codes for tests."""

from collections.abc import Iterable
from pathlib import Path

from yigongti.domains.base.terminology.services import describe_system
from yigongti.kernel.access.api import system_actor

ACTOR = system_actor("test")


def made_system(key: str = "illness", kind: str = "classification") -> str:
    """A code system without editions; its key."""
    return describe_system(key, kind=kind, name="测试编码", actor=ACTOR).key


def table(folder: Path, *lines: str, header: str = "code,name", name: str = "codes.csv") -> Path:
    """A CSV file in UTF-8."""
    path = folder / name
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def codes(rows: Iterable[object]) -> list[str]:
    """The codes of what a selector returned."""
    return [row.code for row in rows]  # type: ignore[attr-defined]
