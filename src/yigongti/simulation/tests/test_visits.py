import numpy as np
import polars as pl
import pytest

from yigongti.simulation.calendar import EMERGENCY, INPATIENT, OUTPATIENT
from yigongti.simulation.people import EPOCH
from yigongti.simulation.place import OUTSIDE
from yigongti.simulation.visits import is_grass_roots


def test_the_county_comes_to_its_targets(year, figures, kunshan):
    claims = year.frames["claims"]
    visits = claims.filter(pl.col("setting").is_in(["outpatient", "emergency"]))
    stays = claims.filter(pl.col("setting") == "inpatient")
    assert visits["inside_county"].mean() * 100 == pytest.approx(figures["targets.in_county_visits"], abs=1)
    assert stays["inside_county"].mean() * 100 == pytest.approx(figures["targets.in_county_admissions"], abs=3.5)
    level = kunshan.level[year.visits.site]
    here = (level != OUTSIDE) & (year.visits.setting != INPATIENT)
    share = is_grass_roots(level[here]).mean() * 100
    assert share == pytest.approx(figures["targets.grass_roots_visits"], abs=1.5)
    treated = claims.filter(pl.col("setting") != "pharmacy")
    fund = treated.filter("inside_county")["fund_yuan"].sum() / treated["fund_yuan"].sum()
    assert fund * 100 == pytest.approx(76, abs=2.5)


def test_people_come_as_often_as_the_figures_say(year, crowd, figures):
    visits = year.visits
    residents = crowd.resident[visits.person]
    unplanned = residents & ~visits.planned & (visits.setting != INPATIENT)
    per_head = unplanned.sum() / crowd.resident.sum()
    # care outside the county of people insured elsewhere is seen by nobody
    assert per_head == pytest.approx(figures["visits.per_person"], rel=0.05)
    stays = residents & (visits.setting == INPATIENT)
    rate = figures.by_age("admissions.per_thousand")[crowd.age[crowd.resident]].mean()
    assert stays.sum() / crowd.resident.sum() * 1000 == pytest.approx(rate, rel=0.15)


def test_old_people_are_admitted_and_children_seen_more_often(year, crowd):
    visits = year.visits
    stays = np.bincount(visits.person[visits.setting == INPATIENT], minlength=len(crowd))
    seen = np.bincount(visits.person[visits.setting != INPATIENT], minlength=len(crowd))
    old, young, middle = crowd.age >= 65, crowd.age < 6, (crowd.age >= 18) & (crowd.age < 45)
    assert stays[old].mean() > 2.5 * stays[middle].mean()
    assert seen[young].mean() > 1.7 * seen[middle].mean()


def test_nothing_happens_before_birth_or_after_death(year, crowd, figures):
    visits = year.visits
    first = int((np.datetime64(f"{figures['year']}-01-01") - EPOCH).astype(int))
    assert (visits.day + first >= crowd.born[visits.person]).all()
    for i in np.flatnonzero(visits.died):
        own = visits.person == visits.person[i]
        assert (visits.day[own] <= visits.day[i]).all()
    assert visits.died.sum() > 5


def test_nobody_lies_in_two_beds(year):
    stays = year.visits.keep(year.visits.setting == INPATIENT)
    order = np.lexsort((stays.day, stays.person))
    person, start, end = stays.person[order], stays.day[order], (stays.day + stays.stay)[order]
    same = person[1:] == person[:-1]
    assert (start[1:][same] > end[:-1][same]).all()


def test_winter_weekends_and_nights(year, figures, kunshan):
    visits = year.visits
    colds = np.bincount(visits.day[visits.disease == figures.diseases.index["J06.900"]] * 12 // 365, minlength=12)
    assert colds[[0, 11]].sum() > 1.4 * colds[[5, 6]].sum()
    # 2025-01-01 was a Wednesday
    weekday = (visits.day + 2) % 7
    outpatients = visits.setting == OUTPATIENT
    emergencies = visits.setting == EMERGENCY
    assert (weekday[outpatients] >= 5).mean() < 0.25
    assert (weekday[emergencies] >= 5).mean() > 0.27
    night = (visits.minute < 7 * 60) | (visits.minute >= 19 * 60)
    assert night[emergencies].mean() > 0.4
    assert night[outpatients].mean() < 0.03
    spring_festival = (visits.day >= 27) & (visits.day <= 34)
    assert spring_festival[outpatients].mean() < 0.6 * 8 / 365


def test_towns_months_and_diseases_differ(year, crowd, figures, kunshan):
    visits = year.visits
    keys = [kunshan.sites[i].key for i in kunshan.homes]
    own = crowd.insured_here[visits.person] & (visits.setting != INPATIENT)
    outside = kunshan.level[visits.site] == OUTSIDE

    def leaving(which):
        return outside[own & which].mean()

    home = crowd.home[visits.person]
    assert leaving(home == keys.index("huaqiao_centre")) > 2 * leaving(home == keys.index("zhangpu_centre"))
    assert leaving(visits.day < 59) > leaving(visits.day > 305)
    diseases = figures.diseases
    tumour = diseases.specialty[visits.disease] == diseases.specialties.index("tumour")
    assert leaving(tumour) > 2 * leaving(visits.disease == diseases.index["J06.900"])


def test_specialised_hospitals_get_their_patients(year, figures, kunshan):
    visits, diseases = year.visits, figures.diseases
    keys = [site.key for site in kunshan.sites]
    mental = diseases.specialty[visits.disease] == diseases.specialties.index("mental")
    level = kunshan.level[visits.site]
    hospital = mental & (level > 0) & ~is_grass_roots(level)
    assert (visits.site[hospital] == keys.index("mental_health_centre")).mean() > 0.5
    mothers = diseases.delivery[visits.disease] > 0
    inside = mothers & (level > 0)
    assert (visits.site[inside] == keys.index("maternal_hospital")).mean() > 0.4


def test_managed_patients_are_followed_up_with_readings(year, crowd, figures):
    visits = year.visits
    planned = np.bincount(visits.person[visits.planned], minlength=len(crowd))
    managed = crowd.managed["htn"]
    assert 4 < planned[managed].mean() < 7
    assert planned[~managed & ~crowd.managed["dm"]].sum() == 0
    readings = year.frames["measurements"]
    systolic = readings.filter(pl.col("code") == "8480-6")["value"].cast(pl.Int64)
    assert systolic.is_between(78, 236).all()
    assert 0.55 < (systolic % 2 == 0).mean() < 0.95
    high = (systolic >= 180).mean()
    assert 0 < high < 0.03
    fasting = readings.filter(pl.col("code") == "14771-0")["value"].cast(pl.Float64)
    assert 6.5 < fasting.mean() < 9


def test_money_adds_up(year):
    claims = year.frames["claims"]
    assert (claims["total_yuan"] == claims["fund_yuan"] + claims["self_paid_yuan"]).all()
    assert (claims["fund_yuan"] >= 0).all()
    assert (claims["total_yuan"] > 0).all()
    stays = claims.filter(pl.col("setting") == "inpatient").group_by("inside_county").agg(pl.col("total_yuan").mean())
    costs = dict(stays.rows())
    assert 500_000 < costs[True] < costs[False] < 3_000_000  # fen


def test_out_of_county_care_is_in_claims_only(year, kunshan):
    outside = {site.name for site in kunshan.sites if not site.inside}
    claims = year.frames["claims"]
    assert set(claims.filter(~pl.col("inside_county"))["institution_name"]) <= outside
    senders = {kunshan.sites[i].inside for i in year.frames["encounters"]["_sender"].unique()}
    assert senders == {True}


def test_main_diagnosis_comes_first_and_nothing_twice(year):
    diagnoses = year.frames["diagnoses"]
    first = diagnoses.filter(pl.col("rank") == 1).select("encounter_no", "code")
    main = year.frames["encounters"].select("encounter_no", pl.col("main_diagnosis_code").alias("main"))
    joined = first.join(main, on="encounter_no", how="inner")
    assert joined.height == first.height == diagnoses["encounter_no"].n_unique()
    assert (joined["code"] == joined["main"]).all()
    assert diagnoses.select(pl.struct("encounter_no", "code").is_duplicated().any()).item() is False
    assert diagnoses.select(pl.struct("encounter_no", "rank").is_duplicated().any()).item() is False
    stays = year.frames["encounters"].filter(pl.col("setting") == "inpatient")["encounter_no"]
    assert set(stays) <= set(first["encounter_no"])


def test_the_settlement_list_says_what_the_stays_record_says(year):
    """Of stays in the county: other diagnoses, department and way of leaving as the institution reports them."""
    stays = year.frames["encounters"].filter(pl.col("setting") == "inpatient")
    later = year.frames["diagnoses"].filter(pl.col("rank") > 1).sort("encounter_no", "rank")
    others = later.group_by("encounter_no", maintain_order=True).agg(pl.col("code").str.join("|"))
    said = stays.join(others, on="encounter_no", how="left").with_columns(pl.col("code").fill_null(""))
    listed = year.frames["claims"].filter((pl.col("setting") == "inpatient") & pl.col("inside_county"))
    both = listed.join(said, on=["_person", "started_at"], suffix="_said")
    assert both.height > 1000
    assert (both["other_diagnoses"] == both["code"]).all()
    assert (both["department"] == both["department_said"]).all()
    assert (both["discharge_way"] == both["discharge_way_said"]).all()


def test_operations_fit_the_disease_and_come_as_often_as_it_says(year, figures):
    claims = year.frames["claims"].with_columns(pl.col("procedures").fill_null(""))
    assert claims.filter(pl.col("setting") != "inpatient")["procedures"].eq("").all()
    stays = claims.filter(pl.col("setting") == "inpatient")
    allowed = dict(zip(figures.diseases.code, figures.diseases.procedures, strict=True))
    for code, procedures in stays.select("main_diagnosis_code", "procedures").unique().iter_rows():
        assert procedures == "" or procedures in allowed[code]
    for code, procedure, low, high in (
        ("H25.900", "13.4100x001|13.7100x001", 85, 100),
        ("O80.900", "73.5900x002", 45, 75),
    ):
        of_code = stays.filter(pl.col("main_diagnosis_code") == code)
        operated = of_code.filter(pl.col("procedures") == procedure).height
        assert of_code.height > 30 and low <= 100 * operated / of_code.height <= high
