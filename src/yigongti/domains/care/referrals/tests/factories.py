"""Institutions, people, slots and referrals for tests."""

import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.test import Client
from tests.support.people import person

from yigongti.domains.base.health_record.tests import factories as records
from yigongti.domains.base.organisation.tests.factories import SET_UP, county_with_two_areas, of_tier, organisation
from yigongti.domains.base.terminology import api as terminology
from yigongti.domains.base.terminology.tests.factories import made_system
from yigongti.domains.care.referrals.models import Referral
from yigongti.domains.care.referrals.services.drafting import Content, start
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Role, create_account, grant_role
from yigongti.kernel.access.models import Account

LONG_AGO = date(2000, 1, 1)


@dataclass
class World:
    """Two areas of one consortium with tiers, an outsider, and a resident of the east centre."""

    east_hospital: int
    west_hospital: int
    centre: int
    clinic: int
    west_centre: int
    outsider: int
    resident: int
    made: dict[str, Any]

    def actor(self, role: Role | str, organisation_id: int, id: int = 1) -> Actor:
        return person(role, organisation_id, id=id)

    @property
    def origin(self) -> Actor:
        return person(Role.DOCTOR, self.centre, id=11, name="转出医生")

    @property
    def receiver(self) -> Actor:
        return person(Role.DOCTOR, self.east_hospital, id=12, name="接收医生")


CODES = (
    ("I10.x00", "特发性（原发性）高血压"), ("I10.x00x002", "高血压"), ("E11.900", "2型糖尿病"), ("J18.900", "肺炎"),
    ("I63.900", "脑梗死"), ("J06.900", "急性上呼吸道感染"), ("C34.900", "支气管或肺恶性肿瘤"),
    ("E11.100", "2型糖尿病伴有酮症酸中毒"),
)  # fmt: skip


def icd() -> None:
    """A handful of codes: loading all the platform ships takes longer than a test."""
    made_system("icd10")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "codes.csv"
        path.write_text("\n".join(["code,name", *(",".join(row) for row in CODES)]) + "\n", encoding="utf-8")
        terminology.import_edition(path, system="icd10", version="test", starts_on=None, actor=SET_UP)


def world(*, codes: bool = True) -> World:
    made = county_with_two_areas()
    if codes:
        icd()
    made["west_centre"] = organisation("community_centre", "west_centre", made["west"])
    for key, tier in (
        ("east_hospital", "tertiary"), ("west_hospital", "tertiary"), ("east_centre", "primary"),
        ("west_centre", "primary"), ("east_clinic", "village"), ("outsider", "secondary"),
    ):  # fmt: skip
        of_tier(made[key], tier)
    who = records.resident(name="王秀英", managing_institution_id=made["east_centre"].pk)
    return World(
        east_hospital=made["east_hospital"].pk,
        west_hospital=made["west_hospital"].pk,
        centre=made["east_centre"].pk,
        clinic=made["east_clinic"].pk,
        west_centre=made["west_centre"].pk,
        outsider=made["outsider"].pk,
        resident=who,
        made=made,
    )


def content(world: World, **values: Any) -> Content:
    said: dict[str, Any] = {
        "resident_id": world.resident,
        "origin_id": world.centre,
        "receiver_id": world.east_hospital,
        "direction": "up",
        "diagnosis_code": "I10.x00",
        "reason_code": "uncontrolled",
    }
    return Content(**{**said, **values})


PLAN = {"care_plan": "康复训练", "medicines": "氨氯地平片 5mg 每日一次", "next_checks": "每周测血压"}


def downwards(world: World, **values: Any) -> Content:
    return content(
        world, origin_id=world.east_hospital, receiver_id=world.centre, direction="down", reason_code="stable",
        **{**PLAN, **values},
    )  # fmt: skip


def sent(world: World, **values: Any) -> Referral:
    return start(content(world, **values), actor=world.origin, send=True)


BED = {"way": "bed", "ward": "心内科 3 床", "instructions": "带医保卡"}


def bed(days: int = 1) -> dict[str, Any]:
    return {**BED, "on": (clock.today() + timedelta(days=days)).isoformat()}


def signed_in(role: Role | str, organisation_id: int) -> Client:
    """A browser in which somebody of this role at this institution has signed in."""
    name = f"{role}-{organisation_id}"
    pk = create_account(
        name, "测试", organisation_id=organisation_id, password="Long-Enough-1", actor=SET_UP,
        must_change_password=False,
    )  # fmt: skip
    grant_role(pk, str(role), organisation_id=organisation_id, actor=SET_UP)
    client = Client()
    client.force_login(Account.objects.get(pk=pk))
    return client
