"""A town on the morning a clinic opens: a thousand places, ten thousand residents, and who books for them."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents.models import Resident
from yigongti.domains.care.appointments import api
from yigongti.domains.care.appointments.models import Schedule, Slot
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role, system_actor
from yigongti.kernel.access.models import Account, Grant

PLACE = "kunshan"
CENTRE = "penglang_centre"
MACHINE = system_actor("bench")


def make_centre() -> int:
    """The plan's organisations; gives the id of the community centre whose clinics are booked."""
    organisation.load_place(PLACE, MACHINE)
    return organisation.by_key(PLACE, CENTRE).id


def make_clinics(centre_id: int, schedules: int, times: int, quota: int) -> list[int]:
    """Clinics of the centre the day after tomorrow, published; gives the ids of their slots."""
    day = clock.today() + timedelta(days=2)
    before = set(Slot.objects.values_list("pk", flat=True))
    first = Schedule.objects.unscoped("made-up clinics").count()
    for number in range(first, first + schedules):
        row = api.keep_schedule(
            actor=MACHINE, institution_id=centre_id, kind="doctor", department=f"科{number}", doctor=f"医生{number}"
        )
        minutes = 600 // times
        hours = api.Hours(day.isoweekday(), time(8), time(18), minutes, quota, date(2026, 1, 1), on_days_off=True)
        api.add_pattern(row.pk, hours, actor=MACHINE)
    api.publish(centre_id, since=day, until=day, actor=MACHINE)
    return [pk for pk in Slot.objects.order_by("pk").values_list("pk", flat=True) if pk not in before]


def make_residents(count: int, managing_institution_id: int) -> list[int]:
    """Entries of the index, without numbers: as many people as there are."""
    now = clock.now()
    rows = Resident.objects.bulk_create(
        [
            Resident(name=f"居民{n}", managing_institution_id=managing_institution_id, **_times(now))
            for n in range(count)
        ],
        batch_size=2000,
    )
    return [row.pk for row in rows]


def _times(now: datetime) -> dict[str, datetime]:
    fields = {field.name for field in Resident._meta.concrete_fields}
    return {name: now for name in ("created_at", "updated_at", "registered_at") if name in fields}


def sign_in_staff(role: Role, organisation_id: int, count: int) -> list[str]:
    """Session keys of as many people in a role, each with an account of their own, all just signed in."""
    now = clock.now()
    accounts = Account.objects.bulk_create(
        Account(
            username=f"{role}{n}",
            name=f"测试{n}",
            password="!",
            home_organisation_id=organisation_id,
            must_change_password=False,
            password_changed_at=now,
            created_at=now,
        )
        for n in range(count)
    )
    Grant.objects.bulk_create(
        Grant(account=one, role=role, organisation_id=organisation_id, starts_on=date(2025, 1, 1), granted_at=now)
        for one in accounts
    )
    return _sessions(
        {
            SESSION_KEY: str(account.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: account.get_session_auth_hash(),
        }
        for account in accounts
    )


def _sessions(contents: Iterable[dict[str, Any]]) -> list[str]:
    """Sessions of these contents, written at once; used a moment ago, so that none is rewritten."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    seen = {"last_seen": clock.now().timestamp()}
    rows = [store().create_model_instance(content | seen) for content in contents]
    store.get_model_class().objects.bulk_create(rows, batch_size=2000)
    return [row.session_key for row in rows]
