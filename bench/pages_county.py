"""The county that ``bench.pages`` visits: organisations of the plan, residents, records, batches, a trail, sessions."""

from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from importlib import import_module

import polars as pl
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection, transaction

from bench.linkage_file import people
from yigongti.domains.base.health_record.services.writing import FACT_SCHEMA, write
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role, system_actor
from yigongti.kernel.access.models import Account, Grant
from yigongti.kernel.audit.api import record
from yigongti.kernel.intake.api import ROW
from yigongti.kernel.intake.models import Batch

PLACE = "kunshan"
HOSPITAL = "first_hospital"
RESIDENTS = 2_000
RECORDS = 50  # residents with a long record
FACTS = 500  # in each long record
BATCHES = 400
LINES = 500
MACHINE = system_actor("bench")
TODAY = date(2026, 11, 1)


def make_organisations() -> int:
    """The plan's organisations; gives the id of the hospital everybody works at."""
    organisation.load_place(PLACE, MACHINE)
    return organisation.by_key(PLACE, HOSPITAL).id


def make_residents(hospital_id: int) -> list[int]:
    """Residents looked after by the hospital; gives their ids."""
    persons = people(RESIDENTS).select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("row_no"),
        pl.format("P{}", pl.col("person")).alias("patient_no"),
        "name",
        pl.col("sex").cast(pl.String),
        "birth_date",
        "id_number",
        "phone",
        "address",
        pl.lit(hospital_id, pl.Int64).alias("managing_institution_id"),
    )
    found = residents.resolve(persons, source_id=hospital_id, actor=MACHINE)
    return list(dict.fromkeys(found["resident_id"].drop_nulls().to_list()))


def make_records(resident_ids: list[int], hospital_id: int) -> list[int]:
    """A record of FACTS facts for some residents: a visit with its diagnosis, three readings, and every fifth billed.

    Gives the ids of those residents.
    """
    chosen = resident_ids[:RECORDS]
    by_kind: dict[str, list[dict[str, object]]] = {}
    for resident_id in chosen:
        for n in range(FACTS):
            visit, part = divmod(n, 5)
            kind = ("encounter", "condition", "observation", "observation", "observation")[part]
            if part == 4 and visit % 5 == 0:
                kind = "claim"
            row = _fact(kind, part, resident_id, visit, hospital_id)
            by_kind.setdefault(kind, []).append(row)
    with transaction.atomic():
        for kind, rows in by_kind.items():
            frame = pl.DataFrame(
                [{name: row.get(name) for name in FACT_SCHEMA} for row in rows], schema=FACT_SCHEMA, orient="row"
            )
            write(frame.with_row_index(ROW, offset=2), kind=kind, source_id=hospital_id, batch_id=None)
    return chosen


READINGS = {
    2: ("8480-6", "收缩压", "mmHg", "146"),
    3: ("8462-4", "舒张压", "mmHg", "88"),
    4: ("14771-0", "空腹血糖", "mmol/L", "6.4"),
}


def _fact(kind: str, part: int, resident_id: int, visit: int, hospital_id: int) -> dict[str, object]:
    on = TODAY - timedelta(days=9 * visit)
    row: dict[str, object] = {
        "kind": kind,
        "resident_id": resident_id,
        "happened_on": on,
        "happened_at": datetime.combine(on, time(8, 30 + part), clock.ZONE),
        "source_id": hospital_id,
        "institution_id": hospital_id,
        "inside_county": True,
        "tier": "tertiary",
        "department": "心血管内科",
        "practitioner": "王测试",
        "encounter_no": f"V{resident_id}-{visit}",
        "record_no": f"{kind[:2]}{resident_id}-{visit}-{part}",
        "content_hash": blake2b(f"{kind}{resident_id}-{visit}-{part}".encode(), digest_size=16).hexdigest(),
    }
    match kind:
        case "encounter":
            row |= {"setting": "outpatient", "code": "I10.x00", "display": "高血压病"}
        case "condition":
            row |= {"code_system": "icd10", "code": "I10.x00", "display": "高血压病"}
        case "claim":
            row |= {"setting": "outpatient", "total_fen": 25_360, "fund_fen": 15_216, "self_paid_fen": 10_144}
        case _:
            code, display, unit, value = READINGS[part]
            row |= {"code_system": "loinc", "code": code, "display": display, "unit": unit, "value": value}
    return row


def make_batches(hospital_id: int) -> None:
    """What intake received, one file a day."""
    now = clock.now()
    Batch.objects.bulk_create(
        Batch(
            source_id=hospital_id,
            format="table",
            file_name=f"first_hospital__encounters_{n:04}.csv",
            size=120_000 + n,
            sha256=f"{n:064x}",
            state=Batch.State.DONE,
            received_at=now - timedelta(days=n),
            received_by_name="刘测试",
            touched_at=now - timedelta(days=n),
            finished_at=now - timedelta(days=n),
            progress=1.0,
            stored=900 + n,
            unchanged=40,
            refused=n % 7,
        )
        for n in range(BATCHES)
    )


def make_trail(hospital_id: int) -> None:
    """Lines of a normal morning."""
    with transaction.atomic():
        for n in range(LINES):
            record(
                actor=MACHINE,
                act=("health_record.read", "residents.search", "access.sign_in")[n % 3],
                subject=f"resident:{n}",
                organisation_id=hospital_id,
            )


def make_sessions(role: Role, organisation_id: int, count: int) -> list[str]:
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
    store = import_module(settings.SESSION_ENGINE).SessionStore
    keys = []
    for account in accounts:
        session = store()
        session[SESSION_KEY] = str(account.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = account.get_session_auth_hash()
        session.save()
        keys.append(session.session_key)
    return keys


def settle() -> None:
    """Figures of the tables for PostgreSQL's planner, and nothing left for it to tidy up while pages are measured."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
