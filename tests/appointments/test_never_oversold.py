"""Ten thousand want a thousand places, at once, over HTTP, of several server processes: exactly a thousand get one.

Every place is wanted by ten people, so all must go. ``YIGONGTI_CROWD_SEEDS`` (default "1") names the seeds by which the
crowd is shuffled, with commas between them.
"""

import os
from collections import Counter
from urllib.parse import quote

import pytest
from bench import appointments_town as town
from bench.appointments_crowd import Wish, rush, served
from django.db import connection
from django.urls import reverse

from yigongti.domains.care.appointments.models import Appointment, Slot
from yigongti.kernel.access.api import Role
from yigongti.kernel.audit.api import verify
from yigongti.kernel.workflow.models import History

SCHEDULES, TIMES, QUOTA, RIVALS = 10, 20, 5, 10
PLACES = SCHEDULES * TIMES * QUOTA
SEEDS = [int(seed) for seed in os.environ.get("YIGONGTI_CROWD_SEEDS", "1").split(",")]


def _test_database() -> str:
    """The database of this test, as an address the server's processes can use."""
    said = connection.settings_dict
    who = quote(said["USER"] or "") + (f":{quote(said['PASSWORD'])}" if said["PASSWORD"] else "")
    host, port, name = said["HOST"] or "", said["PORT"], said["NAME"]
    if host.startswith("/"):
        return f"postgres://{who}@/{name}?host={quote(host, safe='')}" + (f"&port={port}" if port else "")
    return f"postgres://{who}@{host}" + (f":{port}" if port else "") + f"/{name}"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.django_db(transaction=True)
def test_ten_thousand_at_once_for_a_thousand_places(seed):
    centre_id = town.make_centre()
    slots = town.make_clinics(centre_id, SCHEDULES, TIMES, QUOTA)
    assert len(slots) * QUOTA == PLACES
    people = town.make_residents(PLACES * RIVALS, centre_id)
    sessions = town.sign_in_staff(Role.DOCTOR, centre_id, 300)
    wishes = [
        Wish(sessions[n % len(sessions)], slots[n % len(slots)], resident_id) for n, resident_id in enumerate(people)
    ]
    connection.close()
    with served(_test_database()) as port:
        answers = rush(port, reverse("appointments:book"), wishes, seed=seed, connections=100)

    assert Counter(answer.status for answer in answers) == {201: PLACES, 409: PLACES * (RIVALS - 1)}
    booked = [answer for answer in answers if answer.status == 201]
    for answer in answers:
        if answer.status == 409:
            assert "的号已被约完" in answer.said["refused"]
    rows = list(Appointment.objects.unscoped("test").values_list("pk", "resident_id", "slot_id", "state"))
    assert len(rows) == PLACES and {state for *_, state in rows} == {"booked"}
    assert len({resident_id for _, resident_id, *_ in rows}) == PLACES, "nobody twice"
    assert {answer.said["id"] for answer in booked} == {pk for pk, *_ in rows}
    assert {(answer.wish.resident_id, answer.wish.slot_id) for answer in booked} == {row[1:3] for row in rows}
    per_slot = Counter(slot_id for _, _, slot_id, _ in rows)
    assert {slot.pk: slot.booked for slot in Slot.objects.all()} == per_slot
    assert set(per_slot.values()) == {QUOTA}
    assert History.objects.filter(workflow="appointments.booking").count() == PLACES
    assert verify().sound, "the trail of a thousand bookings at once is whole"
    took = sorted(answer.took for answer in answers)
    print(f"seed {seed}: p50 {took[len(took) // 2]:.0f} ms, p99 {took[int(len(took) * 0.99)]:.0f} ms")
