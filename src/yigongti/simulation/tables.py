"""The rows member institutions would send: one typed frame per extract, in the columns of the intake contract.

A frame has the contract's columns (days as Date, moments as Datetime, money in fen) and, beside them, ``_sender``
(number of the institution), ``_person`` (number of the person in the truth) and ``_slip`` (how it was mistyped).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from yigongti.simulation.amounts import Amounts, Prices
from yigongti.simulation.calendar import INPATIENT, PHARMACY
from yigongti.simulation.charges import Charges
from yigongti.simulation.draws import Bools, Draws, Ints, Table, expand
from yigongti.simulation.parameters import Parameters
from yigongti.simulation.people import RELATIONS, People, Span
from yigongti.simulation.place import OUTSIDE, Place
from yigongti.simulation.readings import Readings
from yigongti.simulation.registrations import Desks, Registrations
from yigongti.simulation.stays import Further, Papers
from yigongti.simulation.visits import HOME, SETTINGS, Visits, Year, is_grass_roots

EXTRACTS = ("residents", "encounters", "diagnoses", "measurements", "claims", "claim_items")
_PREFIX = np.array(["MZ", "JZ", "ZY", "SM"])  # 门诊, 急诊, 住院, 上门
_PERSON = ("patient_no", "name", "sex", "birth_date", "id_type", "id_number", "phone")


@dataclass
class Tables:
    """What one chunk of people sends: frames by extract; ``misdeeds``: claims whose bill is wrong, and how."""

    frames: dict[str, pl.DataFrame]
    misdeeds: pl.DataFrame
    people: People
    visits: Visits


class Office:
    """Turns people and their visits into rows. Holds what all chunks share."""

    def __init__(self, parameters: Parameters, place: Place) -> None:
        self.parameters, self.place = parameters, place
        self.year = Year(parameters, place)
        self.diseases = parameters.diseases
        self.desks = Desks(parameters, place)
        self.prices = Prices(parameters, place)
        self.readings = Readings(parameters)
        self.papers = Papers(parameters)
        self.charges = Charges()
        given = ["建国", "敏", "丽华", "志强", "芳", "磊"]
        self._doctors = np.array([surname + name for surname in "王李张刘陈杨赵黄周吴徐孙" for name in given])
        self._first = np.datetime64(f"{parameters['year']}-01-01", "m")

    def tables(self, span: Span, people: People) -> Tables:
        """All rows about the people of a chunk."""
        draws = Draws(span.seed, "year", span.chunk)
        visits = self.year.of(people, draws)
        order = np.lexsort((np.arange(len(visits)), visits.minute, visits.day, visits.site))
        visits = visits.keep(order)
        amounts = self.prices.of(visits, people.insurance[visits.person], draws)
        inside = self.place.level[visits.site] != OUTSIDE

        rows = Draws(span.seed, "registrations", span.chunk)
        second = self.desks.second_numbers(visits.person, visits.site, rows) & inside
        residents = np.flatnonzero(people.resident)
        home = self.place.homes[people.home[residents]]
        no = np.zeros(len(residents), dtype=bool)
        insured = np.flatnonzero(people.insured_here)
        known = self.desks.register(
            people,
            np.concatenate([visits.person[inside], residents, insured]),
            np.concatenate([visits.site[inside], home, np.full(len(insured), self.desks.bureau)]),
            np.concatenate([second[inside], no, np.zeros(len(insured), dtype=bool)]),
            rows,
        )
        frames = {"residents": self._residents(people, residents, home, known)}
        here = np.flatnonzero(inside)
        visits_here = visits.keep(here)
        desk = known.rows(visits_here.person, visits_here.site, second[here])
        number = self._numbers(span, visits_here)
        frames["encounters"] = self._encounters(people, visits_here, amounts.total[here], desk, number, known, draws)
        further = self.papers.diagnoses(people, visits_here, draws)
        frames["diagnoses"] = self._diagnoses(people, visits_here, further, desk, number, known)
        frames["measurements"] = self._measurements(people, visits_here, desk, number, known, draws)
        misdeeds = pl.DataFrame(schema={"claim_no": pl.String, "misdeed": pl.String})
        if self.place.bureau is not None:
            papers = self._stay_papers(span, people, visits, inside, further, frames["encounters"])
            frames["claims"] = self._claims(span, people, visits, amounts, papers, known, draws)
            frames["claim_items"], misdeeds = self._charge_lines(
                frames["claims"], Draws(span.seed, "charges", span.chunk)
            )
        return Tables(frames, misdeeds, people, visits)

    # the extracts

    def _person(self, known: Registrations, rows: Ints, people: People, person: Ints, sender: Ints) -> pl.DataFrame:
        return (
            known.frame[rows]
            .select(*_PERSON, pl.col("slip").alias("_slip"))
            .with_columns(pl.Series("_sender", sender), pl.Series("_person", people.number[person]))
        )

    def _residents(self, people: People, who: Ints, home: Ints, known: Registrations) -> pl.DataFrame:
        names = np.array([site.name for site in self.place.sites])
        rows = known.rows(who, home, np.zeros(len(who), dtype=bool))
        frame = self._person(known, rows, people, who, home).with_columns(
            address=people.address.gather(who),
            household_no=pl.Series(people.household[who]).cast(pl.String).str.zfill(8),
            relation_to_head=pl.Series(np.array(RELATIONS)[people.relation[who]]),
            managing_institution=pl.Series(names[home]),
            insurance_kind=pl.Series(people.insurance[who]),
            card_no=pl.Series(np.where(people.insured_here[who], people.card[who], "")),
        )
        return frame.sort("_sender", maintain_order=True)

    def _numbers(self, span: Span, visits: Visits) -> pl.Series:
        """Numbers like ``MZ250314007000123``: kind, day, chunk, place in the chunk."""
        at = self._moments(visits.day, visits.minute)
        frame = pl.DataFrame({"kind": _PREFIX[visits.setting], "at": at, "n": np.arange(len(visits))})
        n = pl.col("n").cast(pl.String).str.zfill(6)
        day = pl.col("at").dt.strftime("%y%m%d")
        return frame.select(pl.concat_str("kind", day, pl.lit(f"{span.chunk:03d}"), n)).to_series()

    def _moments(self, day: Ints, minute: Ints) -> pl.Series:
        return pl.Series((self._first + (day * 1440 + minute).astype("timedelta64[m]")).astype("datetime64[us]"))

    def _ends(self, visits: Visits, draws: Draws) -> pl.Series:
        """Discharge in the forenoon of the last day; nothing for other visits."""
        end = self._moments(visits.day + visits.stay, 480 + draws.below(240, len(visits)))
        frame = pl.DataFrame({"end": end, "stay": visits.setting == INPATIENT})
        return frame.select(pl.when("stay").then("end")).to_series()

    def _encounters(
        self,
        people: People,
        visits: Visits,
        total: Ints,
        desk: Ints,
        number: pl.Series,
        known: Registrations,
        draws: Draws,
    ) -> pl.DataFrame:
        n = len(visits)
        department = np.array(self.diseases.departments)[self.diseases.department[visits.disease]]
        level = self.place.level[visits.site]
        tcm = draws.chance(_tcm_ppm(self.diseases.tcm_ppm[visits.disease], level))
        grass_roots = is_grass_roots(level)
        department = np.where(visits.setting == 1, "急诊科", np.where(grass_roots, "全科", department))
        department = np.where(tcm & ~(visits.setting == 1), "中医科", department)
        way = np.array(["1", "2", "4"])[draws.pick(Table([94, 4, 2]), n=n)]
        way = np.where(visits.died, "5", way)
        doctor = self._doctors[(visits.site * 5 + draws.below(9, n) * 7) % len(self._doctors)]
        return self._person(known, desk, people, visits.person, visits.site).with_columns(
            encounter_no=number,
            setting=pl.Series(np.array(SETTINGS)[visits.setting]),
            started_at=self._moments(visits.day, visits.minute),
            ended_at=self._ends(visits, draws),
            department=pl.Series(department),
            doctor=pl.Series(doctor),
            main_diagnosis_code=pl.Series(np.array(self.diseases.code)[visits.disease]),
            main_diagnosis=pl.Series(np.array(self.diseases.name)[visits.disease]),
            total_yuan=pl.Series(total),
            discharge_way=pl.Series(np.where(visits.setting == INPATIENT, way, "")),
            tcm=pl.Series(tcm),
        )

    def _diagnoses(
        self, people: People, visits: Visits, further: Further, desk: Ints, number: pl.Series, known: Registrations
    ) -> pl.DataFrame:
        """Main and further diagnoses of stays and of some visits: what the person has, then what comes with age."""
        of, rank = further.visit, further.rank
        person = visits.person[of]
        return self._person(known, desk[of], people, person, visits.site[of]).with_columns(
            encounter_no=number.gather(of),
            diagnosis_no=pl.Series(rank + 1).cast(pl.String),
            code=pl.Series(np.array(self.diseases.code)[further.disease]),
            diagnosis_name=pl.Series(np.array(self.diseases.name)[further.disease]),
            rank=pl.Series(rank + 1),
            diagnosed_at=self._moments(visits.day[of], np.minimum(visits.minute[of] + 12 + rank, 1439)),
        )

    def _measurements(
        self, people: People, visits: Visits, desk: Ints, number: pl.Series, known: Registrations, draws: Draws
    ) -> pl.DataFrame:
        taken = self.readings.of(people, visits, self.place.level[visits.site], self.year.calendar.days, draws)
        of = taken.visit
        frame = self._person(known, desk[of], people, visits.person[of], visits.site[of])
        return frame.with_columns(
            encounter_no=number.gather(of),
            measurement_no=pl.concat_str(number.gather(of), pl.lit("-"), pl.Series(taken.code).cast(pl.String)),
            code=pl.Series(np.array(self.readings.codes)[taken.code]),
            item=pl.Series(np.array(self.readings.items)[taken.code]),
            value=taken.value,
            unit=pl.Series(np.array(self.readings.units)[taken.code]),
            measured_at=self._moments(visits.day[of], np.minimum(visits.minute[of] + 6, 1439)),
        )

    def _stay_papers(
        self, span: Span, people: People, visits: Visits, inside: Bools, further: Further, encounters: pl.DataFrame
    ) -> pl.DataFrame:
        """What the settlement list takes from the first page of each stay's record, in the order of the visits: what
        the institutions here report, and what those outside would."""
        draws = Draws(span.seed, "stays", span.chunk)
        here, away = np.flatnonzero(inside), np.flatnonzero(~inside)
        elsewhere = visits.keep(away)
        others = self.papers.other_codes(self.papers.diagnoses(people, elsewhere, draws), len(elsewhere))
        department = np.array(self.diseases.departments)[self.diseases.department[elsewhere.disease]]
        parts = [
            pl.DataFrame(
                {
                    "visit": here,
                    "other_diagnoses": self.papers.other_codes(further, len(here)),
                    "department": encounters["department"],
                    "discharge_way": encounters["discharge_way"],
                }
            ),
            pl.DataFrame(
                {
                    "visit": away,
                    "other_diagnoses": others,
                    "department": pl.Series(department, dtype=pl.String),
                    "discharge_way": pl.Series(np.where(elsewhere.died, "5", "1"), dtype=pl.String),
                }
            ),
        ]
        papers = pl.concat(parts).sort("visit").with_columns(procedures=self.papers.procedure_codes(visits, draws))
        stay = pl.Series(visits.setting == INPATIENT)
        return papers.select(pl.when(stay).then(pl.exclude("visit")).otherwise(pl.lit("")).name.keep())

    def _claims(
        self,
        span: Span,
        people: People,
        visits: Visits,
        amounts: Amounts,
        papers: pl.DataFrame,
        known: Registrations,
        draws: Draws,
    ) -> pl.DataFrame:
        """What the bureau settled: insured people's care inside and outside the county, and purchases in pharmacies."""
        forgotten = draws.chance(self.parameters.percent_ppm("visits.unclaimed_percent"), len(visits))
        claimed = people.insured_here[visits.person] & (visits.setting != HOME) & ~forgotten
        paid = visits.keep(claimed)
        ends = self._ends(paid, draws)
        wait = np.where(paid.setting == INPATIENT, draws.below(1440, len(paid)), 25 + draws.below(90, len(paid)))
        settled_day = paid.day + np.where(paid.setting == INPATIENT, paid.stay, 0)
        late = np.minimum(np.where(paid.setting == INPATIENT, 720 + wait // 3, paid.minute + wait), 1439)
        codes, names = np.array([s.code for s in self.place.sites]), np.array([s.name for s in self.place.sites])
        treated = pl.DataFrame(
            {
                "person": paid.person,
                "institution_name": names[paid.site],
                "institution_code": codes[paid.site],
                "inside_county": self.place.level[paid.site] != OUTSIDE,
                "setting": np.array(SETTINGS)[paid.setting],
                "started_at": self._moments(paid.day, paid.minute),
                "ended_at": ends,
                "settled_at": self._moments(settled_day, late),
                "main_diagnosis_code": np.array(self.diseases.code)[paid.disease],
                "main_diagnosis": np.array(self.diseases.name)[paid.disease],
                "total_yuan": amounts.total[claimed],
                "fund_yuan": amounts.fund[claimed],
                "self_paid_yuan": amounts.own[claimed],
                **papers.filter(claimed).to_dict(),
            }
        )
        frame = pl.concat([treated, self._purchases(people, draws)], how="diagonal").sort(
            "settled_at", maintain_order=True
        )
        person = frame["person"].to_numpy()
        bureau = np.full(len(person), self.desks.bureau)
        rows = known.rows(person, bureau, np.zeros(len(person), dtype=bool))
        front = f"S{self.parameters['year']}{span.chunk:03d}"
        place_in_chunk = pl.int_range(0, len(person)).cast(pl.String).str.zfill(7)
        numbers = pl.select(pl.concat_str(pl.lit(front), place_in_chunk)).to_series()
        return (
            self._person(known, rows, people, person, bureau)
            .with_columns(frame.drop("person").get_columns())
            .with_columns(claim_no=numbers, insurance_kind=pl.Series(people.insurance[person]))
        )

    def _charge_lines(self, claims: pl.DataFrame, draws: Draws) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The bills of stays inside the county, and which are wrong."""
        level = {site.code: site.level for site in self.place.sites}
        start = pl.col("started_at").dt.date()
        stays = claims.filter((pl.col("setting") == "inpatient") & pl.col("inside_county")).select(
            "claim_no",
            person="_person",
            start=start,
            days=pl.max_horizontal((pl.col("ended_at").dt.date() - start).dt.total_days(), pl.lit(1)),
            level=pl.col("institution_code").replace_strict(level, return_dtype=pl.Int64),
            total="total_yuan",
            operated=pl.col("procedures") != "",
        )
        lines, misdeeds = self.charges.of(stays, draws)
        frame = lines.select(
            "claim_no",
            line_no=pl.int_range(1, pl.len() + 1).over("claim_no").cast(pl.String),
            item_code="item_code",
            item_name="item_name",
            category="category",
            quantity=pl.col("quantity").cast(pl.String),
            unit_price_yuan=pl.concat_str(
                (pl.col("price") // 100).cast(pl.String),
                pl.lit("."),
                (pl.col("price") % 100).cast(pl.String).str.zfill(2),
            ),
            amount_yuan="amount",
            charged_on=pl.col("start") + pl.duration(days="day"),
            pay_class="pay_class",
            _sender=pl.lit(self.desks.bureau, pl.Int64),
            _person="person",
        )
        return frame, misdeeds

    def _purchases(self, people: People, draws: Draws) -> pl.DataFrame:
        p = self.parameters
        rates: dict[str, float] = p["pharmacies.purchases_per_person"]
        mean = np.zeros(len(people), dtype=np.int64)
        for kind, rate in rates.items():
            mean[people.insured_here & (people.insurance == kind) & (people.age >= 16)] = round(rate * 1000)
        person = expand(draws.poisson(mean))
        n = len(person)
        shops = np.full(n, PHARMACY)
        season = self.year.calendar.season_numbers(["winter"])
        day = self.year.calendar.day(draws, shops, np.repeat(season, n))
        at = self._moments(day, self.year.calendar.minute(draws, shops))
        chains = np.array(p["pharmacies.chains"])
        # a person's pharmacy is mostly the one round the corner
        branch = (people.home[person] * 3 + draws.below(3, n)) % p["pharmacies.branches"]
        chain = branch % len(chains)
        shop = pl.DataFrame({"chain": chains[chain], "branch": branch + 1})
        amounts = self.prices.of_purchases(people.insurance[person], draws)
        return pl.DataFrame(
            {
                "person": person,
                "institution_name": shop.select(pl.format("{}第{}分店", "chain", "branch")).to_series(),
                "institution_code": shop.select(
                    pl.format("P{}{}", pl.lit(self.place.region), pl.col("branch").cast(pl.String).str.zfill(5))
                ).to_series(),
                "inside_county": np.ones(n, dtype=bool),
                "setting": np.full(n, "pharmacy"),
                "started_at": at,
                "ended_at": pl.Series([None] * n, dtype=pl.Datetime("us")),
                "settled_at": at,
                "main_diagnosis_code": np.full(n, ""),
                "main_diagnosis": np.full(n, ""),
                "total_yuan": amounts.total,
                "fund_yuan": amounts.fund,
                "self_paid_yuan": amounts.own,
            }
        )


def _tcm_ppm(ppm: Ints, level: Ints) -> Ints:
    """The chance of traditional medicine, a third more at the grass roots."""
    return np.where(is_grass_roots(level), ppm * 4 // 3, ppm)
