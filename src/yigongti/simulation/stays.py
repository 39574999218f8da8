"""What a stay's papers say beside its main diagnosis: further diagnoses, operations, department, way of leaving."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from yigongti.simulation.calendar import INPATIENT
from yigongti.simulation.draws import Draws, Ints, expand
from yigongti.simulation.parameters import Parameters
from yigongti.simulation.people import People
from yigongti.simulation.visits import Visits

BETWEEN = "|"  # several codes in one cell


@dataclass(frozen=True)
class Further:
    """Diagnoses of visits, one row each: whose (place among the visits), its rank (0 is the main one), the disease."""

    visit: Ints
    rank: Ints
    disease: Ints


class Papers:
    """Draws diagnoses and procedures. Holds what all chunks share."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters, self.diseases = parameters, parameters.diseases

    def diagnoses(self, people: People, visits: Visits, draws: Draws) -> Further:
        """Of all stays and of some visits: the main one, what the person has, then what comes with age."""
        p = self.parameters
        stay = visits.setting == INPATIENT
        sent = stay | draws.chance(p.percent_ppm("diagnoses_of_visits_percent"), len(visits))
        of = np.flatnonzero(sent)
        mean = p.by_age("admissions.other_diagnoses_mean", 1000)[people.age[visits.person[of]]]
        mean = np.where(stay[of], mean, mean // 4)
        more = np.minimum(draws.poisson(mean), 7)
        of, row = of[expand(more + 1)], expand(more + 1)
        rank = np.arange(len(of)) - np.repeat(np.cumsum(more + 1) - (more + 1), more + 1)
        person = visits.person[of]
        disease = visits.disease[of].copy()
        further = rank > 0
        ages, sexes = people.age[person[further]], people.sex[person[further]]
        disease[further] = draws.pick(self.diseases.mix("out"), self.diseases.row_of(ages, sexes))
        turn = np.ones(len(of), dtype=np.int64)
        for key, figures in p.group("conditions").items():
            # the person's own conditions come in the first places after the main diagnosis
            number_of = self.diseases.index.get(figures["code"])
            if number_of is None:
                continue
            here = people.known[key][person] & (rank == turn) & (visits.disease[of] != number_of)
            disease[here] = number_of
            placed = np.zeros(len(more), dtype=bool)
            placed[row[here]] = True
            turn += placed[row]
        # nothing twice in one visit
        seen = pl.DataFrame({"row": row, "disease": disease})
        keep = seen.select(pl.struct("row", "disease").is_first_distinct()).to_series().to_numpy()
        of, row, disease = of[keep], row[keep], disease[keep]
        rank = np.arange(len(of)) - np.maximum.accumulate(
            np.where(np.append(True, row[1:] != row[:-1]), np.arange(len(of)), 0)
        )
        return Further(of, rank, disease)

    def other_codes(self, further: Further, visits: int) -> pl.Series:
        """Codes of the diagnoses after the main one, for each of so many visits; "" for none."""
        after = further.rank > 0
        codes = pl.DataFrame(
            {"visit": further.visit[after], "code": np.array(self.diseases.code)[further.disease[after]]}
        )
        joined = codes.group_by("visit", maintain_order=True).agg(pl.col("code").str.join(BETWEEN))
        every = pl.DataFrame({"visit": np.arange(visits)})
        return every.join(joined, on="visit", how="left", maintain_order="left")["code"].fill_null("")

    def procedure_codes(self, visits: Visits, draws: Draws) -> pl.Series:
        """The main operation of each stay with what went with it; "" for none."""
        ticket = draws.below(100, len(visits))
        found = np.full(len(visits), "", dtype=object)
        for number, codes in enumerate(self.diseases.procedures):
            upper = np.cumsum(self.diseases.procedure_percents[number])
            of = np.flatnonzero((visits.disease == number) & (visits.setting == INPATIENT))
            if len(codes) and len(of):
                choice = np.searchsorted(upper, ticket[of], side="right")
                found[of] = np.array([*codes, ""], dtype=object)[choice]
        return pl.Series(found.tolist(), dtype=pl.String)
