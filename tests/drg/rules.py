"""A place's rules changed for a test: the project's policies with some values of payment by group replaced."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from yigongti.kernel.policy import api as policy

START = date(2024, 1, 1)


class _Plain(yaml.SafeDumper):
    """Writes a value that stands twice out twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


@contextmanager
def drg_rules(folder: Path, **changed: Any) -> Iterator[None]:
    """``readmission_rule="merged"`` sets drg.readmission.rule from 2024 on; a list of (day, value) sets it dated."""
    copy = folder / "policies"
    shutil.copytree(settings.POLICIES, copy, dirs_exist_ok=True)
    path = copy / "national" / "drg.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name, value in changed.items():
        dated = value if isinstance(value, list) and value and isinstance(value[0], tuple) else [(START, value)]
        content["values"]["drg." + name.replace("__", ".")] = [{"from": on, "value": one} for on, one in dated]
    path.write_text(yaml.dump(content, Dumper=_Plain, allow_unicode=True), encoding="utf-8")
    with policy.reading(copy):
        yield
