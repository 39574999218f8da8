"""Grouping by the small scheme: every match kind by hand, the defects of other groupers, and invariants."""

import itertools
import random
import threading
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yigongti.domains.money.drg.api import Case, Qy, Reason, Scheme, group
from yigongti.domains.money.drg.grouping.batch import outcomes
from yigongti.domains.money.drg.grouping.case import COLUMNS
from yigongti.domains.money.drg.grouping.compiled import Compiled
from yigongti.domains.money.drg.grouping.encoding import Encoder
from yigongti.domains.money.drg.scheme.loading import load
from yigongti.domains.money.drg.tests.factories import write_scheme


@pytest.fixture(scope="module")
def scheme(tmp_path_factory: pytest.TempPathFactory) -> Scheme:
    return load(write_scheme(tmp_path_factory.mktemp("scheme")))


def drg(scheme: Scheme, principal: str, others: str = "", procedures: str = "", **more: object) -> str:
    fields = {"sex": 1, "age_years": 50, "other_diagnoses": others, "procedures": procedures, **more}
    return group(Case(principal, **fields), scheme).drg  # type: ignore[arg-type]


NEWBORN = {"age_years": 0, "age_days": 5, "birth_weight_g": 3000}


@pytest.mark.parametrize(
    ("expected", "principal", "others", "procedures", "more"),
    [
        ("AA19", "I63", "", "37.51", {}),  # the operation comes before the diagnosis
        ("AB19", "I63", "", "50.51|52.80", {}),
        ("BR15", "I63", "", "50.51", {}),  # one of two lists only: on to MDC B
        ("PB19", "P59", "", "38.85", NEWBORN),
        ("PV19", "P59", "", "38.85", NEWBORN | {"age_days": 29}),
        ("PR15", "P22", "", "", NEWBORN),
        ("PR11", "P22", "I50", "", NEWBORN),
        ("PS19", "P59", "P07", "", NEWBORN | {"birth_weight_g": 1499}),
        ("PS29", "P59", "P07", "", NEWBORN | {"birth_weight_g": 1500}),
        ("PS29", "P59", "P07", "", NEWBORN | {"age_days": 28}),
        ("PV19", "P59", "", "", NEWBORN),
        ("PV19", "J18", "", "", {"age_years": 0, "age_days": 364}),
        ("0000", "J18", "", "", {"age_years": 1}),
        ("ZB19", "S06", "S22", "01.24", {}),
        ("ZZ19", "S06", "S22", "", {}),
        ("BB19", "S06", "", "01.24", {}),  # one site only: no multiple trauma
        ("ID19", "S52", "S22", "51.23", {}),  # enters Z, an operation no group of it takes: on to MDC I
        ("BR15", "S06", "S06", "", {}),  # the same site twice is one site
        ("MA19", "C61", "", "60.50", {}),
        ("MZ19", "C61", "", "51.23|60.50", {}),  # the principal procedure alone counts
        ("MZ19", "N40", "", "60.50", {}),
        ("0000", "N40", "", "", {"sex": 2}),
        ("NA19", "D25", "", "68.40", {"sex": 2}),
        ("NA19", "D25", "", "68.29|65.60", {"sex": 2}),
        ("NA19", "D25", "", "65.60|68.29", {"sex": 2}),
        ("NZ19", "D25", "", "68.29", {"sex": 2}),
        ("BC19", "I63", "G20", "51.23", {}),  # any diagnosis, any valid principal procedure
        ("BC19", "G20", "", "51.23", {}),
        ("0000", "G20", "", "", {}),
        ("BR13", "I63", "J18", "", {}),
        ("BR13", "G45", "E11", "", {}),  # a complication of no exclusion table always counts
        ("BR11", "I63", "J18|I50", "", {}),
        ("BR15", "I63", "I64", "", {}),  # excluded beside this principal diagnosis
        ("BR11", "G45", "I64", "", {}),  # not beside that
        ("IC13", "M17", "I50", "81.54", {}),  # where no group asks for an MCC alone, it counts as a CC
        ("IC15", "M17", "", "81.54", {}),
        ("IB19", "M48", "", "81.00|80.51", {}),
        ("ID19", "M48", "", "81.00", {}),
        ("IR19", "M17", "", "99.99", {}),  # a procedure that is no operation
        ("0000", "M43", "", "", {}),
        ("0000", "X99", "", "", {}),
    ],
)
def test_each_rule(
    scheme: Scheme, expected: str, principal: str, others: str, procedures: str, more: dict[str, object]
) -> None:
    assert drg(scheme, principal, others, procedures, **more) == expected


@pytest.mark.parametrize(
    ("reason", "fields"),
    [
        (Reason.NO_SEX, {"sex": ""}),
        (Reason.NO_SEX, {"sex": "9"}),
        (Reason.NO_AGE, {"age_years": ""}),
        (Reason.NO_AGE, {"age_years": None}),
        (Reason.BAD_AGE, {"age_years": "old"}),
        (Reason.BAD_AGE, {"age_years": -3}),
        (Reason.BAD_AGE, {"age_years": 151}),
        (Reason.NO_AGE_DAYS, {"age_years": 0}),
        (Reason.BAD_AGE_DAYS, {"age_years": 0, "age_days": 400}),
        (Reason.NO_WEIGHT, {"age_years": 0, "age_days": 28}),
        (Reason.BAD_WEIGHT, {"age_years": 0, "age_days": 28, "birth_weight_g": "3kg"}),
        (Reason.NO_DIAGNOSIS, {"principal_diagnosis": " "}),
    ],
)
def test_what_is_missing_or_no_number_is_a_sentence_and_never_a_crash(
    scheme: Scheme, reason: Reason, fields: dict[str, object]
) -> None:
    found = group(Case(**{"sex": 1, "age_years": 50, "principal_diagnosis": "I63", **fields}), scheme)  # type: ignore[arg-type]
    assert (found.status, found.reason, found.drg) == ("invalid", reason, "")
    assert found.words.endswith("。")


def test_what_does_not_matter_is_not_asked_for(scheme: Scheme) -> None:
    assert drg(scheme, "I63", age_days="?", birth_weight_g=-1) == "BR15"
    assert drg(scheme, "P59", age_years=0, age_days=29) == "PV19"


# The defects found in the public groupers, each as a test that ours has none of it.


def test_defect_1_sex_as_text_and_as_number_is_the_same(scheme: Scheme) -> None:
    for one in (1, "1", "1.0", " 1 ", "男"):
        assert drg(scheme, "N40", sex=one) == "MZ19"
    for one in (2, "2", "女"):
        assert drg(scheme, "D25", sex=one) == "NZ19"


def test_defect_2_an_age_in_days_as_text_is_compared_as_a_number(scheme: Scheme) -> None:
    assert drg(scheme, "P22", age_years="0", age_days="9", birth_weight_g="3000") == "PR15"
    assert drg(scheme, "P22", age_years="0", age_days="100", birth_weight_g="3000") == "PV19"


def test_defect_3_no_case_shows_the_path_of_another(scheme: Scheme) -> None:
    group(Case(sex=None, principal_diagnosis="I63"), scheme)
    alone = group(Case(sex=1, age_years=60, principal_diagnosis="M17"), scheme)
    assert all("I63" not in line.words for line in alone.path)
    found: dict[int, set[str]] = {}

    def work(number: int) -> None:
        code = ("I63", "M17", "N40")[number % 3]
        found[number] = {
            line.words
            for _ in range(50)
            for line in group(Case(sex=1, age_years=60, principal_diagnosis=code), scheme).path
        }

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[3] and found[1] == found[4] and found[2] == found[5]
    assert not any("I63" in words for words in found[1])


def test_defect_4_further_columns_change_nothing(scheme: Scheme) -> None:
    row = {"case_id": "1", "sex": "1", "age_years": "60", "principal_diagnosis": "I63", "amount": "12.5"}
    assert group(Case.of_row(row), scheme).drg == "BR15"


def test_defect_5_rules_are_data_and_text_is_never_run(scheme: Scheme) -> None:
    for nonsense in ("__import__('os').getcwd()", "1 or True", "I63;--", "\0", "I63\n"):
        assert group(Case(sex=1, age_years=60, principal_diagnosis=nonsense), scheme).status in (
            "ungroupable",
            "grouped",
        )


def test_defect_6_the_principal_procedure_alone_decides_where_the_rule_says_so(scheme: Scheme) -> None:
    assert drg(scheme, "M17", procedures="51.23|81.54") == "ID19"
    assert drg(scheme, "M17", procedures="81.54|51.23") == "IC15"


@pytest.mark.parametrize(
    ("qy", "procedures", "expected"),
    [
        (Qy.OFF, "51.23", "BR15"),
        (Qy.ANY, "51.23", "BQY"),
        (Qy.PRINCIPAL, "51.23", "BQY"),
        (Qy.ANY, "99.99|51.23", "BQY"),
        (Qy.PRINCIPAL, "99.99|51.23", "BR15"),
        (Qy.ANY, "99.99", "BR15"),
        (Qy.ANY, "01.24", "BB19"),
    ],
)
def test_ambiguous_cases(scheme: Scheme, qy: Qy, procedures: str, expected: str) -> None:
    with_qy = replace(scheme, about=replace(scheme.about, qy=qy))
    found = group(Case(sex=1, age_years=60, principal_diagnosis="I63", procedures=procedures), with_qy)
    assert (found.drg, found.status == "ambiguous") == (expected, expected == "BQY")


def test_codes_are_mapped_and_what_can_not_be_says_so(tmp_path: Path) -> None:
    scheme = load(
        write_scheme(
            tmp_path,
            diagnosis_map=[["code", "grouper_code"], ["I63.9", "I63"], ["M17", "N40"], ["J18.9", "J18"]],
            procedure_map=[["code", "grouper_code"], ["81.5400x001", "81.54"]],
            icd10_diagnoses=[["code", "name"], ["R05", "咳嗽"]],
        )
    )
    mapped = group(Case(sex=1, age_years=60, principal_diagnosis="i63.9", other_diagnoses="J18.9"), scheme)
    assert mapped.drg == "BR13"
    assert any("I63.9按对照表转为I63" in line.words for line in mapped.path)
    assert drg(scheme, "M17", procedures="81.5400X001") == "IC15"  # a code the tables know stands for itself
    assert drg(scheme, "I63", "R05") == "BR15"  # known by name, without a rule: it disturbs nothing
    for fields, code in (
        ({"principal_diagnosis": "Q00.1"}, "Q00.1"),
        ({"principal_diagnosis": "I63", "other_diagnoses": "J18|Q00.2"}, "Q00.2"),
        ({"principal_diagnosis": "I63", "procedures": "81.54|11.22"}, "11.22"),
    ):
        found = group(Case(sex=1, age_years=60, **fields), scheme)
        assert (found.drg, found.status) == ("0000", "ungroupable")
        assert code in found.words


MAPS = {
    "diagnosis_map": [["code", "grouper_code"], ["I50", "I63"], ["N40", "E11"], ["J18", "G45"], ["I64", "Q99"]],
    "procedure_map": [["code", "grouper_code"], ["51.23", "37.51"], ["81.54", "01.24"]],
}
PLACES = [
    ("BR15", "I50", "", ""),  # only the complications and exclusions name I50: no group by itself, so the map's I63
    ("BR11", "I63", "I50", ""),  # as a complication it is the table's own MCC
    ("MZ19", "N40", "", ""),  # MDC M names it
    ("BR13", "I63", "N40", ""),  # no table of other diagnoses does: the map's E11, a CC
    ("BR13", "I63", "J18", ""),  # its own CC (table 101), not the map's G45
    ("BR11", "I63", "I50|J18", ""),
    ("BR15", "I63", "I64", ""),  # its own MCC, of the principal diagnosis's table 96: excluded
    ("BR11", "G45", "I64", ""),
    ("0000", "I64", "", ""),  # the map's Q99 is in no table: I64 as it stands, which enters nothing
    ("AA19", "I63", "", "51.23"),  # valid, but in no group's list: the map's 37.51
    ("IC15", "M17", "", "81.54"),  # in IC1's own list
]


@pytest.mark.parametrize(("expected", "principal", "others", "procedures"), PLACES)
def test_a_code_goes_through_the_map_where_no_table_looked_at_in_its_place_names_it(
    tmp_path: Path, expected: str, principal: str, others: str, procedures: str
) -> None:
    mapped = load(write_scheme(tmp_path, **MAPS))
    assert drg(mapped, principal, others, procedures) == expected
    row = dict.fromkeys(COLUMNS, "") | {"sex": "1", "age_years": "50", "principal_diagnosis": principal}
    row |= {"other_diagnoses": others, "principal_procedure": procedures}
    compiled = Compiled(mapped)
    frame = pl.DataFrame([row], schema=dict.fromkeys(COLUMNS, pl.String))
    assert compiled.outcomes[outcomes(Encoder(compiled).cases(frame), compiled)[0]].drg == expected


def test_the_path_says_what_a_coder_asks(scheme: Scheme) -> None:
    found = group(Case(sex=1, age_years=70, principal_diagnosis="I63", other_diagnoses="J18|I64"), scheme)
    words = "\n".join(line.words for line in found.path)
    for part in (
        "主要诊断I63在MDCB（神经）的诊断表中",
        "BB1、BC1",
        "J18是CC",
        "I64是MCC，但与主要诊断同属排除表96",
        "BR13",
    ):
        assert part in words
    assert [(one.code, one.excluded) for one in found.counted] == [("J18", False), ("I64", True)]


DIAGNOSES = "I63 G45 S06 S22 S52 N40 C61 D25 G20 M17 M48 M43 P07 P22 P59 J18 I50 I64 E11 X99"
PROCEDURES = "37.51 50.51 52.80 38.85 01.24 60.50 68.40 68.29 65.60 81.00 80.51 81.54 51.23 99.99"
CODES, OPERATIONS = ["", *DIAGNOSES.split()], PROCEDURES.split()
ROWS = st.fixed_dictionaries(
    {
        "case_id": st.just("1"),
        "sex": st.sampled_from(["1", "2", "", "男", "3", " 2"]),
        "age_years": st.sampled_from(["0", "1", "50", "50.0", "", "abc", "-1", "200", " 7 "]),
        "age_days": st.sampled_from(["", "0", "28", "29", "364", "367", "x", "5.0"]),
        "birth_weight_g": st.sampled_from(["", "1499", "1500", "0", "99999", "x", "2500.0"]),
        "principal_diagnosis": st.sampled_from([*CODES, " i63 "]),
        "other_diagnoses": st.lists(st.sampled_from([*CODES, " j18 "]), max_size=4).map("|".join),
        "principal_procedure": st.sampled_from(["", *OPERATIONS]),
        "other_procedures": st.lists(st.sampled_from(["", *OPERATIONS]), max_size=3).map("|".join),
    }
)


@settings(max_examples=60, deadline=None)
@given(many=st.lists(ROWS, min_size=1, max_size=40), qy=st.sampled_from(list(Qy)))
def test_the_batch_path_gives_what_the_one_case_path_gives(scheme: Scheme, many: list[dict[str, str]], qy: Qy) -> None:
    with_qy = replace(scheme, about=replace(scheme.about, qy=qy))
    compiled = Compiled(with_qy)
    frame = pl.DataFrame(many, schema=dict.fromkeys(COLUMNS, pl.String))
    numbers = outcomes(Encoder(compiled).cases(frame), compiled).tolist()
    for row, number in zip(many, numbers, strict=True):
        one, batch = group(Case.of_row(row), with_qy), compiled.outcomes[number]
        assert (batch.mdc, batch.adrg, batch.drg, batch.status, batch.reason, batch.sentence) == (
            one.mdc,
            one.adrg,
            one.drg,
            one.status,
            one.reason,
            one.words,
        )


@settings(max_examples=200, deadline=None)
@given(row=ROWS, seed=st.integers(0, 1000))
def test_order_and_repetition_of_other_codes_change_nothing(scheme: Scheme, row: dict[str, str], seed: int) -> None:
    case = Case.of_row(row)
    others, later = list(case.other_diagnoses), list(case.procedures[1:])
    chance = random.Random(seed)
    chance.shuffle(others)
    chance.shuffle(later)
    shuffled = replace(case, other_diagnoses=(*others, *others), procedures=(*case.procedures[:1], *later, *later))
    assert group(shuffled, scheme) == group(case, scheme)


@settings(max_examples=200, deadline=None)
@given(row=ROWS, more=st.sampled_from(["J18", "I50", "I64", "E11"]))
def test_a_further_complication_never_makes_a_case_lighter(scheme: Scheme, row: dict[str, str], more: str) -> None:
    case = Case.of_row(row)
    before, after = group(case, scheme), group(replace(case, other_diagnoses=(*case.other_diagnoses, more)), scheme)
    if before.status == "grouped" and after.adrg == before.adrg:
        order = [drg.code for drg in scheme.adrgs[before.adrg].drgs]
        assert order.index(after.drg) <= order.index(before.drg)


def test_pieces_of_a_large_batch_are_the_same_as_the_whole(scheme: Scheme, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("principal_diagnosis", "other_diagnoses", "principal_procedure")
    many = [
        {"sex": "1", "age_years": "50", **dict(zip(names, codes, strict=True))}
        for codes in itertools.product(CODES, ["", "J18|I50", "S22"], ["", "81.54", "51.23"])
    ]
    frame = pl.DataFrame(many, schema=dict.fromkeys(COLUMNS, pl.String))
    compiled = Compiled(scheme)
    cases = Encoder(compiled).cases(frame)
    whole = outcomes(cases, compiled).tolist()
    monkeypatch.setattr("yigongti.domains.money.drg.grouping.batch.PIECE", 7)
    assert outcomes(cases, compiled).tolist() == whole
