"""What the scenes of moving patients need: a village doctor, a hospital with its desk, places to book, and residents.

Each scene is played by residents of its own, so that one leaves nothing behind for the other.
"""

import subprocess
import sys
from datetime import time, timedelta
from pathlib import Path

PASSWORD = "Jade-2026-hill"
VILLAGE, HOSPITAL, PAYER = "penglang_centre", "first_hospital", "insurance_bureau"
AREA = "first_hospital_area"
PEOPLE = (
    ("scene_village", "周秀兰", "village_doctor", VILLAGE),
    ("scene_doctor", "沈建国", "doctor", HOSPITAL),
    ("scene_desk", "孙丽", "coordinator", HOSPITAL),
    ("scene_payer", "陆文静", "insurance_officer", PAYER),
    ("scene_second", "郑晓峰", "insurance_officer", PAYER),
    ("scene_keeper", "徐志强", "finance_officer", AREA),
)
# who, by the width the scene is played at: the one at risk, and another with an earlier day and nothing to fear
RESIDENTS = {
    "desktop": ("林秀珍", "13900010001", "CARD0001"),
    "phone": ("陈玉兰", "13900010002", "CARD0002"),
    "calm": ("郑安平", "13900010003", "CARD0003"),
}
DEPARTMENT = "心血管内科"


def build() -> None:
    """Make all of it. Times of work begin sixty days ago."""
    from yigongti.domains.base.organisation import api as organisation
    from yigongti.domains.care.referrals import api as referrals
    from yigongti.kernel import clock
    from yigongti.kernel.access.api import Role, create_account, grant_role, system_actor

    actor = system_actor("seed")
    places = {
        key: view
        for key in (VILLAGE, HOSPITAL, PAYER, "first_hospital_area")
        if (view := organisation.by_key("kunshan", key))
    }
    assert len(places) == 4
    for username, name, role, at in PEOPLE:
        account = create_account(
            username, name, organisation_id=places[at].id, password=PASSWORD, actor=actor, must_change_password=False
        )
        grant_role(
            account, Role(role), organisation_id=places[at].id, actor=actor,
            starts_on=clock.today() - timedelta(days=60),
        )  # fmt: skip
    referrals.load_shipped_catalogue(actor)
    _clinic(places[HOSPITAL].id)
    _residents(places[VILLAGE].id)


def _clinic(hospital_id: int) -> None:
    """A clinic around the clock, so that there is a place later today at whatever hour the tests run."""
    from yigongti.domains.care.appointments import api as appointments
    from yigongti.kernel import clock
    from yigongti.kernel.access.api import system_actor

    actor = system_actor("seed")
    made = appointments.keep_schedule(
        actor=actor, institution_id=hospital_id, kind="clinic", department=DEPARTMENT, location="门诊楼三楼"
    )
    for weekday in range(1, 8):
        hours = appointments.Hours(weekday, time(0, 0), time(0, 0), 10, 3, clock.today(), on_days_off=True)
        appointments.add_pattern(made.pk, hours, actor=actor)
    appointments.publish_ahead(actor)


def _residents(village_id: int) -> None:
    import polars as pl

    from yigongti.domains.base.health_record import api as health_record
    from yigongti.domains.base.residents import api as residents
    from yigongti.domains.care.follow_up import api as follow_up
    from yigongti.kernel import clock
    from yigongti.kernel.access.api import system_actor

    actor = system_actor("seed")
    frame = pl.DataFrame(
        {
            "row_no": list(range(1, len(RESIDENTS) + 1)),
            "name": [name for name, _phone, _card in RESIDENTS.values()],
            "sex": ["2"] * len(RESIDENTS),
            "phone": [phone for _name, phone, _card in RESIDENTS.values()],
            "card_no": [card for _name, _phone, card in RESIDENTS.values()],
            "managing_institution_id": [village_id] * len(RESIDENTS),
        }
    ).with_columns(pl.date(1956, 5, 10).alias("birth_date"))
    known = residents.resolve(frame, source_id=village_id, actor=actor)
    ids = dict(zip(RESIDENTS, known.sort("row_no")["resident_id"].to_list(), strict=True))
    for key, pressure in (("desktop", (168, 102)), ("phone", (166, 101)), ("calm", (126, 78))):
        readings = [
            health_record.Reading("8480-6", "收缩压", pressure[0], "mmHg"),
            health_record.Reading("8462-4", "舒张压", pressure[1], "mmHg"),
        ]
        health_record.observe(
            ids[key], readings, institution_id=village_id, actor=actor, at=clock.now() - timedelta(days=80)
        )
        follow_up.ask_for(
            ids[key], follow_up.Reason.PLANNED, institution_id=village_id, actor=actor, about="高血压病",
            due=clock.today() + timedelta(days=0 if key == "calm" else 5),
        )  # fmt: skip


def barcode_of(name: str, environment: dict[str, str]) -> str:
    """What the code on the screen of a resident of this name says: a browser can't read its own picture."""
    return _said(f"barcode({name!r})", environment)


def session_of(name: str, environment: dict[str, str]) -> str:
    """The session cookie of the resident of this name, just signed in."""
    return _said(f"session({name!r})", environment)


def work_off(environment: dict[str, str]) -> None:
    """Do the jobs that wait, as the job process would: these tests run none of their own."""
    _said("jobs()", environment)


def jobs() -> str:
    """Run every waiting job once."""
    from procrastinate.contrib.django import app

    with app.replace_connector(app.connector.get_worker_connector()) as working:
        working.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
    return "done"


def barcode(name: str) -> str:
    """A fresh code of the resident of this name."""
    from yigongti.domains.base.residents import api as residents
    from yigongti.kernel.access.api import system_actor

    return residents.make_barcode(_resident(name), actor=system_actor("seed"))[0]


def session(name: str) -> str:
    """A stored session of the resident of this name."""
    from yigongti.portals.resident.tests import factories

    return str(factories.session_of(_resident(name)).session_key)


def _resident(name: str) -> int:
    from yigongti.domains.base.residents import api as residents
    from yigongti.kernel.access.api import system_actor

    [card] = [card for card in residents.search(name, actor=system_actor("seed")).cards if card.full_name == name]
    return card.id


def _said(expression: str, environment: dict[str, str]) -> str:
    """What an expression gives inside the platform that is being looked at."""
    code = f"import django; django.setup(); from tests.browser import scenery; print(scenery.{expression})"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], env=environment, cwd=root, capture_output=True, text=True, check=True
    )
    return done.stdout.split()[-1]
