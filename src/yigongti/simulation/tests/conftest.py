"""One small county for all tests of the simulation: made once, never changed."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from yigongti.simulation import county, parameters, people, place
from yigongti.simulation.parameters import Parameters
from yigongti.simulation.people import People, Span
from yigongti.simulation.place import POLICIES, Place
from yigongti.simulation.tables import Office, Tables

RESIDENTS = 6_000


@pytest.fixture(scope="session")
def figures() -> Parameters:
    return parameters.load(POLICIES / "kunshan")


@pytest.fixture(scope="session")
def kunshan(figures: Parameters) -> Place:
    return place.read("kunshan", figures)


@pytest.fixture(scope="session")
def crowd(figures: Parameters, kunshan: Place) -> People:
    return people.make(Span(seed=3, chunk=0, chunks=1, first=0, residents=20_000), figures, kunshan)


@pytest.fixture(scope="session")
def year(figures: Parameters, kunshan: Place, crowd: People) -> Tables:
    return Office(figures, kunshan).tables(Span(seed=3, chunk=0, chunks=1, first=0, residents=20_000), crowd)


@dataclass(frozen=True)
class Exports:
    folder: Path
    summary: dict[str, Any]

    def files(self) -> list[Path]:
        return sorted(p for p in self.folder.iterdir() if p.is_file())

    def truth(self, file: Path) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "_truth" / "rows" / f"{file.name}.parquet")


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    folder = tmp_path_factory.mktemp("county")
    county.simulate("kunshan", RESIDENTS, 11, folder)
    return Exports(folder, json.loads((folder / "_truth" / "summary.json").read_text("utf-8")))
