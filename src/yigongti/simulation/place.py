"""The institutions of a place as the simulation needs them: who treats, at which level, who sends claims."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import yaml

from yigongti.simulation.draws import Ints, Table
from yigongti.simulation.parameters import ParameterError, Parameters

POLICIES = Path(__file__).resolve().parents[3] / "policies"
LEVELS = ("outside", "tertiary", "secondary", "primary", "village")
OUTSIDE, TERTIARY, SECONDARY, PRIMARY, VILLAGE = range(5)

# what a name says after the town's own name
_KIND_IN_NAME = re.compile(r"(镇|乡|街道)?(中心)?((社区)?卫生(服务)?(中心|站|院|室)|医院)$")


@dataclass(frozen=True)
class Site:
    """A body that treats people. ``code`` is its number in the insurance's register of institutions."""

    key: str
    name: str
    code: str
    level: int
    weight: int
    attracts: dict[str, int]
    outside_percent: int = 100
    grassroots_percent: int = 100
    town: str = ""
    area: str = ""
    near: tuple[str, ...] = ()

    @property
    def inside(self) -> bool:
        return self.level != OUTSIDE

    @property
    def is_grass_roots(self) -> bool:
        return self.level in (PRIMARY, VILLAGE)


@dataclass(frozen=True)
class Place:
    """``sites``: institutions of the county, then hospitals outside. ``homes``: sites that look after residents."""

    key: str
    region: str
    name: str
    bureau: str | None
    sites: tuple[Site, ...]
    homes: Ints
    hospitals: Ints
    outside: Ints

    @cached_property
    def level(self) -> Ints:
        return np.array([site.level for site in self.sites], dtype=np.int64)

    @cached_property
    def home_table(self) -> Table:
        return Table([self.sites[i].weight for i in self.homes])

    def hospital_table(self, specialties: list[str]) -> Table:
        """Hospitals of the county, by row home × specialty."""
        return Table(
            [
                [self._pull(self.sites[h], specialty, self.sites[home]) for h in self.hospitals]
                for home in self.homes
                for specialty in specialties
            ]
        )

    def outside_table(self, specialties: list[str]) -> Table:
        """Hospitals outside the county, by row home × specialty."""
        return Table(
            [
                [self._pull(self.sites[h], specialty, self.sites[home]) for h in self.outside]
                for home in self.homes
                for specialty in specialties
            ]
        )

    def neighbour_table(self) -> Table:
        """Grass-roots sites a home's people use: nearly always their own, else one of the same area."""
        rows = []
        for i in self.homes:
            own = self.sites[i]
            rows.append([400 if i == j else 3 if own.area == self.sites[j].area else 1 for j in self.homes])
        return Table(rows)

    @staticmethod
    def _pull(hospital: Site, specialty: str, home: Site) -> float:
        attracted = hospital.attracts.get(specialty or "other", hospital.attracts.get("other", 100))
        same_town = bool(home.town) and home.town == hospital.town
        nearness = 9 if same_town else 6 if hospital.key in home.near else 2 if hospital.area == home.area else 1
        return hospital.weight * attracted / 100 * nearness


def read(key: str, parameters: Parameters, policies: Path = POLICIES) -> Place:
    """The place from ``policies/<key>/organisations.yaml``.

    Raises ParameterError when there is no such place, or nobody in it treats people.
    """
    path = policies / key / "organisations.yaml"
    if not path.exists():
        known = sorted(p.parent.name for p in policies.glob("*/organisations.yaml"))
        raise ParameterError(f"no place {key}: there are {', '.join(known) or 'none'}")
    document = yaml.safe_load(path.read_text("utf-8"))
    organisations: list[dict[str, Any]] = document["organisations"]
    region = next((str(o["division"]) for o in organisations if o.get("division")), "")
    if not re.fullmatch(r"\d{6}", region):
        raise ParameterError(f"{path}: no organisation has a division of six digits")
    kinds: dict[str, dict[str, Any]] = parameters["kinds"]
    own: dict[str, dict[str, Any]] = parameters["institutions"]
    treating = [o for o in organisations if o.get("institution_kind") in kinds]
    if unknown := sorted(set(own) - {o["key"] for o in treating}):
        raise ParameterError(f"{key}: simulation.yaml speaks of unknown institutions: {', '.join(unknown)}")
    if not treating:
        raise ParameterError(f"{path} names nobody who treats people: nothing to simulate")
    sites = [_site(o, kinds[o["institution_kind"]] | own.get(o["key"], {}), parameters, region) for o in treating]
    inside = len(sites)
    sites += [
        Site(o.get("key", f"outside_{i}"), o["name"], o["code"], OUTSIDE, o["weight"], o.get("attracts", {}))
        for i, o in enumerate(parameters["outside_hospitals"])
    ]
    if lost := sorted({name for site in sites for name in site.near} - {site.key for site in sites}):
        raise ParameterError(f"{key}: simulation.yaml puts towns near unknown hospitals: {', '.join(lost)}")
    level = np.array([site.level for site in sites])
    homes = np.flatnonzero((level == PRIMARY) | (level == VILLAGE))
    hospitals = np.flatnonzero((level == TERTIARY) | (level == SECONDARY))
    everyone = np.arange(inside)
    bureau = next((o["key"] for o in organisations if o.get("institution_kind") == "insurance_body"), None)
    return Place(
        key=key,
        region=region,
        name=organisations[0]["name"],
        bureau=bureau,
        sites=tuple(sites),
        homes=homes if len(homes) else everyone,
        hospitals=hospitals if len(hospitals) else everyone,
        outside=np.arange(inside, len(sites)),
    )


def _site(organisation: dict[str, Any], figures: dict[str, Any], parameters: Parameters, region: str) -> Site:
    key = organisation["key"]
    difference: dict[str, list[int]] = parameters["unexplained_difference"]

    def drawn(name: str) -> int:
        low, high = difference[name]
        return low + crc32(f"{name}:{key}".encode()) % (high - low + 1)

    level = LEVELS.index(figures["level"])
    weight = figures["weight"]
    if level in (PRIMARY, VILLAGE) and "people" not in figures:
        weight = weight * drawn("people") // 100
    towns = organisation.get("towns") or []
    return Site(
        key=key,
        name=organisation["name"],
        code=f"H{region}{crc32(key.encode()) % 100_000:05d}",
        level=level,
        weight=figures.get("people", weight),
        attracts=figures.get("attracts", {}),
        outside_percent=figures.get("outside", drawn("outside")),
        grassroots_percent=figures.get("grassroots", drawn("grassroots")),
        town=towns[0] if towns else _KIND_IN_NAME.sub("", organisation["name"].split("（")[0]),
        area=organisation.get("parent", ""),
        near=tuple(figures.get("near", ())),
    )
