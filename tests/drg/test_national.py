"""The national 1.1 tables: all 628 groups are reached, the golden cases hold, and all three groupers agree."""

import random
from pathlib import Path
from typing import ClassVar

import pytest

from tests.drg.oracle import Oracle
from tests.support import samples
from yigongti.domains.money.drg.api import Case, Grouped, Qy, Scheme, group, load_scheme
from yigongti.domains.money.drg.grouping.batch import outcomes
from yigongti.domains.money.drg.grouping.case import COLUMNS
from yigongti.domains.money.drg.grouping.compiled import Compiled
from yigongti.domains.money.drg.grouping.encoding import Encoder
from yigongti.domains.money.drg.scheme.loading import check

pytestmark = pytest.mark.samples


@pytest.fixture(scope="module")
def folder() -> Path:
    found = samples.folder()
    if found is None or not (found / "chs-drg-1.1").is_dir():
        pytest.skip("NO SAMPLES: the national DRG tables (chs-drg-1.1) are not here; set YIGONGTI_SAMPLES")
    return found / "chs-drg-1.1"


@pytest.fixture(scope="module")
def scheme(folder: Path) -> Scheme:
    return load_scheme(folder)


@pytest.fixture(scope="module")
def oracle(folder: Path) -> Oracle:
    return Oracle(folder)


def as_case(made: dict) -> Case:
    return Case(
        sex=made["sex"],
        age_years=made["age_years"] if made["age_years"] is not None else "",
        age_days=made["age_days"] if made["age_days"] is not None else "",
        birth_weight_g=made["birth_weight_g"] if made["birth_weight_g"] is not None else "",
        principal_diagnosis=made["diagnoses"][0] if made["diagnoses"] else "",
        other_diagnoses=made["diagnoses"][1:],
        procedures=made["procedures"],
    )


def seen(found: Grouped) -> tuple[str, str, str, str]:
    return found.mdc, found.adrg, found.drg, found.status.value


def in_batch(made: list[dict], scheme: Scheme) -> list[tuple[str, str, str, str]]:
    import polars as pl

    compiled = Compiled(scheme)
    text = [
        {
            "case_id": str(number),
            "sex": str(one["sex"]),
            "age_years": "" if one["age_years"] is None else str(one["age_years"]),
            "age_days": "" if one["age_days"] is None else str(one["age_days"]),
            "birth_weight_g": "" if one["birth_weight_g"] is None else str(one["birth_weight_g"]),
            "principal_diagnosis": one["diagnoses"][0] if one["diagnoses"] else "",
            "other_diagnoses": "|".join(one["diagnoses"][1:]),
            "principal_procedure": one["procedures"][0] if one["procedures"] else "",
            "other_procedures": "|".join(one["procedures"][1:]),
        }
        for number, one in enumerate(made)
    ]
    frame = pl.DataFrame(text, schema=dict.fromkeys(COLUMNS, pl.String))
    numbers = outcomes(Encoder(compiled).cases(frame), compiled)
    found = [compiled.outcomes[number] for number in numbers.tolist()]
    return [(one.mdc, one.adrg, one.drg, one.status.value) for one in found]


def test_the_tables_load_and_every_group_is_found_reachable(folder: Path) -> None:
    scheme, findings = check(folder)
    assert scheme is not None
    assert (len(scheme.mdcs), len(scheme.adrgs), len(scheme.drgs)) == (26, 376, 628)
    assert not [finding for finding in findings if finding.error or finding.file == "drg.csv"]


class Draw:
    """Draws from lists of the tables; each list is sorted once."""

    sorted_once: ClassVar[dict[tuple, list[str]]] = {}

    def __init__(self, oracle: Oracle, chance: random.Random) -> None:
        self.oracle, self.chance = oracle, chance

    def __call__(self, *what: str) -> str:
        key = (id(self.oracle), *what)
        if key not in self.sorted_once:
            self.sorted_once[key] = sorted(getattr(self, what[0])(*what[1:]))
        return self.chance.choice(self.sorted_once[key])

    def principal(self, mdc: str, adrg: str) -> set[str]:
        entry = {code for of, code in self.oracle.mdc_diagnoses if of == mdc}
        return entry & self.listed(adrg) or entry or {code for _, code in self.oracle.mdc_diagnoses}

    def listed(self, adrg: str) -> set[str]:
        return self.oracle.codes.get((adrg, "diagnosis", "1"), set())

    def procedure(self, adrg: str, number: str) -> set[str]:
        return self.oracle.codes[adrg, "procedure", number]

    def valid(self) -> set[str]:
        return self.oracle.valid

    def site(self, mdc: str, *mine: str) -> set[str]:
        return {code for (of, code), sites in self.oracle.sites.items() if of == mdc and sites != set(mine)}

    def level(self, level: str) -> set[str]:
        return {code for code, (its, _) in self.oracle.complications.items() if its == level}


def made_for(oracle: Oracle, mdc: dict, adrg: dict, drg: dict, chance: random.Random) -> dict:
    """A case that may come to a DRG, drawn from the lists its tables name."""

    name, kind = mdc["mdc"], adrg["match"]
    draw = Draw(oracle, chance)
    principal = draw("principal", name, adrg["adrg"])
    if kind == "principal_diagnosis_and_tagged_procedures":
        wanted = [tag.strip() for tag in chance.choice(adrg["parameter"].split("|")).split("&")]
    else:
        wanted = sorted(number for of, what, number in oracle.codes if of == adrg["adrg"] and what == "procedure")
    procedures = [draw("procedure", adrg["adrg"], number) for number in wanted]
    if kind in ("principal_procedure_valid", "any_diagnosis_and_principal_procedure_valid"):
        procedures = [draw("valid")]
    others = []
    if kind.startswith("any_diagnosis") and principal not in oracle.codes[adrg["adrg"], "diagnosis", "1"]:
        others.append(draw("listed", adrg["adrg"]))
    if mdc["entry"] == "principal_diagnosis_and_two_body_sites":
        others.append(draw("site", name, *oracle.sites[name, principal]))
    test = drg["severity_test"]
    if test != "none":
        others.append(draw("level", "CC" if test == "mcc_or_cc" else "MCC"))
    newborn = "newborn" in kind
    infant = newborn or mdc["entry"] == "principal_diagnosis_and_age_under_1_year"
    weight = None
    if newborn:
        band = adrg["parameter"].strip("[)").split(",") if adrg["parameter"] else ["3000"]
        weight = max(int(band[0]), 1)
    return {
        "sex": 2 if mdc["entry"] == "principal_diagnosis_and_female" else 1,
        "age_years": 0 if infant else 45,
        "age_days": (chance.randint(0, 28) if newborn else 90) if infant else None,
        "birth_weight_g": weight,
        "diagnoses": [principal, *others],
        "procedures": procedures,
    }


def test_each_of_the_628_groups_is_reached_and_the_oracle_agrees(oracle: Oracle, scheme: Scheme) -> None:
    chance = random.Random(20261122)
    reached: dict[str, dict] = {}
    for mdc in oracle.mdcs:
        for adrg in oracle.adrgs[mdc["mdc"]]:
            for drg in oracle.drgs[adrg["adrg"]]:
                for _attempt in range(3000):
                    made = made_for(oracle, mdc, adrg, drg, chance)
                    if oracle.group(made)[2] == drg["drg"]:
                        reached[drg["drg"]] = made
                        break
    every = [drg["drg"] for drgs in oracle.drgs.values() for drg in drgs]
    assert len(every) == 628
    assert sorted(set(every) - set(reached)) == []
    for drg, made in reached.items():
        found = group(as_case(made), scheme)
        assert (found.drg, found.status) == (drg, "grouped"), (made, found.words)
        assert found.path[-1].words.find(drg) >= 0
    assert [row[2] for row in in_batch(list(reached.values()), scheme)] == list(reached)


GOLDEN = [
    ("BR21", {"diagnoses": ["I63.900", "J18.900", "I50.900"]}),
    ("FM19", {"diagnoses": ["I21.401"], "procedures": ["36.0601", "36.0701"]}),
    ("OC19", {"diagnoses": ["O80.000"], "procedures": ["73.5900x001"], "sex": 2}),
    ("GZ13", {"diagnoses": ["K22.301", "K11.901", "E11.900"], "procedures": ["96.0800x005"]}),
    ("PR15", {"diagnoses": ["P22.000"], "age_years": 0, "age_days": 3, "birth_weight_g": 3000}),
    ("BR25", {"diagnoses": ["I63.900"], "procedures": ["51.2300"]}),
    ("MZ19", {"diagnoses": ["N40.x00"], "sex": 1}),
    ("NZ19", {"diagnoses": ["D25.900"], "sex": 2}),
]
PLAIN = {"sex": 1, "age_years": 68, "age_days": None, "birth_weight_g": None, "procedures": []}


@pytest.mark.parametrize(("drg", "made"), GOLDEN)
def test_golden_cases(drg: str, made: dict, oracle: Oracle, scheme: Scheme) -> None:
    case = PLAIN | made
    assert group(as_case(case), scheme).drg == drg
    assert oracle.group(case)[2] == drg
    assert in_batch([case], scheme)[0][2] == drg


@pytest.mark.parametrize(
    ("qy", "first", "drg"),
    [
        ("off", "51.2300", "BR25"),
        ("any", "51.2300", "BQY"),
        ("principal", "51.2300", "BQY"),
        ("any", "no operation", "BQY"),
        ("principal", "no operation", "BR25"),
    ],
)
def test_an_operation_without_a_group_is_ambiguous_where_the_scheme_says_so(
    qy: str, first: str, drg: str, folder: Path
) -> None:
    scheme, oracle = load_scheme(folder, qy=Qy(qy)), Oracle(folder, qy)
    if first == "no operation":
        first = min(oracle.named["procedure"] - oracle.listed["procedure"] - set(oracle.maps["procedure"]))
    case = PLAIN | {"diagnoses": ["I63.900"], "procedures": [first, "51.2300"]}
    found = group(as_case(case), scheme)
    assert found.drg == drg
    assert found.status == ("ambiguous" if drg == "BQY" else "grouped")
    assert oracle.group(case)[2] == drg


PATIENTS = [
    {"sex": 1, "age_years": 40, "age_days": None, "birth_weight_g": None},
    {"sex": 2, "age_years": 40, "age_days": None, "birth_weight_g": None},
    {"sex": 1, "age_years": 0, "age_days": 3, "birth_weight_g": 3000},
]


def test_no_principal_diagnosis_is_left_without_a_group_its_map_leads_to(folder: Path, scheme: Scheme) -> None:
    """Every row of the map, as a principal diagnosis, beside a grouper that has no map at all: where the code itself
    comes to a group, that is the answer; where only what it is mapped to does, that."""
    bare = Oracle(folder, mapped=False)
    rows = [(code, to) for code, to in bare.maps["diagnosis"].items() if code != to]
    assert len(rows) > 4_000
    made = [patient | {"diagnoses": [code], "procedures": []} for code, _ in rows for patient in PATIENTS]
    itself = [bare.group(case) for case in made]
    target = [bare.group(patient | {"diagnoses": [to], "procedures": []}) for _, to in rows for patient in PATIENTS]
    through_the_map = set()
    for case, own, to, found in zip(made, itself, target, in_batch(made, scheme), strict=True):
        if own[3] == "grouped":
            assert found == own, case
        elif not own[0]:  # in no list of an MDC
            assert found == to, case
            through_the_map |= {case["diagnoses"][0]} if to[3] == "grouped" else set()
    assert {"B20.100", "A49.100", "A43.000", "B06.900", "P23.000"} <= through_the_map


@pytest.mark.parametrize(
    ("drg", "diagnosis"), [("YR15", "B20.100"), ("SV15", "A49.100"), ("YR15", "B20.100x001"), ("SV15", "A49.103")]
)
def test_diagnoses_that_only_the_complications_name(drg: str, diagnosis: str, oracle: Oracle, scheme: Scheme) -> None:
    """B20.100 stands in complications.csv alone; diagnosis_map.csv: B20.100x001, which is in MDC Y's list."""
    case = PLAIN | {"diagnoses": [diagnosis]}
    assert group(as_case(case), scheme).drg == oracle.group(case)[2] == in_batch([case], scheme)[0][2] == drg


def test_a_procedure_is_grouped_as_itself_or_as_what_it_is_mapped_to(folder: Path, scheme: Scheme) -> None:
    bare = Oracle(folder, mapped=False)
    rows = [(code, to) for code, to in bare.maps["procedure"].items() if code != to]
    some = ["I63.900", "I21.401", "K80.000", "S72.000", "C50.900"]
    made = [PLAIN | {"diagnoses": [one], "procedures": [code]} for code, _ in rows for one in some]
    mapped = [PLAIN | {"diagnoses": [one], "procedures": [to]} for _, to in rows for one in some]
    for case, found, answer in zip(made, in_batch(made, scheme), map(bare.group, mapped), strict=True):
        if case["procedures"][0] not in bare.looked_at["procedure"]:
            assert found == answer, case
        else:
            assert found == bare.group(case), case


def random_case(oracle: Oracle, chance: random.Random, pools: dict[str, list[str]]) -> dict:
    """A case near the tables' edges: its group's own lists, strangers among them, ages around the limits."""
    mdc = chance.choice(oracle.mdcs)
    adrg = chance.choice(oracle.adrgs[mdc["mdc"]])
    made = made_for(oracle, mdc, adrg, chance.choice(oracle.drgs[adrg["adrg"]]), chance)
    while chance.random() < 0.4:
        made["diagnoses"].append(chance.choice(pools["complications" if chance.random() < 0.6 else "diagnoses"]))
    while chance.random() < 0.3:
        made["procedures"].insert(chance.randint(0, len(made["procedures"])), chance.choice(pools["procedures"]))
    if chance.random() < 0.1:
        chance.shuffle(made["procedures"])
    if chance.random() < 0.1:
        made["diagnoses"][0] = chance.choice(pools["diagnoses"])
    made["sex"] = chance.choice([1, 2])
    if chance.random() < 0.3:
        made["age_years"], made["age_days"] = 0, chance.choice([None, 0, 27, 28, 29, 364])
        made["birth_weight_g"] = chance.choice([None, 1499, 1500, 1999, 2000, 2499, 2500, 4000])
    if chance.random() < 0.01:
        made["diagnoses"].append("ZZ9.999")
    if chance.random() < 0.01:
        made["procedures"].append("98.7654")
    return made


@pytest.mark.parametrize("qy", ["off", "any", "principal"])
def test_three_groupers_agree_on_random_cases(qy: str, folder: Path) -> None:
    scheme, oracle, chance = load_scheme(folder, qy=Qy(qy)), Oracle(folder, qy), random.Random(qy)
    pools = {
        "complications": sorted(oracle.complications),
        "diagnoses": sorted(oracle.named["diagnosis"] | oracle.listed["diagnosis"] | set(oracle.maps["diagnosis"])),
        "procedures": sorted(oracle.named["procedure"] | set(oracle.maps["procedure"])),
    }
    made = [random_case(oracle, chance, pools) for _ in range(800)]
    expected = [oracle.group(case) for case in made]
    batch = in_batch(made, scheme)
    for case, answer, many in zip(made, expected, batch, strict=True):
        assert many == answer, case
        assert seen(group(as_case(case), scheme)) == answer, case
    assert {answer[3] for answer in expected} >= {"grouped", "ungroupable", "invalid"}
