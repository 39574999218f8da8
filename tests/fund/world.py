"""A county with two areas and a year of made-up claims in the lake."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from tests.support.people import person
from yigongti.domains.base.organisation.tests.factories import county_with_two_areas, of_tier, organisation
from yigongti.domains.money.insurance_fund.models import FundYear
from yigongti.domains.money.insurance_fund.services import drafting
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Role
from yigongti.kernel.lake.api import dataset_named
from yigongti.kernel.lake.models import Part
from yigongti.kernel.workflow.api import take_step

YEAR = 2025
_number = count(1)


@dataclass
class World:
    made: dict[str, Any]

    def id(self, key: str) -> int:
        return int(self.made[key].pk)

    def actor(self, role: str, key: str, id: int) -> Actor:
        return person(role, self.id(key), id=id, name=f"{role}{id}")

    @property
    def officer(self) -> Actor:
        return self.actor(Role.INSURANCE_OFFICER, "county", 1)

    @property
    def second(self) -> Actor:
        return self.actor(Role.INSURANCE_OFFICER, "county", 2)

    @property
    def guide(self) -> Actor:
        return self.actor(Role.GUIDANCE_OFFICER, "county", 3)


def world() -> World:
    """East with a hospital, a centre and a clinic; west with a hospital and a centre; a private hospital beside."""
    made = county_with_two_areas()
    made["west_centre"] = organisation("community_centre", "west_centre", made["west"], legal_person=True)
    made["bureau"] = organisation("insurance_body", "bureau", made["county"])
    for key, tier in (
        ("east_hospital", "tertiary"), ("west_hospital", "secondary"), ("east_centre", "primary"),
        ("west_centre", "primary"), ("east_clinic", "village"), ("outsider", "secondary"),
    ):  # fmt: skip
        of_tier(made[key], tier)
    return World(made)


def claim(world: World, on: date, home: str | None, at: str | None, fund: int, **values: Any) -> dict[str, Any]:
    """One row of the dataset. ``at``: a key of the world; "outside" for a hospital elsewhere, "pharmacy" for one."""
    number = next(_number)
    known = at in world.made if at else False
    row = {
        "id": number, "place": "kunshan", "happened_on": on, "resident_id": 1_000 + number,
        "managing_id": world.id(home) if home else None, "source_id": world.id("bureau"),
        "institution_id": world.id(at) if known and at else None, "institution_name": at or "",
        "inside_county": at != "outside", "tier": "primary",
        "setting": "pharmacy" if at == "pharmacy" else "outpatient", "code": "I10.x00", "category": "I10",
        "total_fen": fund * 2, "fund_fen": fund, "self_paid_fen": fund, "insurance_kind": "02", "tcm": False,
        "record_no": f"N{number}", "recorded_on": on, "service_start": on, "service_end": None, "department": "",
        "insured_division": "", "reverses": "", "critical_illness_fen": None, "medical_aid_fen": None,
        "certificate_no": "", "payment_method": "", "sex": "1", "age_years": 40, "age_days": None,
        "birth_weight_g": None, "other_diagnoses": "", "procedures": "", "discharge_way": "", "died": None,
        "cancelled": False, "visits": 1,
    }  # fmt: skip
    return {**row, **values}


def publish(
    rows: Iterable[dict[str, Any]], year: int = YEAR, *, months: Iterable[int] = range(1, 13), matched: bool = True
) -> None:
    """Publish a year's months anew, as the lake does: a new file, and the switch to it.

    With them (``matched``) how each claim out of the county stands to certificates: ``referral`` of its row, "none"
    where it says nothing, "" where none is needed; ``more``: what the fund would have paid more with one.
    """
    rows = list(rows)
    for month in months:
        start = date(year, month, 1)
        mine = [r for r in rows if r["happened_on"].replace(day=1) == start]
        _write("claims", start, mine)
        if matched:
            told = [
                {**r, "match": r.get("referral", "none"), "certificate_id": None,
                 "with_fen": r["fund_fen"] + r.get("more", 0), "without_fen": r["fund_fen"]}
                for r in mine
                if not r["inside_county"] and r["setting"] != "pharmacy" and r.get("referral", "none")
            ]  # fmt: skip
            _write("claim_referrals", start, told)


def _write(dataset: str, start: date, rows: list[dict[str, Any]]) -> None:
    schema = dataset_named(dataset).schema
    file = f"{dataset}/{start:%Y-%m}.{next(_number):012d}.parquet"
    path = settings.VAR / "lake" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {f.name: pa.array([r.get(f.name) for r in rows], type=f.type) for f in schema}
    pq.write_table(pa.table(columns, schema=schema), path)
    Part.objects.update_or_create(
        dataset=dataset, month=start,
        defaults={"file": file, "rows": len(rows), "published_at": clock.now() + timedelta(seconds=0)},
    )  # fmt: skip


def usual(world: World, year: int = YEAR) -> list[dict[str, Any]]:
    """A claim of each kind every month, fen in round figures; east 1,780,000 a month, west 900,000."""
    rows = []
    for month in range(1, 13):
        on = date(year, month, 15)
        for home, at, fund in (
            ("east_centre", "east_hospital", 1_000_000), ("east_centre", "east_centre", 400_000),
            ("east_centre", "east_clinic", 50_000), ("east_centre", "west_hospital", 100_000),
            ("east_centre", "outside", 200_000), ("east_centre", "outsider", 20_000),
            ("east_centre", "pharmacy", 10_000),
            ("west_centre", "west_hospital", 700_000), ("west_centre", "west_centre", 100_000),
            ("west_centre", "east_hospital", 60_000), ("west_centre", "outside", 40_000),
        ):  # fmt: skip
            rows.append(claim(world, on, home, at, fund))
    return rows


def drafted(world: World, year: int = YEAR, *, persons: tuple[int, int] = (300, 150)) -> FundYear:
    """A year with everything entered, ready to be proposed: 450 people at 1,000 yuan."""
    made = drafting.open_year("kunshan", year, "residents", actor=world.officer)
    members = {p.organisation_id: p.pk for p in made.members()}
    holders = {p.organisation_id: p for p in made.holders()}
    drafting.enter(
        made, actor=world.officer, individual_fen=40_000, subsidy_fen=60_000, given_fen=None,
        holders={
            holders[world.id(key)].pk: drafting.HolderEntry(
                Decimal(1), Decimal(0), holders[world.id(key)].last_budget_fen,
                {year - n: (payments, services) for n in (1, 2, 3)}
            )
            for key, payments, services in (("east", 20_000_000, 72), ("west", 10_000_000, 36))
        },
        persons={members[world.id("east_centre")]: persons[0], members[world.id("west_centre")]: persons[1]},
        points={},
    )  # fmt: skip
    return made


def running(world: World, year: int = YEAR) -> FundYear:
    """Proposed, approved by a second person, signed, scored."""
    case = drafted(world, year)
    case = take_step(case, "propose", actor=world.officer)
    case = take_step(case, "approve_budget", actor=world.second, answers={"seen": "yes"})
    case = take_step(case, "sign", actor=world.officer,
                     answers={"agreement_no": "昆医保〔2025〕1号", "agreed_on": date(year, 3, 1)})  # fmt: skip
    for key, score in (("east", "92"), ("west", "75")):
        case = take_step(case, "score", actor=world.officer, answers={"holder": str(world.id(key)), "score": score})
    return case


def cleared(world: World, year: int = YEAR, overspend: str = "record_only") -> FundYear:
    """Closed by a second person."""
    case = take_step(running(world, year), "prepare_clearing", actor=world.officer, answers={"overspend": overspend})
    return take_step(case, "approve_clearing", actor=world.second, answers={"seen": "yes"})
