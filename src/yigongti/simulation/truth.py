"""What the measures must come to, added up from the rows themselves while they are written.

Claims count in the month of their settlement; all of a simulated year's claims are settled within it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from yigongti.simulation.dirt import OUTCOME, REFUSED
from yigongti.simulation.place import Place


class Sums:
    """Numerators and denominators of the first measures. Rows that will be refused don't count."""

    def __init__(self, place: Place) -> None:
        self._grass_roots = {site.key: site.is_grass_roots for site in place.sites}
        self._claims: dict[str, int] = {}
        self._encounters: dict[str, int] = {}
        self._by_month = np.zeros((12, 2), dtype=np.int64)

    def add(self, extract: str, sender: str, rows: pl.DataFrame, soiled: pl.DataFrame) -> None:
        """Rows of one sender: as they were made, and as they stand in the file (with what is sent twice or blank)."""
        if extract not in ("claims", "encounters"):
            return
        kept = soiled.filter(~pl.col("_dirt").is_in(["resent", "blank_line"]))["_dirt"]
        sound = rows.filter(kept.replace_strict(OUTCOME) != REFUSED)
        if extract == "claims":
            self._add_claims(sound)
        else:
            self._add_encounters(sender, sound)

    def _add_claims(self, sound: pl.DataFrame) -> None:
        for (setting, inside), group in sound.group_by("setting", "inside_county"):
            side = "inside" if inside else "outside"
            for name, number in (
                ("count", group.height),
                ("total_fen", int(group["total_yuan"].sum())),
                ("fund_fen", int(group["fund_yuan"].sum())),
            ):
                key = f"{setting}.{side}.{name}"
                self._claims[key] = self._claims.get(key, 0) + number
        seen = sound.filter(pl.col("setting").is_in(["outpatient", "emergency"]))
        month = seen["settled_at"].dt.month().to_numpy() - 1
        self._by_month[:, 0] += np.bincount(month[seen["inside_county"].to_numpy()], minlength=12)
        self._by_month[:, 1] += np.bincount(month, minlength=12)

    def _add_encounters(self, sender: str, sound: pl.DataFrame) -> None:
        stays = sound.filter(pl.col("setting") == "inpatient").height
        visits = sound.height - stays
        for name, number in (
            ("visits", visits),
            ("grass_roots_visits", visits if self._grass_roots[sender] else 0),
            ("admissions", stays),
        ):
            self._encounters[name] = self._encounters.get(name, 0) + number

    def as_dict(self) -> dict[str, Any]:
        """The sums, and the shares (in %) they make."""
        claims = self._claims

        def share(settings: tuple[str, ...], what: str) -> float | None:
            inside = sum(claims.get(f"{s}.inside.{what}", 0) for s in settings)
            outside = sum(claims.get(f"{s}.outside.{what}", 0) for s in settings)
            return round(100 * inside / (inside + outside), 3) if inside + outside else None

        treated = ("outpatient", "emergency", "inpatient")
        visits = self._encounters.get("visits", 0)
        return {
            "claims": dict(sorted(claims.items())),
            "encounters": dict(sorted(self._encounters.items())),
            "in_county_visits_percent": share(("outpatient", "emergency"), "count"),
            "in_county_admissions_percent": share(("inpatient",), "count"),
            "in_county_fund_percent": share(treated, "fund_fen"),
            "grass_roots_visits_percent": (
                round(100 * self._encounters.get("grass_roots_visits", 0) / visits, 3) if visits else None
            ),
            "in_county_visits_by_month": [[int(inside), int(all_)] for inside, all_ in self._by_month],
        }
