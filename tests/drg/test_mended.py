"""Faults that were found in review, each by the case that showed it."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.urls import reverse

from tests.claims.county import Here, back, claim, ids, settled
from tests.drg.rules import drg_rules
from tests.drg.test_claims import PNEUMONIA, standing
from tests.drg.test_pages import PERIOD, text
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.drg.catalogue import SHIPPED, take_in
from yigongti.domains.money.drg.figures import report
from yigongti.domains.money.drg.services import claims as grouping
from yigongti.domains.money.drg.services.claims import regroup, regroup_due
from yigongti.kernel.access.api import Role, system_actor
from yigongti.kernel.lake.api import publish_stale

ACTOR = system_actor("test")
MARCH = (date(2025, 3, 1), date(2025, 3, 31))
DEAR = PNEUMONIA | {"total_yuan": "9000.00", "fund_yuan": "6000.00", "self_paid_yuan": "3000.00"}


def run() -> None:
    regroup(settings.PLACE, *MARCH, actor=ACTOR)


@pytest.mark.parametrize("month", ["03", "04"])
def test_what_was_taken_back_in_part_is_no_longer_cost(here: Here, month: str) -> None:
    """9,000 of which the fund paid 6,000; 7,000 and 5,000 are taken back: 2,000 are left, 1,000 of them the fund's."""
    row = claim(1, **DEAR)
    settled([row], here)
    regroup_due(settings.PLACE, actor=ACTOR)
    given = {"total_yuan": "-7000.00", "fund_yuan": "-5000.00", "self_paid_yuan": "-2000.00"}
    settled([back(row, "R1", settled_at=f"2025-{month}-20 10:30", **given)], here, name="back.csv")
    regroup_due(settings.PLACE, actor=ACTOR)
    found = standing()[ids()["S1"]]
    assert (found.total_fen, found.fund_fen, found.patient_fen) == (200_000, 100_000, 100_000)
    publish_stale()
    region = report(*MARCH, actor=ACTOR).region
    assert (region.cases, region.total_fen, region.fund_fen) == (1, 200_000, 100_000)


def test_a_rate_for_some_days_inside_a_month_is_noticed(here: Here, tmp_path: Path) -> None:
    settled([claim(1, **(PNEUMONIA | {"settled_at": "2025-03-15 10:30"}))], here)
    run()
    rates = [(date(2024, 1, 1), 13500), (date(2025, 3, 10), 20000), (date(2025, 3, 21), 13500)]
    with drg_rules(tmp_path, base_rate__residents=rates):
        assert len(regroup_due(settings.PLACE, actor=ACTOR)) == 1
        assert standing()[ids()["S1"]].standard_fen == 527_000  # 0.5270 × 20,000 × 0.5
    later = [(date(2024, 1, 1), 13500), (date(2027, 1, 1), 20000)]
    assert len(regroup_due(settings.PLACE, actor=ACTOR)) == 1
    with drg_rules(tmp_path / "later", base_rate__residents=later):
        assert regroup_due(settings.PLACE, actor=ACTOR) == []  # what begins after the month is none of its business


def test_weights_from_a_day_inside_a_month_are_noticed(here: Here, tmp_path: Path) -> None:
    settled([claim(1, **PNEUMONIA)], here)
    run()
    folder = tmp_path / "scheme"
    shutil.copytree(SHIPPED[0], folder)
    path = folder / "weights.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    (place,) = (n for n, line in enumerate(lines) if line.startswith("ES15,"))
    cells = lines[place].split(",")
    cells[1:3] = ["2025-03-05", "0.9999"]  # from a day inside the month
    (folder / "scheme.yaml").write_text("name: 本市\nversion: city\n", encoding="utf-8")
    kept, _findings = take_in(folder)
    with drg_rules(tmp_path, scheme=[(date(2024, 1, 1), "city")]):
        assert len(regroup_due(settings.PLACE, actor=ACTOR)) == 1
        (kept / "weights.csv").write_text("\n".join([*lines, ",".join(cells)]) + "\n", encoding="utf-8")
        assert len(regroup_due(settings.PLACE, actor=ACTOR)) == 1
        assert standing()[ids()["S1"]].weight_e4 == 9_999


def test_one_month_that_fails_keeps_no_other_back(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    april = {"started_at": "2025-04-01 09:00", "ended_at": "2025-04-08 10:00", "settled_at": "2025-04-08 10:30"}
    settled([claim(1, **PNEUMONIA), claim(2, **(PNEUMONIA | april))], here)
    whole = grouping._month

    def fails_in_march(place: str, month: date, *rest: Any) -> Any:
        if month.month == 3:
            raise RuntimeError("a broken file")
        return whole(place, month, *rest)

    monkeypatch.setattr(grouping, "_month", fails_in_march)
    with pytest.raises(RuntimeError, match="a broken file"):
        regroup_due(settings.PLACE, actor=ACTOR)
    assert set(standing()) == {ids()["S2"]}


def test_a_rule_that_is_missing_is_called_that(here: Here, tmp_path: Path) -> None:
    settled([claim(1, **PNEUMONIA)], here)
    with drg_rules(tmp_path, base_rate__residents=[(date(2026, 1, 1), 13500)]):
        run()
    found = standing()[ids()["S1"]]
    assert (found.outlier, found.weight_e4, found.payment_fen) == ("no_rule", 5_270, 0)


@pytest.mark.parametrize("version", ["1.1", "CHS-DRG 1.1", "2025版", "a/b"])
def test_the_page_of_schemes_takes_versions_as_people_write_them(here: Here, tmp_path: Path, version: str) -> None:
    folder = tmp_path / "scheme"
    shutil.copytree(SHIPPED[0], folder)
    (folder / "scheme.yaml").write_text(f"name: 本市\nversion: '{version}'\n", encoding="utf-8")
    take_in(folder)
    client = signed_in(Role.INSURANCE_OFFICER, here.bureau)
    assert "本市" in text(client.get(reverse("drg:schemes")))
    assert client.get(reverse("drg:scheme", args=[version])).status_code == 200


def test_a_half_copied_scheme_disturbs_no_page(here: Here, settings: LazySettings) -> None:
    half = settings.VAR / "drg" / "half"
    half.mkdir(parents=True)
    (half / "scheme.yaml").write_text("name: 一半\nversion: half\n", encoding="utf-8")
    client = signed_in(Role.INSURANCE_OFFICER, here.bureau)
    assert client.get(reverse("drg:schemes")).status_code == 200
    assert client.get(reverse("drg:scheme", args=["half"])).status_code == 404


def test_cases_without_a_department_open_to_just_those(here: Here) -> None:
    settled([claim(1, **PNEUMONIA, department="内科"), claim(2, **PNEUMONIA), claim(3, **PNEUMONIA, department="外科")],
            here)  # fmt: skip
    run()
    publish_stale()
    client = signed_in(Role.INSURANCE_OFFICER, here.bureau)
    address = reverse("drg:institution", args=[here.hospital])
    assert "no_department=1" in text(client.get(address, PERIOD | {"department": ""}))
    listed = text(client.get(reverse("drg:cases"), {"institution": here.hospital, "no_department": "1"}))
    assert listed.count("ES15</a>") == 1


def test_a_period_that_ends_before_it_begins_is_said_on_the_page_of_an_institution(here: Here) -> None:
    settled([claim(1, **PNEUMONIA)], here)
    run()
    publish_stale()
    client = signed_in(Role.INSURANCE_OFFICER, here.bureau)
    answer = client.get(
        reverse("drg:institution", args=[here.hospital]), {"since": "2025-04-01", "until": "2025-03-01"}
    )
    assert answer.status_code == 200 and "结束日期早于开始日期" in text(answer)


def test_cases_without_a_weight_make_no_case_mix(here: Here, tmp_path: Path) -> None:
    folder = tmp_path / "scheme"
    shutil.copytree(SHIPPED[0], folder)
    (folder / "scheme.yaml").write_text("name: 本市\nversion: city\n", encoding="utf-8")
    lines = (folder / "weights.csv").read_text(encoding="utf-8").splitlines()
    without = [line for line in lines if not line.startswith("ES15,")]
    (folder / "weights.csv").write_text("\n".join(without) + "\n", encoding="utf-8")
    take_in(folder)
    with drg_rules(tmp_path, scheme="city"):
        settled([claim(1, **PNEUMONIA)], here)
        run()
        publish_stale()
        assert report(*MARCH, actor=ACTOR).region.cmi is None
        settled([claim(2, **PNEUMONIA, other_diagnoses="I50.900")], here, name="more.csv")
        run()
        publish_stale()
        region = report(*MARCH, actor=ACTOR).region
    assert region.grouped == 2 and region.cmi is not None and region.cmi * 10_000 == 9_610


def test_a_case_without_weight_or_rule_makes_no_case_mix(here: Here, tmp_path: Path) -> None:
    folder = tmp_path / "scheme"
    shutil.copytree(SHIPPED[0], folder)
    (folder / "scheme.yaml").write_text("name: 本市\nversion: city\n", encoding="utf-8")
    lines = (folder / "weights.csv").read_text(encoding="utf-8").splitlines()
    without = [line for line in lines if not line.startswith("ES15,")]
    (folder / "weights.csv").write_text("\n".join(without) + "\n", encoding="utf-8")
    take_in(folder)
    with drg_rules(tmp_path, scheme="city", base_rate__residents=[(date(2026, 1, 1), 13500)]):
        settled([claim(1, **PNEUMONIA)], here)
        run()
        publish_stale()
        assert {row.outlier for row in standing().values()} == {"no_rule"}
        assert report(*MARCH, actor=ACTOR).region.cmi is None
