"""Claims as the payer sends them are grouped and paid; what changes is grouped anew, what was found before is kept."""

from datetime import date

import pytest
from django.conf import settings

from tests.claims.county import Here, back, claim, ids, settled
from yigongti.domains.money.drg.models import GroupedClaim
from yigongti.domains.money.drg.services.claims import ClaimsNotPublished, regroup, regroup_due
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.lake.api import engine, publish_stale, snapshot, table

ACTOR = system_actor("test")
MARCH = (date(2025, 3, 1), date(2025, 3, 31))


def standing() -> dict[int, GroupedClaim]:
    return {row.claim_id: row for row in GroupedClaim.objects.unscoped("test").filter(stands=True)}


def run() -> list:
    return regroup(settings.PLACE, *MARCH, actor=ACTOR)


PNEUMONIA = {"main_diagnosis_code": "J15.902", "age_years": "60"}


def test_claims_are_grouped_and_paid_by_hand(here: Here) -> None:
    settled(
        [
            claim(1, **PNEUMONIA),
            claim(2, **PNEUMONIA, other_diagnoses="I50.900|E11.900"),
            claim(3, main_diagnosis_code="K80.000", procedures="51.2300", age_years="44"),
            claim(4, main_diagnosis_code="Q99.900", age_years="44"),
            claim(5, setting="outpatient"),
        ],
        here,
    )  # fmt: skip
    (month,) = run()
    assert (month.cases, month.written) == (4, 4)
    by = standing()
    keys = ids()
    plain, severe, gall, none = (by[keys[f"S{n}"]] for n in (1, 2, 3, 4))
    # ES15: 0.62 × 0.85 = 0.5270; × 13,500 yuan × 0.5 (a hospital without a tier counts as primary) = 3,557.25 yuan
    assert (plain.drg, plain.status, plain.weight_e4, plain.standard_fen) == ("ES15", "grouped", 5270, 355_725)
    # it cost 5,000 of which the patient bore 1,500: between 0.4 and 3 times the standard
    assert (plain.outlier, plain.payment_fen, plain.stay_days) == ("normal", 355_725 - 150_000, 7)
    assert (severe.drg, severe.low_risk) == ("ES11", False)
    assert gall.drg == "HC15"
    assert (none.drg, none.status, none.outlier, none.payment_fen) == ("0000", "ungroupable", "ungroupable", 0)


def test_a_corrected_claim_is_grouped_anew_and_what_was_found_before_is_kept(here: Here) -> None:
    settled([claim(1, **PNEUMONIA), claim(2, **PNEUMONIA)], here)
    run()
    first = ids()
    settled([claim(1, **PNEUMONIA, other_diagnoses="I50.900")], here, name="again.csv")
    (month,) = run()
    assert month.written == 1
    by = standing()
    assert {row.drg for row in by.values()} == {"ES11", "ES15"}
    gone = GroupedClaim.objects.unscoped("test").get(claim_id=first["S1"])
    assert (gone.stands, gone.drg) == (False, "ES15") and gone.replaced_at is not None
    assert run()[0].written == 0


def test_what_is_taken_back_is_no_case(here: Here) -> None:
    row = claim(1, **PNEUMONIA)
    settled([row, claim(2, **PNEUMONIA)], here)
    run()
    settled([back(row, "R1")], here, name="back.csv")
    run()
    assert set(standing()) == {ids()["S2"]}


def test_months_are_looked_at_again_when_their_claims_or_rules_have_changed(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled([claim(1, **PNEUMONIA)], here)
    assert [month.cases for month in regroup_due(settings.PLACE, actor=ACTOR)] == [1]
    assert regroup_due(settings.PLACE, actor=ACTOR) == []
    settled([claim(2, **PNEUMONIA)], here, publish=False, name="more.csv")
    assert [month.cases for month in regroup_due(settings.PLACE, actor=ACTOR)] == [2]
    monkeypatch.setattr("yigongti.domains.money.drg.services.claims._rules_digest", lambda *_: "other")
    assert [month.written for month in regroup_due(settings.PLACE, actor=ACTOR)] == [0]


def test_a_place_without_a_scheme_has_no_groups_and_says_so(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    settled([claim(1, **PNEUMONIA)], here)
    run()
    monkeypatch.setattr("yigongti.domains.money.drg.services.claims.scheme_in_force", lambda *_: None)
    (month,) = run()
    assert (month.cases, month.scheme) == (0, "") and standing() == {}


def test_nothing_to_group_is_said(here: Here) -> None:
    with pytest.raises(ClaimsNotPublished):
        run()


def test_what_is_published_is_what_stands(here: Here) -> None:
    settled([claim(1, **PNEUMONIA), claim(2, main_diagnosis_code="Q99.900", age_years="44")], here)
    run()
    publish_stale()
    with engine() as backend:
        rows = table(backend, snapshot("drg_cases")).to_pyarrow().to_pylist()
    assert {row["id"] for row in rows} == set(standing())
    one = next(row for row in rows if row["status"] == "grouped")
    assert (one["drg"], one["category"], one["institution_id"]) == ("ES15", "J15", here.hospital)
    assert one["scheme"].startswith("demo-2025@")


def test_order_of_arrival_changes_nothing(here: Here) -> None:
    rows = [claim(n, **PNEUMONIA, other_diagnoses=("I50.900" if n % 2 else "")) for n in range(1, 9)]
    settled(rows[::-1], here)
    run()
    one = sorted((row.drg, row.payment_fen) for row in standing().values())
    settled([dict(row, total_yuan="5000.01", self_paid_yuan="1500.01") for row in rows], here, name="b.csv")
    run()
    assert [drg for drg, _ in sorted((row.drg, row.payment_fen) for row in standing().values())] == [d for d, _ in one]
    assert GroupedClaim.objects.unscoped("test").filter(stands=False).count() == 8
