"""The people of one chunk: who lives with whom, under which name and number, insured how, with which conditions.

A chunk is whole in itself: households never cross it, and its numbers (identity, card, phone) cannot meet another
chunk's, so that chunks may be made in any order.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yigongti.simulation.draws import MILLION, Bools, Draws, Ints, Table, spread
from yigongti.simulation.names import given_names, passport_names, surnames
from yigongti.simulation.parameters import Parameters, steps
from yigongti.simulation.place import Place

MEN, WOMEN = 1, 2
RELATIONS = ("户主", "配偶", "子", "女", "父亲", "母亲")
HEAD, SPOUSE, SON, DAUGHTER, FATHER, MOTHER = range(6)
EPOCH = np.datetime64("1970-01-01", "D")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = np.array(list("10X98765432"))
_ROADS = [
    f"{name}路" for name in ("人民", "中山", "长江", "黄河", "前进", "建设", "文化", "新华", "解放", "青年", "环城")
]
# 144… numbers have thirteen digits in the real world: no eleven-digit one belongs to anybody
VISITORS = 40_000_000  # the number of the first person from elsewhere; more residents than that cannot be made
_PHONE = 14_400_000_000


@dataclass(frozen=True)
class Span:
    """One chunk of the residents: ``first`` is the number of its first person, of ``chunks`` in all."""

    seed: int
    chunk: int
    chunks: int
    first: int
    residents: int


@dataclass
class People:
    """Arrays over persons; residents first, then visitors from elsewhere. Days count from 1970-01-01."""

    number: Ints
    resident: Bools
    household: Ints
    relation: Ints
    home: Ints  # index into Place.homes
    sex: Ints
    born: Ints
    age: Ints  # in the middle of the year
    name: NDArray[np.str_]
    id_type: NDArray[np.str_]
    id_number: NDArray[np.str_]
    phone: NDArray[np.str_]
    card: NDArray[np.str_]
    address: pl.Series
    insurance: NDArray[np.str_]
    mother: Ints  # index in the chunk, -1 where not known
    twin: Bools
    conditions: dict[str, Bools] = field(default_factory=dict)
    known: dict[str, Bools] = field(default_factory=dict)
    managed: dict[str, Bools] = field(default_factory=dict)
    controlled: dict[str, Bools] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.number)

    @property
    def insured_here(self) -> Bools:
        """Whose care the county's insurance bureau sees."""
        return self.resident & (self.insurance != "07")


def make(span: Span, parameters: Parameters, place: Place) -> People:
    """The people of a chunk, the same whenever and wherever it is made."""
    draws = Draws(span.seed, "people", span.chunk)
    residents = span.residents
    visitors = int(residents * parameters.percent_ppm("population.visitors_percent") // MILLION)
    n = residents + visitors
    year_end = _day(f"{parameters['year']}-12-31")
    sex, born = _ages_and_sexes(n, year_end, parameters, draws)
    age_at_end = (year_end - born) // 365.25
    resident = np.arange(n) < residents
    family = _families(resident, sex, age_at_end.astype(np.int64), born, parameters, draws)
    firsts, seconds = _twins(family, sex, born, parameters, draws)
    twin = np.isin(np.arange(n), np.concatenate([firsts, seconds]))
    middle = _day(f"{parameters['year']}-07-01")
    age = np.clip((middle - born) // 365.25, 0, 110).astype(np.int64)

    home_of_household = draws.pick(place.home_table, n=n)
    home = home_of_household[family.household]
    name = _names(family, sex, born, parameters, draws)
    name[seconds] = _twin_names(name[firsts], name[seconds])
    foreign = resident & draws.chance(parameters["population.passports_per_million"], n) & (age >= 18)
    name[foreign] = passport_names()[draws.below(len(passport_names()), int(foreign.sum()))]
    id_number = _identity_numbers(span, place, resident, sex, born, parameters, draws)
    id_type = np.where(foreign, "03", "01")
    passport = np.char.add("E", np.char.zfill(((span.first + np.arange(n)) * 7919 % 10**8).astype(str), 8))
    id_number = np.where(foreign, passport, id_number).astype("U18")
    # who has no number yet often has no name yet either
    newborn = (year_end - born < 90) & draws.chance(parameters.percent_ppm("population.newborns_unnumbered_percent"), n)
    id_number[newborn] = ""
    unnamed = np.flatnonzero(newborn & (family.mother >= 0) & draws.chance(500_000, n))
    child = np.where(sex[unnamed] == MEN, "之子", "之女")
    name[unnamed] = np.char.add(name[family.mother[unnamed]], child)

    number = span.first + np.arange(n, dtype=np.int64)
    number[~resident] += VISITORS
    people = People(
        number=number,
        resident=resident,
        household=family.household + span.first,
        relation=family.relation,
        home=home,
        sex=sex,
        born=born,
        age=age,
        name=name,
        id_type=id_type,
        id_number=id_number,
        phone=_phones(number, age, family, parameters, draws),
        card=np.char.add(place.region, np.char.zfill((number * 38_501 % 999_999_937).astype(str), 9)),
        address=_addresses(family, home, place, draws),
        insurance=_insurance(age, resident, parameters, draws),
        mother=family.mother,
        twin=twin,
    )
    _fall_ill(people, parameters, draws)
    return people


def _day(text: str) -> int:
    return int((np.datetime64(text, "D") - EPOCH).astype(int))


def _ages_and_sexes(n: int, year_end: int, parameters: Parameters, draws: Draws) -> tuple[Ints, Ints]:
    pyramid: dict[int, float] = parameters["population.pyramid"]
    starts = np.array(sorted(pyramid), dtype=np.int64)
    group = draws.pick(Table([pyramid[int(s)] for s in starts]), n=n)
    width = np.diff(np.append(starts, starts[-1] + 18))[group]
    within = draws.below(width, n)
    # the last group thins out towards its end
    oldest = group == len(starts) - 1
    within = np.where(oldest, np.minimum(within, draws.below(width, n)) * 2 // 3, within)
    born = year_end - ((starts[group] + within) * 1461 // 4) - draws.below(365, n)
    men = draws.chance(parameters.by_age("population.male_percent", 10_000)[starts[group]])
    return np.where(men, MEN, WOMEN).astype(np.int64), born


@dataclass
class _Families:
    household: Ints
    relation: Ints
    spouse: Ints
    mother: Ints
    father: Ints
    grandson_of: Ints  # of a husband: his father, where he lives with them


def _families(resident: Bools, sex: Ints, age: Ints, born: Ints, parameters: Parameters, draws: Draws) -> _Families:
    """Couples are matched by age; children, grown children and parents join a couple of a fitting age."""
    n = len(sex)
    household = np.arange(n, dtype=np.int64)
    nobody = np.full(n, -1, dtype=np.int64)
    family = _Families(household, np.zeros(n, dtype=np.int64), *(nobody.copy() for _ in range(4)))
    may_marry = resident & draws.chance(parameters.by_age("population.married_percent", 10_000)[np.minimum(age, 110)])
    # men marry women about two years younger
    order = born + np.where(sex == MEN, 2 * 365, 0) + draws.normal_milli(n) * 600 // 1000
    husbands = np.flatnonzero(may_marry & (sex == MEN))
    wives = np.flatnonzero(may_marry & (sex == WOMEN))
    husbands = husbands[np.lexsort((husbands, order[husbands]))]
    wives = wives[np.lexsort((wives, order[wives]))]
    pairs = min(len(husbands), len(wives))
    if not pairs:
        return family
    # the surplus sex stays single evenly over the ages
    husbands = husbands[np.arange(pairs) * len(husbands) // pairs]
    wives = wives[np.arange(pairs) * len(wives) // pairs]
    family.spouse[husbands], family.spouse[wives] = wives, husbands
    household[wives] = husbands
    family.relation[wives] = SPOUSE

    by_age = np.lexsort((wives, -born[wives]))
    husbands, wives = husbands[by_age], wives[by_age]
    wife_ages = age[wives]

    def couple_of(wanted: Ints) -> Ints:
        """A couple whose wife has the wanted age (the nearest there is), evenly over all such couples."""
        start = np.searchsorted(wife_ages, wanted, side="left")
        end = np.searchsorted(wife_ages, wanted, side="right")
        turn = (_rank_within(wanted, draws.shuffled(len(wanted)))) % np.maximum(end - start, 1)
        return np.minimum(start + turn, pairs - 1)

    # parents move in with a son's or daughter's family, both together
    old = np.flatnonzero(resident & (age >= 65) & ((sex == MEN) | (family.spouse < 0)))
    move = draws.chance(parameters.percent_ppm("population.elders_with_children_percent"), len(old))
    old = old[move]
    chosen = couple_of(np.clip(age[old] - 24 - draws.below(10, len(old)), 22, 60))
    old, chosen = old[age[wives[chosen]] < 62], chosen[age[wives[chosen]] < 62]
    household[old] = husbands[chosen]
    family.relation[old] = np.where(sex[old] == MEN, FATHER, MOTHER)
    with_wife = family.spouse[old] >= 0
    household[family.spouse[old[with_wife]]] = husbands[chosen[with_wife]]
    family.relation[family.spouse[old[with_wife]]] = MOTHER
    fathers = sex[old] == MEN
    family.grandson_of[husbands[chosen[fathers]]] = old[fathers]

    # children, and grown children who have not left
    stays = draws.chance(parameters.by_age("population.grown_child_at_home_percent", 10_000)[np.minimum(age, 110)])
    young = np.flatnonzero(resident & (family.spouse < 0) & ((age < 18) | (stays & (age < 50))))
    chosen = couple_of(np.clip(age[young] + 21 + draws.below(8, len(young)) + draws.below(8, len(young)), 22, 90))
    family.mother[young], family.father[young] = wives[chosen], husbands[chosen]
    household[young] = household[wives[chosen]]
    family.relation[young] = np.where(sex[young] == MEN, SON, DAUGHTER)
    return family


def _rank_within(cell: Ints, order: Ints) -> Ints:
    """The place of each row among the rows of its cell, in the given order."""
    n = len(cell)
    sorting = np.lexsort((order, cell))
    first = np.maximum.accumulate(np.where(np.diff(cell[sorting], prepend=-1) != 0, np.arange(n), 0))
    rank = np.empty(n, dtype=np.int64)
    rank[sorting] = np.arange(n) - first
    return rank


def _twins(family: _Families, sex: Ints, born: Ints, parameters: Parameters, draws: Draws) -> tuple[Ints, Ints]:
    """Make some children twins: the second of a pair takes the first one's birth date and family (and often sex)."""
    children = np.flatnonzero(family.mother >= 0)
    children = children[np.lexsort((children, born[children]))]
    firsts, seconds = children[0:-1:2], children[1::2]
    chosen = draws.chance(parameters.percent_ppm("population.twin_births_percent"), len(firsts))
    firsts, seconds = firsts[chosen], seconds[: len(chosen)][chosen]
    for array in (born, family.household, family.mother, family.father):
        array[seconds] = array[firsts]
    alike = draws.chance(650_000, len(firsts))
    sex[seconds[alike]] = sex[firsts[alike]]
    family.relation[seconds] = np.where(sex[seconds] == MEN, SON, DAUGHTER)
    return firsts, seconds


def _names(family: _Families, sex: Ints, born: Ints, parameters: Parameters, draws: Draws) -> NDArray[np.str_]:
    n = len(sex)
    extra = tuple(sorted(parameters["population.extra_surnames"].items()))
    letters, table = surnames(extra)
    surname = draws.pick(table, n=n)
    # husbands of a family with the father in it bear his name; children their father's, or now and then their mother's
    sons = np.flatnonzero(family.grandson_of >= 0)
    surname[sons] = surname[family.grandson_of[sons]]
    children = np.flatnonzero(family.mother >= 0)
    mothers = draws.chance(parameters.percent_ppm("population.surname_of_mother_percent"), len(children))
    surname[children] = surname[np.where(mothers, family.mother[children], family.father[children])]
    year = (born * 4 // 1461) + 1970
    given = given_names(draws, year, sex)
    frame = pl.DataFrame({"surname": letters[surname], "given": given})
    return frame.select(pl.concat_str("surname", "given")).to_series().to_numpy().astype("U14")


def _twin_names(first: NDArray[np.str_], second: NDArray[np.str_]) -> NDArray[np.str_]:
    """Twins' names often begin alike, 子涵 and 子轩: what is hardest to tell apart."""
    alike = [
        a[:-1] + b[-1] if len(a) == len(b) >= 3 and a[-1] != b[-1] else b
        for a, b in zip(first.tolist(), second.tolist(), strict=True)
    ]
    return np.array(alike, dtype=second.dtype)


def _identity_numbers(
    span: Span, place: Place, resident: Bools, sex: Ints, born: Ints, parameters: Parameters, draws: Draws
) -> NDArray[np.str_]:
    """Valid and unique GB 11643 numbers. Each chunk has serials of its own; a full day moves on to the next region."""
    n = len(sex)
    others: dict[str, int] = parameters["population.other_regions"]
    regions = np.array([int(place.region), *(int(code) for code in others)], dtype=np.int64)
    elsewhere = 1 + draws.pick(Table(list(others.values())), n=n)
    native = resident & draws.chance(parameters.percent_ppm("population.native_percent"), n)
    region = np.where(native, 0, elsewhere)
    slots = 500 // span.chunks
    if not slots:
        raise ValueError("at most 500 chunks can have identity numbers of their own")
    for _ in range(len(regions)):
        cell = (region * 100_000 + born) * 2 + (sex == MEN)
        rank = _rank_within(cell, np.arange(n))
        full = rank >= slots
        if not full.any():
            break
        region[full] = (region[full] + 1) % len(regions)
    else:
        raise ValueError("more people born on one day than there are identity numbers for")
    # 397 has no factor in common with 500: every day and region runs through its serials in an order of its own
    serial = ((rank * span.chunks + span.chunk) * 397 + born * 211 + region * 97) % 500 * 2 + (sex == MEN)
    days = (EPOCH + born.astype("timedelta64[D]")).astype("datetime64[D]")
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    months = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    date = (days - days.astype("datetime64[M]")).astype(np.int64) + 1 + months * 100 + years * 10_000
    front = regions[region] * 10**11 + date * 1000 + serial
    return with_check_digit(front)


def with_check_digit(front: Ints) -> NDArray[np.str_]:
    """Identity numbers of eighteen characters from their first seventeen digits (GB 11643, ISO 7064 MOD 11-2)."""
    total = np.zeros(len(front), dtype=np.int64)
    rest = front.copy()
    for weight in reversed(_ID_WEIGHTS):
        total += rest % 10 * weight
        rest //= 10
    return np.char.add(front.astype("U17"), _ID_CHECK[total % 11]).astype("U18")


def _phones(number: Ints, age: Ints, family: _Families, parameters: Parameters, draws: Draws) -> NDArray[np.str_]:
    """An own number, or that of mother, husband or wife; the very young and old often have none of their own."""
    n = len(age)
    own = draws.chance(parameters.by_age("population.own_phone_percent", 10_000)[age])
    owner = np.where(own, np.arange(n), -1)
    for relative in (family.mother, family.spouse, family.household):
        borrowed = (owner < 0) & (relative >= 0)
        borrowed[borrowed] &= own[relative[borrowed]]
        owner = np.where(borrowed, relative, owner)
    phones = (_PHONE + number * 61_803_399 % 99_999_989).astype("U11")
    return np.where(owner >= 0, phones[owner], "")


def _addresses(family: _Families, home: Ints, place: Place, draws: Draws) -> pl.Series:
    n = len(home)
    towns = np.array([place.sites[i].town or place.name for i in place.homes])
    road = np.array(_ROADS)[draws.below(len(_ROADS), n)]
    frame = pl.DataFrame(
        {
            "county": np.full(n, place.name),
            "town": towns[home],
            "road": road[family.household],
            "house": draws.between(1, 480, n)[family.household],
            "block": draws.between(1, 36, n)[family.household],
            "flat": (draws.between(1, 11, n) * 100 + draws.between(1, 4, n))[family.household],
        }
    )
    return frame.select(pl.format("{}{}{}{}号{}幢{}室", "county", "town", "road", "house", "block", "flat")).to_series()


def _insurance(age: Ints, resident: Bools, parameters: Parameters, draws: Draws) -> NDArray[np.str_]:
    by_age: dict[int, dict[str, float]] = parameters["insurance.kinds_percent"]
    kinds = sorted({kind for shares in by_age.values() for kind in shares})
    starts = sorted(by_age)
    table = Table([[by_age[start].get(kind, 0) for kind in kinds] for start in starts])
    row = np.searchsorted(starts, age, side="right") - 1
    return np.where(resident, np.array(kinds)[draws.pick(table, row)], "07")


def _fall_ill(people: People, parameters: Parameters, draws: Draws) -> None:
    """Who has which long-term condition, who knows, who is managed, and in whom it is controlled."""
    n = len(people)
    clustering: dict[str, dict[str, int]] = parameters["clustering"]
    for key, figures in parameters.group("conditions").items():
        chance = steps(figures["prevalence"], 10_000)[people.age]
        for other, percent in clustering.get(key, {}).items():
            if not chance.any():
                continue
            factors = np.where(people.conditions[other], percent, 100) * chance // 1000
            total = int(chance.sum()) // n
            chance = np.where(chance > 0, spread(total, np.maximum(factors, 0)), 0)
        has = draws.chance(chance)
        known = has & draws.chance(round(figures["known"] * 10_000), n)
        managed = known & draws.chance(round(figures.get("managed", 0) * 10_000), n) & people.resident
        people.conditions[key] = has
        people.known[key] = known
        people.managed[key] = managed
        people.controlled[key] = has & draws.chance(round(figures.get("controlled", 50) * 10_000), n)
