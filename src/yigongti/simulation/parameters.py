"""The figures a county is simulated from: ``county.yaml``, then what a place replaces of it. Every one has a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from yigongti.simulation.draws import MILLION, Ints, Table

HERE = Path(__file__).parent
OLDEST = 110


class ParameterError(ValueError):
    """A parameter file that cannot be used; the message says which key and why."""


@dataclass(frozen=True)
class Parameters:
    """Values by dotted name (``visits.per_person``). Raises ParameterError for a name that is not there."""

    values: Mapping[str, Any]
    sources: Mapping[str, str]

    def __getitem__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise ParameterError(f"no parameter {name}") from None

    def group(self, prefix: str) -> dict[str, Any]:
        """The values under a prefix, by the rest of their names."""
        start = prefix + "."
        return {name.removeprefix(start): v for name, v in self.values.items() if name.startswith(start)}

    def by_age(self, name: str, scale: float = 1) -> Ints:
        """A figure keyed by first age, as an array over the ages 0 to 110, times ``scale`` and rounded."""
        return steps(self[name], scale)

    def percent_ppm(self, name: str) -> int:
        """A percentage as a chance in a million."""
        return round(self[name] * MILLION / 100)

    @cached_property
    def diseases(self) -> Diseases:
        return Diseases(yaml.safe_load((HERE / "diseases.yaml").read_text("utf-8")))


def steps(by_first_age: Mapping[int, float], scale: float = 1) -> Ints:
    """``{0: 5, 18: 7}`` → an array over the ages 0 to 110. Raises ParameterError when the first key isn't 0."""
    starts = sorted(by_first_age)
    if not starts or starts[0] != 0:
        raise ParameterError(f"ages must begin at 0: {dict(by_first_age)}")
    result = np.zeros(OLDEST + 1, dtype=np.int64)
    for start, end in pairwise([*starts, OLDEST + 1]):
        result[start:end] = round(by_first_age[start] * scale)
    return result


class Diseases:
    """The catalogue of illnesses as arrays, one place per disease."""

    AGES = (0, 6, 18, 45, 65)

    def __init__(self, catalogue: Mapping[str, Any]) -> None:
        rows: list[dict[str, Any]] = catalogue["diseases"]
        self.departments: list[str] = catalogue["departments"]
        self.code = [row["code"] for row in rows]
        self.name = [row["name"] for row in rows]
        self.department = np.array([self.departments.index(row["department"]) for row in rows])
        self.season = [row.get("season", "flat") for row in rows]
        self.needs = [row.get("needs") for row in rows]
        self.specialties = ["", *sorted({row["specialty"] for row in rows if "specialty" in row})]
        self.specialty = np.array([self.specialties.index(row.get("specialty", "")) for row in rows])
        self.emergency_ppm = self._column(rows, "emergency", 0) * 10_000
        self.tcm_ppm = self._column(rows, "tcm", 0) * 10_000
        self.grassroots = self._column(rows, "grassroots", 100)
        self.outside = self._column(rows, "outside", 100)
        self.cost = self._column(rows, "cost", 100)
        self.stay = self._column(rows, "stay", 5)
        self.delivery = self._column(rows, "delivery", 0)
        self.procedures = [list(row.get("procedures", {})) for row in rows]
        self.procedure_percents = [list(row.get("procedures", {}).values()) for row in rows]
        self.out_of = self._by_group(rows, "out")
        self.adm_of = self._by_group(rows, "adm")
        self.out_weights = self._mix(rows, "out")
        self.adm_weights = self._mix(rows, "adm")
        self.index = {code: i for i, code in enumerate(self.code)}

    @staticmethod
    def _column(rows: list[dict[str, Any]], name: str, default: int) -> Ints:
        return np.array([row.get(name, default) for row in rows], dtype=np.int64)

    def _by_group(self, rows: list[dict[str, Any]], name: str) -> Ints:
        """Weights by disease and age group, whoever has it."""
        return np.array([row.get(name, [0] * len(self.AGES)) for row in rows], dtype=np.int64)

    def _mix(self, rows: list[dict[str, Any]], name: str) -> list[list[int]]:
        """Weights by (age group × sex) row; even rows are men. What needs a condition is not in this mix."""
        table = []
        for group in range(len(self.AGES)):
            for sex in ("m", "f"):
                table.append(
                    [
                        0 if "needs" in row or row.get("sex", sex) != sex else row.get(name, [0] * 5)[group]
                        for row in rows
                    ]
                )
        return table

    def mix(self, name: str) -> Table:
        """The table to draw a disease from, by ``row_of(age, sex)``. ``name`` is out or adm."""
        return Table(self.out_weights if name == "out" else self.adm_weights)

    def group_of(self, age: Ints) -> Ints:
        """Age group of the mixes, for an age in years."""
        return np.searchsorted(self.AGES, age, side="right") - 1

    def row_of(self, age: Ints, sex: Ints) -> Ints:
        """Row of the mix: age in years, sex 1 (men) or 2."""
        return self.group_of(age) * 2 + (sex == 2)


def load(place_folder: Path | None = None) -> Parameters:
    """The county's figures with a place's replacements (``simulation.yaml`` in its policy folder, if there).

    Raises ParameterError for a figure without a source, or a replacement of a figure that does not exist.
    """
    values, sources = _leaves(HERE / "county.yaml")
    replacement = place_folder / "simulation.yaml" if place_folder else None
    if replacement is not None and replacement.exists():
        new_values, new_sources = _leaves(replacement)
        if unknown := sorted(set(new_values) - set(values)):
            raise ParameterError(f"{replacement}: no such figure: {', '.join(unknown)}")
        values |= new_values
        sources |= new_sources
    return Parameters(values, sources)


def _leaves(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}

    def walk(node: Any, name: str) -> None:
        if not isinstance(node, dict):
            raise ParameterError(f"{path}: {name} needs a value and a source")
        if "value" in node:
            if set(node) != {"value", "source"} or not node["source"]:
                raise ParameterError(f"{path}: {name} needs a value and a source, nothing else")
            values[name], sources[name] = node["value"], node["source"]
            return
        for key, child in node.items():
            walk(child, f"{name}.{key}" if name else key)

    walk(yaml.safe_load(path.read_text("utf-8")) or {}, "")
    return values, sources
