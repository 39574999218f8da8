"""How many queries a page may ask: no more for many rows than for a few, and never more than is written here.

The bounds leave a query or two of room. Raise one only for something a reader gains: each costs every page view.
"""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from yigongti.domains.base.health_record.tests import factories as records
from yigongti.domains.base.organisation.tests.factories import county_with_two_areas
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role, create_account, grant_role, system_actor
from yigongti.kernel.access.models import Account
from yigongti.kernel.audit.api import record
from yigongti.kernel.intake.models import Batch

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("test")


def signed_in(role, organisation_id):
    pk = create_account(
        str(role), "测试", organisation_id=organisation_id, password="Long-Enough-1", actor=SYSTEM,
        must_change_password=False,
    )  # fmt: skip
    grant_role(pk, role, organisation_id=organisation_id, actor=SYSTEM)
    client = Client()
    client.force_login(Account.objects.get(pk=pk))
    return client


def queries(ask):
    """The statements a page sends, asked a second time so that what is kept between pages is kept."""
    assert ask().status_code == 200
    sent = []

    def note(execute, sql, parameters, many, context):
        sent.append(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        assert ask().status_code == 200
    # Savepoints and the like are no questions; in tests they are more than elsewhere.
    return [sql for sql in sent if "SAVEPOINT" not in sql]


@pytest.fixture(autouse=True)
def _at_one_moment():
    """What pages keep for half a minute is not asked again in the middle of a test."""
    with clock.fixed(clock.now()):
        yield


@pytest.fixture
def place():
    return county_with_two_areas()["east_hospital"].pk


def batches(place, since, count):
    now = clock.now()
    Batch.objects.bulk_create(
        Batch(
            source_id=place, file_name=f"{n}.csv", size=1, sha256=f"{n:064x}", received_at=now - timedelta(hours=n),
            received_by_name="测试", touched_at=now,
        )
        for n in range(since, since + count)
    )  # fmt: skip


def trail(place, since, count):
    for n in range(since, since + count):
        record(actor=SYSTEM, act="residents.search", subject=f"resident:{n}", organisation_id=place)


def found(place, since, count):
    for n in range(since, since + count):
        records.resident(name=f"王小{'一二三四五六七八九十'[n % 10]}", managing_institution_id=place)


LISTS = {
    "intake batches": (Role.DATA_OFFICER, batches, lambda client: client.get(reverse("intake:batches")), 14),
    "audit trail": (Role.AUDITOR, trail, lambda client: client.get(reverse("administration:trail")), 8),
    "residents found": (Role.DOCTOR, found, lambda client: client.post(reverse("residents:search"), {"q": "王"}), 13),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_no_more_for_many_rows(place, name):
    role, fill, ask, most = LISTS[name]
    client = signed_in(role, place)
    fill(place, 0, 2)
    few = queries(lambda: ask(client))
    fill(place, 2, 8)
    many = queries(lambda: ask(client))
    assert len(many) <= len(few), "\n".join(many)
    assert len(many) <= most, "\n".join(many)


def test_the_tree_is_read_in_few_queries(place):
    client = signed_in(Role.DOCTOR, place)
    asked = queries(lambda: client.get(reverse("organisation:tree")))
    assert len(asked) <= 10, "\n".join(asked)


def test_a_record_asks_no_more_for_many_facts(place):
    client = signed_in(Role.DOCTOR, place)
    who = records.resident(name="王秀英", managing_institution_id=place)
    visits = [
        records.row("encounter", resident_id=who, source_id=place, at=date(2025, 3, 1) + timedelta(days=n))
        for n in range(40)
    ]
    address = reverse("health_record:record", args=[who])
    records.stored(*visits[:2], source_id=place)
    few = queries(lambda: client.get(address))
    records.stored(*visits[2:], source_id=place)
    many = queries(lambda: client.get(address))
    assert len(many) <= len(few), "\n".join(many)
    assert len(many) <= 26, "\n".join(many)
    assert sum("health_record_fact" in sql for sql in many) <= 4, "each looks into the partition of every month"
