import polars as pl
import pytest

from yigongti.simulation.dirt import FORMULA, OUTCOME, REFUSED, soil
from yigongti.simulation.draws import Draws
from yigongti.simulation.names import mistype
from yigongti.simulation.parameters import Parameters

ROWS = pl.DataFrame(
    {
        "patient_no": [f"P{i}" for i in range(400)],
        "name": ["张晓静"] * 400,
        "birth_date": ["1980/03/25"] * 200 + ["1981/04/02"] * 200,
        "id_number": ["11010519491231002X"] * 399 + [None],
        "encounter_no": [f"E{i}" for i in range(400)],
        "setting": ["门诊"] * 400,
        "started_at": ["2025/03/01 08:30:00"] * 400,
        "doctor": ["王敏"] * 400,
        "total_yuan": ["86.50"] * 400,
        "_person": list(range(400)),
    }
)


def _soiled(kind: str, chance: int = 1_000_000) -> pl.DataFrame:
    return soil(ROWS, "encounters", {kind: chance}, Draws(1, kind)).rows


def test_a_mistyped_number_never_keeps_a_right_check_digit():
    rows = _soiled("mistyped_number").filter(pl.col("_dirt") == "mistyped_number")
    assert rows.height == 399  # the row without a number has nothing to mistype
    weights = [pow(2, 17 - i, 11) for i in range(18)]
    for number in rows["id_number"].unique():
        values = [10 if c == "X" else int(c) for c in number]
        assert sum(v * w for v, w in zip(values, weights, strict=True)) % 11 != 1
    assert rows["id_number"].n_unique() > 10


def test_turned_dates_are_impossible_and_possible_ones_stay():
    rows = _soiled("impossible_birth")
    assert rows.filter(pl.col("_dirt") == "impossible_birth")["birth_date"].unique().to_list() == ["1980/25/03"]
    assert rows.filter(pl.col("_dirt") == "")["birth_date"].unique().to_list() == ["1981/04/02"]


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        ("future_birth", "birth_date", "2091/03/25"),
        ("future_start", "started_at", "2091/03/01 08:30:00"),
        ("no_start", "started_at", None),
        ("wrong_setting", "setting", "门诊或住院"),
        ("wrong_money", "total_yuan", "8O.50"),
        ("formula", "doctor", FORMULA),
    ],
)
def test_each_slip_spoils_its_column_and_nothing_else(kind, column, value):
    rows = _soiled(kind)
    assert rows[0, column] == value
    assert set(rows["_dirt"]) == {kind}
    others = [c for c in ROWS.columns if c != column]
    assert rows.select(others).equals(ROWS.select(others))


def test_rows_sent_twice_stand_at_the_end_as_they_were():
    rows = _soiled("resent", 100_000)
    copies = rows.filter(pl.col("_dirt") == "resent")
    assert rows.height == 400 + copies.height
    assert 15 < copies.height < 80
    assert rows.tail(copies.height).equals(copies)
    assert set(copies["encounter_no"]) <= set(ROWS["encounter_no"])


def test_blank_lines_stand_between_the_rows():
    rows = _soiled("blank_line", 50_000)
    blank = rows.filter(pl.col("_dirt") == "blank_line")
    assert blank.height > 5
    assert blank.select(pl.all_horizontal(pl.exclude("_person", "_dirt").is_null().all())).item()
    assert rows.filter(pl.col("_dirt") == "").drop("_dirt").equals(ROWS)


def test_every_kind_of_dirt_in_the_figures_has_an_outcome(figures: Parameters):
    for extract, kinds in figures["dirt.rows"].items():
        assert set(kinds) <= set(OUTCOME), extract
    assert REFUSED in OUTCOME.values()


@pytest.mark.parametrize("kind", ["homophones", "lookalikes"])
def test_a_mistyped_name_differs_in_one_character(kind):
    for choice in range(300):
        typed = mistype("陈晓阳", kind, choice)
        assert len(typed) == 3
        assert sum(a != b for a, b in zip("陈晓阳", typed, strict=True)) == 1
    assert mistype("SMITH JOHN", kind, 3) == "SMITH JOHN"
