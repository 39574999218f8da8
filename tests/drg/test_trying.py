"""The coder's page: each code it lists was tried, and leads to the group it is listed under."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.support import samples
from yigongti.domains.money.drg.api import Case, Scheme, group, load_scheme
from yigongti.domains.money.drg.scheme.rules import Level
from yigongti.domains.money.drg.tests.factories import rows, write_scheme
from yigongti.domains.money.drg.trying import Tried, attempt

pytestmark = pytest.mark.django_db


def tried(case: Case, scheme: Scheme) -> Tried:
    return attempt(case, None, scheme, place="kunshan", on=date(2026, 3, 1), tier="secondary", insurance_kind="02")


def test_a_code_that_leads_elsewhere_is_not_listed(tmp_path: Path) -> None:
    """An injured arm (IR1, here split by severity). S22, an MCC, is an injury of the chest: with it the case has two
    body sites and is one of MDC Z (ZZ19). I50 is an MCC and no injury: IR11. J18 is a CC: IR15 stays."""
    scheme = load_scheme(
        write_scheme(
            tmp_path,
            drg=rows("drg", ["IR1", "1", "IR11", "mcc", "重"], ["IR1", "2", "IR15", "none", "轻"], without="IR19"),
            complications=rows("complications", ["S22", "MCC", ""]),
        )
    )
    case = Case("S52", sex=1, age_years=40)
    assert group(case, scheme).drg == "IR15"
    assert group(replace(case, other_diagnoses=("S22",)), scheme).drg == "ZZ19"
    (change,) = tried(case, scheme).changes
    assert (change.level, change.grouped.drg) == (Level.MCC, "IR11")
    assert [code for code, _ in change.codes] == ["I50", "I64"]
    assert change.of == 3


def test_among_many_injuries_the_one_that_changes_the_group_is_found(tmp_path: Path) -> None:
    """400 MCCs that are injuries of another site come before the only one that leaves the case where it is."""
    injuries = [f"S{number:03d}" for number in range(400)]
    scheme = load_scheme(
        write_scheme(
            tmp_path,
            mdc_diagnoses=rows("mdc_diagnoses", *(["Z", "胸", code] for code in injuries)),
            drg=rows("drg", ["IR1", "1", "IR11", "mcc", "重"], ["IR1", "2", "IR15", "none", "轻"], without="IR19"),
            complications=[["diagnosis_code", "level", "exclusion_table"]]
            + [[code, "MCC", ""] for code in injuries]
            + [[f"Z{number:02d}", "MCC", ""] for number in range(99)],
        )
    )
    (change,) = tried(Case("S52", sex=1, age_years=40), scheme).changes
    assert change.grouped.drg == "IR11" and change.codes
    assert all(code.startswith("Z") for code, _ in change.codes)


@pytest.mark.samples
def test_every_code_listed_for_injuries_of_the_national_tables_leads_where_it_says() -> None:
    found = samples.folder()
    if found is None or not (found / "chs-drg-1.1").is_dir():
        pytest.skip("NO SAMPLES: the national DRG tables (chs-drg-1.1) are not here; set YIGONGTI_SAMPLES")
    scheme = load_scheme(found / "chs-drg-1.1")
    shown = 0
    for principal in ("S36.900", "S72.000", "S06.900", "I63.900", "K80.000"):
        case = Case(principal, sex=1, age_years=40)
        for change in tried(case, scheme).changes:
            for code, _name in change.codes:
                shown += 1
                assert group(replace(case, other_diagnoses=(code,)), scheme).drg == change.grouped.drg, (case, code)
    assert shown > 100
