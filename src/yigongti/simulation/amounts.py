"""What care cost and what the fund paid, in fen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yigongti.simulation.calendar import INPATIENT
from yigongti.simulation.draws import MILLION, Draws, Ints
from yigongti.simulation.parameters import Parameters
from yigongti.simulation.place import LEVELS, Place
from yigongti.simulation.visits import SETTINGS, Visits


@dataclass(frozen=True)
class Amounts:
    """Per visit, in fen; ``total = fund + own``."""

    total: Ints
    fund: Ints

    @property
    def own(self) -> Ints:
        return self.total - self.fund


class Prices:
    """Costs and fund shares by setting, level and insurance kind."""

    def __init__(self, parameters: Parameters, place: Place) -> None:
        self._place = place
        self._diseases = parameters.diseases
        by_setting = [parameters[f"costs.{s}"] for s in ("outpatient", "emergency", "inpatient", "outpatient")]
        self._usual = np.array([[cost[level] * 100 for level in LEVELS] for cost in by_setting], dtype=np.int64)
        self._spread = [cost["spread"] for cost in by_setting]
        self._pharmacy = parameters["costs.pharmacy"]
        self._shares = {kind: parameters[f"fund.{kind}"] for kind in ("outpatient", "inpatient", "pharmacy")}
        self._share_spread = parameters["fund.spread"]

    def of(self, visits: Visits, insurance: NDArray[np.str_], draws: Draws) -> Amounts:
        """Amounts of visits and stays. A stay costs more the longer it is; planned follow-up costs three quarters."""
        level = self._place.level[visits.site]
        n = len(visits)
        total = self._usual[visits.setting, level] * self._diseases.cost[visits.disease] // 100
        for setting in range(len(SETTINGS)):
            chosen = visits.setting == setting
            total[chosen] = total[chosen] * draws.lognormal_ppm(self._spread[setting], int(chosen.sum())) // MILLION
        stays = visits.setting == INPATIENT
        length = visits.stay * 100 // np.maximum(self._diseases.stay[visits.disease], 1)
        total = np.where(stays, total * (40 + length * 6 // 10) // 100, total)
        total = np.where(visits.planned, total * 3 // 4, total)
        total = np.maximum(total, 300 + draws.below(900, n))
        kind = np.where(stays, "inpatient", "outpatient")
        return Amounts(total, self._fund(total, kind, level, insurance, draws))

    def of_purchases(self, insurance: NDArray[np.str_], draws: Draws) -> Amounts:
        """Amounts of purchases in retail pharmacies."""
        n = len(insurance)
        total = self._pharmacy["primary"] * 100 * draws.lognormal_ppm(self._pharmacy["spread"], n) // MILLION
        level = np.full(n, LEVELS.index("primary"))
        return Amounts(total, self._fund(total, np.full(n, "pharmacy"), level, insurance, draws))

    def _fund(
        self, total: Ints, kind: NDArray[np.str_], level: Ints, insurance: NDArray[np.str_], draws: Draws
    ) -> Ints:
        share = np.zeros(len(total), dtype=np.int64)
        for name, by_insurance in self._shares.items():
            for insured_as, by_level in by_insurance.items():
                chosen = (kind == name) & (insurance == insured_as)
                share[chosen] = np.array([by_level[at] * 10 for at in LEVELS], dtype=np.int64)[level[chosen]]
        vary = draws.normal_milli(len(total)) * self._share_spread * 10 // 1000
        share = np.where(share > 0, np.clip(share + vary, 0, 950), 0)
        return total * share // 1000
