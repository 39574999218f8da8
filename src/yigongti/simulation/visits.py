"""Who was treated when, where, for what: visits, planned follow-up, stays. One chunk of people at a time."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from yigongti.simulation.calendar import EMERGENCY, INPATIENT, OUTPATIENT, Calendar
from yigongti.simulation.draws import MILLION, Bools, Draws, Ints, Table, expand, spread
from yigongti.simulation.parameters import Diseases, Parameters
from yigongti.simulation.people import People
from yigongti.simulation.place import PRIMARY, VILLAGE, Place

HOME = 3  # a visit at the patient's home; settings 0 to 2 are the calendar's kinds
SETTINGS = ("outpatient", "emergency", "inpatient", "home")


@dataclass
class Visits:
    """Arrays over visits. ``day`` counts from 1 January (0), ``minute`` from midnight; ``site`` indexes Place.sites.

    A stay may have begun in the year before (a negative ``day``); all end within the year.
    """

    person: Ints
    setting: Ints
    day: Ints
    minute: Ints
    disease: Ints
    site: Ints
    planned: Bools  # a follow-up agreed on beforehand
    stay: Ints  # days, for stays
    died: Bools

    def __len__(self) -> int:
        return len(self.person)

    def keep(self, which: Bools | Ints) -> Visits:
        """The chosen visits."""
        return Visits(**{f.name: getattr(self, f.name)[which] for f in fields(self)})

    @staticmethod
    def join(*parts: Visits) -> Visits:
        """All visits of the parts, in order."""
        return Visits(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Visits)})


class Year:
    """Makes the visits of chunks of people. Holds the tables that all chunks share."""

    def __init__(self, parameters: Parameters, place: Place) -> None:
        self.parameters = parameters
        self.place = place
        self.diseases: Diseases = parameters.diseases
        self.calendar = Calendar(parameters)
        specialties = self.diseases.specialties
        self._hospitals = place.hospital_table(specialties)
        self._outside = place.outside_table(specialties)
        self._neighbours = place.neighbour_table()
        self._seasons = self.calendar.season_numbers(self.diseases.season)
        self._months_outside = np.array(parameters["targets.outside_by_month"], dtype=np.int64)

    def of(self, people: People, draws: Draws) -> Visits:
        """Everything that happened to these people in the year."""
        frailty = draws.lognormal_ppm(self.parameters["visits.spread_percent"], len(people)) // 1000
        stays = self._stays(people, frailty, draws)
        planned = self._planned(people, draws)
        visits = self._unplanned(people, frailty, planned, draws)
        return self._possible(people, Visits.join(planned, visits, stays))

    # planned follow-up of managed conditions, at the site that looks after the person

    def _planned(self, people: People, draws: Draws) -> Visits:
        figures = self.parameters.group("conditions")
        followed = [key for key, figure in figures.items() if figure.get("followups")]
        mean = np.zeros(len(people), dtype=np.int64)
        disease = np.zeros(len(people), dtype=np.int64)
        for key in reversed(followed):
            managed = people.managed[key]
            pace = np.where(people.controlled[key], 850, 1300) * round(figures[key]["followups"] * 10) // 10
            mean = np.where(managed, np.maximum(mean, pace), mean)
            disease = np.where(managed, self.diseases.index[figures[key]["code"]], disease)
        counts = draws.poisson(mean)
        person = expand(counts)
        place_in_year = np.arange(len(person)) - np.repeat(np.cumsum(counts) - counts, counts)
        share = self.calendar.days * 1000 // np.maximum(counts[person], 1)
        day = (place_in_year * share + draws.below(share)) // 1000
        day = np.where(draws.chance(850_000, len(day)), self.calendar.working_day(day), day)
        at_home = draws.chance(self.parameters.percent_ppm("visits.followup_at_home_percent"), len(person))
        setting = np.where(at_home, HOME, OUTPATIENT)
        kind = np.full(len(person), OUTPATIENT)
        return Visits(
            person=person,
            setting=setting,
            day=day,
            minute=self.calendar.minute(draws, kind),
            disease=disease[person],
            site=self.place.homes[people.home[person]],
            planned=np.ones(len(person), dtype=bool),
            stay=np.zeros(len(person), dtype=np.int64),
            died=np.zeros(len(person), dtype=bool),
        )

    # visits because somebody fell ill

    def _unplanned(self, people: People, frailty: Ints, planned: Visits, draws: Draws) -> Visits:
        p = self.parameters
        factor = p.by_age("visits.by_age_percent")[people.age] * frailty
        factor = factor * np.where(people.sex == 2, p["visits.woman_percent"], 100) // 100
        # visitors come here for a part of their care only
        factor = np.where(people.resident, factor, factor // 3)
        repeat = p.percent_ppm("visits.repeat_percent")
        each = round(p["visits.per_person"] * 1000) * MILLION // (MILLION + repeat)
        counts = draws.poisson(_around(each, factor))
        person = expand(counts)
        disease = self._disease(people, person, "out", draws)
        setting = np.where(draws.chance(self.diseases.emergency_ppm[disease]), EMERGENCY, OUTPATIENT)
        day = self.calendar.day(draws, setting, self._seasons[disease])
        again = np.flatnonzero(draws.chance(repeat, len(person)) & (day < self.calendar.days - 10))
        first_of = np.concatenate([np.arange(len(person)), again])
        day = np.concatenate([day, day[again] + draws.between(2, 9, len(again))])
        person, disease, setting = person[first_of], disease[first_of], setting[first_of]
        # who comes again comes by day
        setting[len(setting) - len(again) :] = OUTPATIENT
        minute = self.calendar.minute(draws, setting)
        site = self._visit_site(people, person, disease, setting, day, planned, draws)
        # a second visit goes where the first one went
        site[len(site) - len(again) :] = site[again]
        nothing = np.zeros(len(person), dtype=np.int64)
        return Visits(person, setting, day, minute, disease, site, nothing > 0, nothing, nothing > 0)

    def _disease(self, people: People, person: Ints, mix: str, draws: Draws) -> Ints:
        """An illness for each visit (mix "out") or stay ("adm"), fitting age, sex and long-term conditions."""
        age, sex = people.age[person], people.sex[person]
        disease = draws.pick(self.diseases.mix(mix), self.diseases.row_of(age, sex))
        group = self.diseases.group_of(age)
        weights = self.diseases.out_of if mix == "out" else self.diseases.adm_of
        total = np.maximum(weights.sum(axis=0), 1)
        for number, condition in enumerate(self.diseases.needs):
            if condition is None:
                continue
            has = people.known[condition][person]
            among = np.bincount(group[has], minlength=len(total))
            everyone = np.bincount(group, minlength=len(total))
            # the weight is a share of everybody's visits; it falls to those who have the condition
            chance = weights[number] * MILLION // total * everyone // np.maximum(among, 1)
            ill = has & draws.chance(np.minimum(chance, 400_000)[group])
            disease[ill] = number
        return disease

    def _visit_site(
        self, people: People, person: Ints, disease: Ints, setting: Ints, day: Ints, planned: Visits, draws: Draws
    ) -> Ints:
        p = self.parameters
        home = people.home[person]
        # planned visits never leave the county, so the others leave it a little more often
        seen = people.insured_here[person]
        claimed_planned = int((people.insured_here[planned.person] & (planned.setting != HOME)).sum())
        general = max(int(seen.sum()), 1)
        leaving = (100 - p["targets.in_county_visits"]) * 10_000 * (general + claimed_planned) // general
        outside = self._leaves(people, person, disease, day, int(leaving), draws)
        inside = int((~outside).sum())
        wanted = p["targets.grass_roots_visits"] * 10_000 * (inside + len(planned)) - len(planned) * MILLION
        factor = self.diseases.grassroots[disease] * self._home_percent("grassroots_percent")[home] // 10
        factor = np.where(setting == EMERGENCY, factor * 3 // 10, factor)
        factor = np.where(people.resident[person], factor, factor // 4)
        near_home = np.zeros(len(person), dtype=bool)
        near_home[~outside] = draws.chance(spread(max(0, int(wanted)) // max(inside, 1), factor[~outside], 985_000))
        return self._choose(home, disease, outside, near_home, draws)

    def _leaves(self, people: People, person: Ints, disease: Ints, day: Ints, target_ppm: int, draws: Draws) -> Bools:
        """Who goes outside the county: by town, disease and month around the target; visitors never."""
        if not len(self.place.outside):
            return np.zeros(len(person), dtype=bool)
        factor = self.diseases.outside[disease] * self._home_percent("outside_percent")[people.home[person]]
        factor = factor * self._months_outside[self.calendar.month[np.minimum(day, self.calendar.days - 1)]] // 1000
        local = people.resident[person]
        chance = np.zeros(len(person), dtype=np.int64)
        chance[local] = spread(target_ppm, factor[local])
        return draws.chance(chance)

    def _home_percent(self, name: str) -> Ints:
        return np.array([getattr(self.place.sites[i], name) for i in self.place.homes], dtype=np.int64)

    def _choose(self, home: Ints, disease: Ints, outside: Bools, near_home: Bools, draws: Draws) -> Ints:
        row = home * len(self.diseases.specialties) + self.diseases.specialty[disease]
        site = self.place.hospitals[draws.pick(self._hospitals, row)]
        if len(self.place.outside):
            site = np.where(outside, self.place.outside[draws.pick(self._outside, row)], site)
        return np.where(near_home & ~outside, self.place.homes[draws.pick(self._neighbours, home)], site)

    # stays

    def _stays(self, people: People, frailty: Ints, draws: Draws) -> Visits:
        p = self.parameters
        rate = p.by_age("admissions.per_thousand", 1000)[people.age]
        factor = rate * frailty
        for key, figures in p.group("conditions").items():
            factor = np.where(people.known[key], factor * (100 + figures["raises_admissions"]) // 100, factor)
        factor = np.where(people.resident, factor, factor // 2)
        counts = draws.poisson(_around(int(rate.sum()) // max(len(people), 1) // 1000, factor // 1000))
        person = expand(counts)
        disease = self._disease(people, person, "adm", draws)
        kind = np.full(len(person), INPATIENT)
        day = self.calendar.day(draws, kind, self._seasons[disease])
        born = self._births(people)
        person = np.concatenate([person, people.mother[born]])
        births = Table(self.diseases.delivery.tolist())
        disease = np.concatenate([disease, draws.pick(births, n=len(born))])
        day = np.concatenate([day, people.born[born] - self.calendar.first])
        n = len(person)
        outside = self._leaves(
            people, person, disease, day, round((100 - p["targets.in_county_admissions"]) * 10_000), draws
        )
        home = people.home[person]
        factor = self.diseases.grassroots[disease] * self._home_percent("grassroots_percent")[home] // 10
        near_home = np.zeros(n, dtype=bool)
        inside = ~outside
        near_home[inside] = draws.chance(spread(p.percent_ppm("targets.grass_roots_admissions"), factor[inside]))
        site = self._choose(home, disease, outside, near_home, draws)
        pace = np.array([110, 100, 105, 85, 85], dtype=np.int64)[self.place.level[site]]
        stay = self.diseases.stay[disease] * pace * draws.lognormal_ppm(40, n) // (100 * MILLION)
        stays = Visits(
            person=person,
            setting=np.full(n, INPATIENT),
            day=day,
            minute=self.calendar.minute(draws, np.full(n, INPATIENT)),
            disease=disease,
            site=site,
            planned=np.zeros(n, dtype=bool),
            stay=np.clip(stay, 1, 120),
            died=draws.chance(p.by_age("admissions.died_per_thousand", 1000)[people.age[person]]),
        )
        return self._apart(self._discharged_this_year(Visits.join(stays, self._again(stays, draws))))

    def _births(self, people: People) -> Ints:
        """The children born in the year to a known mother, one of each pair of twins."""
        born = np.flatnonzero((people.mother >= 0) & (people.born >= self.calendar.first))
        _, first = np.unique(people.mother[born] * 100_000 + people.born[born], return_index=True)
        return born[np.sort(first)]

    def _again(self, stays: Visits, draws: Draws) -> Visits:
        back = draws.chance(self.parameters.percent_ppm("admissions.readmission_percent"), len(stays))
        later = stays.keep(back & ~stays.died & (self.diseases.delivery[stays.disease] == 0))
        later.day = later.day + later.stay + draws.between(8, 40, len(later))
        later.died = draws.chance(20_000, len(later))
        return later.keep(later.day < self.calendar.days)

    def _discharged_this_year(self, stays: Visits) -> Visits:
        """Exports and claims go by the day of discharge: who would leave next year came last year instead."""
        stays.day = np.where(stays.day + stays.stay >= self.calendar.days, stays.day - self.calendar.days, stays.day)
        return stays

    @staticmethod
    def _apart(stays: Visits) -> Visits:
        """Nobody lies in two beds: a stay that begins before the one before it ended did not happen."""
        while True:
            order = np.lexsort((np.arange(len(stays)), stays.minute, stays.day, stays.person))
            stays = stays.keep(order)
            same = np.append(False, stays.person[1:] == stays.person[:-1])
            end = np.append(0, (stays.day + stays.stay)[:-1])
            overlaps = same & (stays.day <= end)
            if not overlaps.any():
                return stays
            # only the first overlap of each person, since removing it may free the next
            first = overlaps & ~np.append(False, overlaps[:-1] & same[1:])
            stays = stays.keep(~first)

    def _possible(self, people: People, visits: Visits) -> Visits:
        """Without what would have happened before birth, after death, or in a hospital bed elsewhere."""
        last = np.full(len(people), 1 << 40, dtype=np.int64)
        dead = np.flatnonzero(visits.died)
        np.minimum.at(last, visits.person[dead], visits.day[dead])
        died_now = visits.died & (visits.day == last[visits.person])
        alive = (visits.day < last[visits.person]) | died_now
        born = visits.day + self.calendar.first >= people.born[visits.person]
        # uninsured people's care outside the county is seen by nobody here
        seen = (self.place.level[visits.site] != 0) | people.insured_here[visits.person]
        return visits.keep(alive & born & seen)


def _around(mean_milli: int, factors: Ints) -> Ints:
    """Means in thousandths in proportion to the factors, averaging ``mean_milli``."""
    total = max(int(factors.sum()), 1)
    return factors * (mean_milli * len(factors) * 1000) // total // 1000


def is_grass_roots(level: Ints) -> Bools:
    """Whether a level counts as 基层."""
    return (level == PRIMARY) | (level == VILLAGE)
