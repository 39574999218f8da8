"""A file of persons as several institutions would have registered them, with the truth beside it.

People live in households: children carry their father's surname and use a parent's phone, a hundredth of births are
twins with neighbouring identity numbers, a fifth of addresses are a compound's and shared by thirty households.
A third of the persons is registered two or three times, each time with slips of its own (``SLIPS``, per record).
Names and how they are mistyped come from the simulation of a county, which knows nothing of how they are compared.
"""

from datetime import date

import numpy as np
import polars as pl

from yigongti.domains.base.residents import formulas
from yigongti.simulation.draws import Draws, Table
from yigongti.simulation.names import given_names, mistype, surnames

SLIPS = {
    "name_homophone": 12_000,
    "name_look_alike": 8_000,
    "name_character_missing": 2_000,
    "name_other_character": 3_000,
    "name_swapped": 1_000,
    "birth_swapped": 3_000,
    "birth_one_part": 12_000,
    "birth_wrong": 2_000,
    "birth_first_of_january": 2_000,
    "birth_missing": 4_000,
    "sex_wrong": 4_000,
    "sex_missing": 10_000,
    "id_missing": 60_000,
    "id_missing_child": 150_000,  # besides
    "id_digit_wrong": 10_000,
    "id_digits_swapped": 8_000,
    "id_of_household_member": 1_000,
    "phone_missing": 120_000,
    "phone_changed": 80_000,
    "phone_digit_wrong": 8_000,
    "address_missing": 150_000,
    "address_other": 150_000,
    "card_missing": 600_000,
}
"""Chances in a million."""

REGIONS = ("320583", "320582", "321283", "341225", "411625", "320925", "510722", "530924")
TODAY = date(2026, 11, 1)
ELSEWHERE = ("330521", "330402", "370102", "430102", "440106", "500112", "610113", "650102")
SPARE = "建文明海春玉志金晓国永小新佳雨子思天宇秀"


def people(count: int, seed: int = 7, *, regions: tuple[str, ...] = REGIONS, card: str = "E") -> pl.DataFrame:
    """Distinct persons: person, household, name, sex (1, 2), birth_date, id_number, phone, address, card_no.

    Sets of persons who shall not share numbers need ``regions`` and ``card`` letters of their own.
    """
    draws = Draws(seed, "people")
    sizes = draws.pick(Table([20, 28, 26, 17, 9]), n=count) + 1
    household = np.repeat(np.arange(count), sizes)[:count]
    place = np.arange(count) - np.r_[0, np.flatnonzero(np.diff(household)) + 1][household]  # head, spouse, children…
    head_born = 1936 + draws.below(68, count)  # the head's year of birth, per household
    year = head_born[household] + np.where(place == 0, 0, np.where(place == 1, draws.below(9, count) - 4, 0))
    child = place >= 2
    year = np.where(child, head_born[household] + 21 + draws.below(15, count), year)
    grandparent = child & (year > 2026)
    year = np.where(grandparent, head_born[household] - 24 - draws.below(8, count), year)
    year = np.clip(year, 1922, 2025)
    day = draws.below(365, count)
    twin = child & (place >= 3) & draws.chance(30_000, count)
    before = np.maximum(np.arange(count) - 1, 0)
    year, day = np.where(twin, year[before], year), np.where(twin, day[before], day)
    born = ((year - 1970).astype("datetime64[Y]").astype("datetime64[D]") + day).astype("datetime64[D]")
    sex = np.where(place == 0, 1, np.where(place == 1, 2, 1 + draws.below(2, count)))

    letters, table = surnames()
    own, spouse = draws.pick(table, n=count), draws.pick(table, n=count)
    surname = letters[np.where(place == 1, spouse[household], own[household])]
    surname = np.where(grandparent & (sex == 2), letters[spouse], surname)
    name = pl.Series(surname) + given_names(draws, year, sex)
    name = pl.DataFrame({"name": name, "h": household}).with_columns(
        again=pl.col("name").is_first_distinct().over("h")  # two of a household are never called the same
    )
    spare = pl.Series(np.array(list(SPARE))[draws.below(len(SPARE), count)])
    name = pl.select(pl.when(name["again"]).then(name["name"]).otherwise(name["name"] + spare)).to_series()

    home = np.array(regions)[draws.pick(Table([70, 6, 6, 5, 4, 3, 3, 3]), n=count)[household]]
    # Numbers are given out in turn, so twins have neighbouring ones and nobody has another's.
    turn = pl.DataFrame({"home": home, "born": born, "sex": sex}).select(
        pl.int_range(pl.len()).over("home", "born", "sex")
    )
    start = (born.astype(np.int64) * 7919) % 500
    serial = (start + turn.to_series().to_numpy()) % 500 * 2 + (sex == 1)
    number = _numbers(home, born, serial)
    mobile = 13_000_000_000 + draws.below(1_999_999_999, count)
    dependent = (year > 2010) | (year < 1946)
    first = np.flatnonzero(np.r_[True, np.diff(household) > 0])[household]
    phone = np.where(dependent & (place > 0), mobile[first], mobile)
    compound = draws.chance(200_000, count)
    village, house = draws.below(400, count), draws.below(900, count)
    addresses = np.where(
        compound[household],
        _texts("玉山镇第", draws.below(1000, count)[household], "小区"),
        _texts("第", village[household], "村", house[household], "号", draws.below(9, count)[household], "室"),
    )
    return pl.DataFrame(
        {
            "person": np.arange(count),
            "household": household,
            "name": name,
            "sex": sex,
            "birth_date": born,
            "id_number": number,
            "phone": phone.astype(str),
            "address": addresses,
            "card_no": _texts(card, 10_000_000 + draws.shuffled(count)),
        }
    )


def registered(count: int, seed: int = 7) -> pl.DataFrame:
    """Records of ``count`` persons in random order: record, person (the truth), and the columns of a residents file."""
    draws = Draws(seed, "records")
    everybody = people(count, seed)
    times = draws.pick(Table([70, 25, 5]), n=count) + 1
    rows = np.repeat(np.arange(count), times)
    rows = rows[draws.shuffled(len(rows))]
    n = len(rows)
    true = everybody[rows]
    born = true["birth_date"].to_numpy().astype("datetime64[D]")
    child = born >= np.datetime64("2012-01-01")

    def slip(kind: str) -> np.ndarray:
        return draws.chance(SLIPS[kind], n)

    name = true["name"].to_list()
    choice = draws.raw(n)
    for kind, change in (
        ("name_homophone", lambda own, k: mistype(own, "homophones", k)),
        ("name_look_alike", lambda own, k: mistype(own, "lookalikes", k)),
        ("name_character_missing", lambda own, k: own[:-1] if len(own) > 2 else own),
        ("name_other_character", lambda own, k: own[:-1] + SPARE[k % len(SPARE)]),
        ("name_swapped", lambda own, k: own[:-2] + own[-1] + own[-2] if len(own) > 2 else own),
    ):
        for k in np.flatnonzero(slip(kind)).tolist():
            name[k] = change(name[k], int(choice[k]))

    typed = born.copy()
    year, month, day = _parts(born)
    swap = slip("birth_swapped") & (day <= 12)
    month, day = np.where(swap, day, month), np.where(swap, month, day)
    off, which = slip("birth_one_part"), draws.below(4, n)
    year = np.where(off & (which == 0), year - 10 + 20 * draws.below(2, n), year)
    year = np.where(off & (which == 1), year - 1 + 2 * draws.below(2, n), year)
    month = np.where(off & (which == 2), 1 + draws.below(12, n), month)
    day = np.where(off & (which == 3), 1 + draws.below(28, n), day)
    january = slip("birth_first_of_january")
    month, day = np.where(january, 1, month), np.where(january, 1, day)
    typed = _date(year, month, day)
    wrong = slip("birth_wrong")
    typed = np.where(wrong, born[draws.shuffled(n)], typed)
    typed = np.minimum(typed, np.datetime64(TODAY))
    typed = np.where(slip("birth_missing"), np.datetime64("NaT"), typed)

    sex = true["sex"].to_numpy()
    sex = np.where(slip("sex_wrong"), 3 - sex, sex)
    sex = np.where(slip("sex_missing"), 0, sex)

    member = np.minimum(rows + 1, count - 1)
    same_home = everybody["household"].to_numpy()[member] == true["household"].to_numpy()
    number = true["id_number"].to_numpy().astype("<U18")
    number = np.where(
        slip("id_of_household_member") & same_home, everybody["id_number"].to_numpy().astype("<U18")[member], number
    )
    codes = number.view(np.uint32).reshape(n, 18).copy()
    at, digit = draws.below(17, n), draws.below(10, n)
    hit = np.flatnonzero(slip("id_digit_wrong"))
    codes[hit, at[hit]] = 48 + digit[hit]
    hit, at = np.flatnonzero(slip("id_digits_swapped")), draws.below(16, n)
    codes[hit, at[hit]], codes[hit, at[hit] + 1] = codes[hit, at[hit] + 1].copy(), codes[hit, at[hit]].copy()
    number = codes.view("<U18").reshape(n)
    missing = slip("id_missing") | (child & slip("id_missing_child"))

    phone = true["phone"].to_numpy().astype("<U11")
    phone = np.where(slip("phone_changed"), (13_000_000_000 + draws.below(1_999_999_999, n)).astype("<U11"), phone)
    codes = phone.view(np.uint32).reshape(n, 11).copy()
    hit, at = np.flatnonzero(slip("phone_digit_wrong")), draws.below(8, n) + 3
    codes[hit, at[hit]] = 48 + digit[hit]
    phone = codes.view("<U11").reshape(n)

    address = true["address"].to_numpy()
    address = np.where(slip("address_other"), _texts("暂住", draws.below(100_000, n)), address)
    frame = pl.DataFrame(
        {
            "record": np.arange(n),
            "person": rows,
            "name": name,
            "sex": sex.astype(str),
            "birth_date": typed,
            "id_number": number,
            "phone": phone,
            "address": address,
            "card_no": true["card_no"],
        }
    )
    return frame.with_columns(
        pl.when(pl.lit(pl.Series(missing))).then(None).otherwise("id_number").alias("id_number"),
        pl.when(pl.lit(pl.Series(slip("phone_missing")))).then(None).otherwise("phone").alias("phone"),
        pl.when(pl.lit(pl.Series(slip("address_missing")))).then(None).otherwise("address").alias("address"),
        pl.when(pl.lit(pl.Series(slip("card_missing")))).then(None).otherwise("card_no").alias("card_no"),
        pl.when(pl.col("sex") == "0").then(None).otherwise("sex").alias("sex"),
    )


def _numbers(region: np.ndarray, born: np.ndarray, serial: np.ndarray) -> np.ndarray:
    date_text = pl.Series(born).dt.strftime("%Y%m%d")
    first = (pl.Series(region) + date_text + pl.Series(serial).cast(pl.String).str.zfill(3)).to_numpy().astype("<U17")
    digits = first.view(np.uint32).reshape(len(first), 17).astype(np.int64) - 48
    check = np.array(list(formulas.CHECKS))[(digits @ np.array(formulas.WEIGHTS)) % 11]
    return np.char.add(first, check)


def _parts(day: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    month = day.astype("datetime64[M]")
    year = day.astype("datetime64[Y]").astype(int) + 1970
    return year, month.astype(int) % 12 + 1, (day - month.astype("datetime64[D]")).astype(int) + 1


def _date(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    last = (months + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    return np.minimum(months.astype("datetime64[D]") + (day - 1), last)


def _texts(*parts: str | np.ndarray) -> np.ndarray:
    columns = [pl.lit(p) if isinstance(p, str) else pl.lit(pl.Series(p)).cast(pl.String) for p in parts]
    return pl.select(pl.concat_str(columns)).to_series().to_numpy()
