"""What the rush for a clinic costs: ten people want each place, all at once, over HTTP.

Both servers are granian started as ``./yigongti run`` starts it, with the same number of processes and threads, on the
same PostgreSQL, asked in turns by the same crowd over 50 connections. One answer in ten is a booking, nine refuse. Ours
signs people in by their session, checks the page's token, rights, limits and release, writes the case with history,
deadline and trail, and names the nearest free places to whom it refuses. Theirs is one UPDATE and one INSERT.
"""

import os
import time
from collections import Counter
from dataclasses import dataclass, field

from django.db import connection
from django.urls import reverse

from bench import appointments_town as town
from bench import bare_booking
from bench import pages_county as county
from bench.appointments_crowd import Answer, Wish, rush, served
from bench.harness import Result, percentile, size
from yigongti.domains.care.appointments.models import Appointment, Slot
from yigongti.kernel.access.api import Role

NAME = "appointments"
AIM = "10 rivals for each place over HTTP: ≥ 0.7 of the attempts/s of a bare UPDATE…INSERT view, p99 ≤ 500 ms"

ROUNDS = 5
TIMES, QUOTA, RIVALS = 20, 5, 10
SCHEDULES = 2  # in each round: 200 places
CONNECTIONS = 50


@dataclass
class Side:
    """One server under the rush."""

    path: str
    port: int
    seconds: float = 0
    answers: list[Answer] = field(default_factory=list)

    def meet(self, wishes: list[Wish], seed: int, *, counted: bool = True) -> None:
        began = time.perf_counter()
        answers = rush(self.port, self.path, wishes, seed=seed, connections=CONNECTIONS)
        if counted:
            self.seconds += time.perf_counter() - began
            self.answers += answers

    @property
    def rate(self) -> float:
        return len(self.answers) / self.seconds

    def took(self, status: int | None = None) -> list[float]:
        return [one.took for one in self.answers if status is None or one.status == status]


def run() -> list[Result]:
    """Attempts a second, p99 of all answers, and the median of either kind."""
    schedules = size(SCHEDULES)
    places = schedules * TIMES * QUOTA
    centre_id = town.make_centre()
    rounds = [town.make_clinics(centre_id, schedules, TIMES, QUOTA) for _ in range(ROUNDS + 1)]
    people = town.make_residents(places * RIVALS * (ROUNDS + 1), centre_id)
    sessions = town.sign_in_staff(Role.DOCTOR, centre_id, 300)
    with connection.cursor() as cursor:
        cursor.execute(bare_booking.MAKE)
        cursor.execute("INSERT INTO bench_slot SELECT id, quota, 0 FROM appointments_slot")
    county.settle()
    connection.close()
    load = []
    url = os.environ["DATABASE_URL"]
    with served(url) as port, served(url, "bench.bare_booking:application", YIGONGTI_BENCH_BARE="1") as bare_port:
        ours, bare = Side(reverse("appointments:book"), port), Side("/", bare_port)
        for number, slots in enumerate(rounds):
            crowd = people[number * places * RIVALS : (number + 1) * places * RIVALS]
            wishes = [
                Wish(sessions[n % len(sessions)], slots[n % len(slots)], resident_id)
                for n, resident_id in enumerate(crowd)
            ]
            for side in (bare, ours) if number % 2 else (ours, bare):
                side.meet(wishes, number, counted=number > 0)
                load.append(os.getloadavg()[0])
    for side in (ours, bare):
        found = Counter(one.status for one in side.answers)
        assert found == {201: places * ROUNDS, 409: places * ROUNDS * (RIVALS - 1)}, found
    assert Appointment.objects.unscoped("counted").count() == sum(Slot.objects.values_list("booked", flat=True))
    note = f"{len(ours.answers):,} attempts, {CONNECTIONS} connections, load {min(load):.0f}–{max(load):.0f}"
    p99, bare_p99 = percentile(ours.took(), 99), percentile(bare.took(), 99)
    return [
        Result("attempts", "/s", ours.rate, bare.rate, aim=round(1 / 0.7, 2), higher_is_better=True, note=note),
        Result("p99 of all answers", "ms", p99, aim=500, note=f"bare {bare_p99:.0f} ms"),
        Result("median refusal", "ms", percentile(ours.took(409), 50), percentile(bare.took(409), 50)),
        Result("median booking", "ms", percentile(ours.took(201), 50), percentile(bare.took(201), 50)),
    ]
