"""What people of the demo county have under way: clinics with places, referrals in every state, whom to follow up,
questions of residents. Done by the demo accounts through the services, as if they had sat at the pages.

All of it is one transaction: it is there, or it is not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import connection, transaction

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.health_record.api import Reading
from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.appointments import api as appointments
from yigongti.domains.care.enquiries import api as enquiries
from yigongti.domains.care.follow_up import api as follow_up
from yigongti.domains.care.referrals import api as referrals
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, resident_actor, system_actor
from yigongti.kernel.workflow.api import case_of, take_step

Say = Callable[[str], None]
REFERRAL = "referrals.referral"
CLINICS = (
    # department, doctor ("" for the department's own clinic), title, expert, minutes, places
    ("心血管内科", "沈建国", "主任医师", True, 15, 2),
    ("心血管内科", "", "", False, 10, 3),
    ("内分泌科", "徐海燕", "副主任医师", True, 15, 2),
    ("神经内科", "马立新", "主任医师", True, 15, 2),
    ("呼吸内科", "", "", False, 10, 3),
    ("放射科", "CT 1 室", "", False, 20, 1),
)
# Readings of those whom the village doctor follows up, from a while ago: systolic, diastolic, fasting glucose.
READINGS = (
    (172, 104, None), (158, 96, None), (146, 92, None), (134, 82, None), (128, 78, "9.2"), (138, 86, "7.4"),
    (126, 76, None), (162, 98, "14.2"), (132, 84, None), (142, 88, None),
)  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """Somebody at work: the account as an actor, and the institution it works for."""

    actor: Actor
    institution_id: int


@dataclass(frozen=True)
class People:
    """The desks patients move between."""

    village: Desk
    hospital: Desk
    coordinator: Desk


@transaction.atomic
def begin(people: People, say: Say) -> None:
    """Set all of it up, unless it is there. Raises LookupError where too few residents are looked after there."""
    if appointments.institutions_with_clinics():
        return
    referrals.load_shipped_catalogue(system_actor("demo"))
    _clinics(people)
    patients = _patients(people.village.institution_id, 20)
    if len(patients) < 12:
        raise LookupError("too few residents are looked after by the village doctor's institution")
    _follow_ups(people, patients)
    _referrals(people, patients)
    _questions(people, patients)
    say(f"patients under way: {len(CLINICS)} clinics, referrals, follow-ups and questions")


def _clinics(people: People) -> None:
    platform = system_actor("demo")
    monday = clock.today() - timedelta(days=clock.today().weekday())
    for department, doctor, title, expert, minutes, places in CLINICS:
        kind = "clinic" if not doctor else "device" if department == "放射科" else "doctor"
        made = appointments.keep_schedule(
            actor=platform, institution_id=people.hospital.institution_id, kind=kind, department=department,
            doctor=doctor, professional_title=title, expert=expert, location=f"门诊楼 {len(department)} 楼",
        )  # fmt: skip
        for weekday in range(1, 8):
            for starts, ends in ((time(8, 0), time(11, 30)), (time(13, 30), time(17, 0))):
                hours = appointments.Hours(weekday, starts, ends, minutes, places, monday, on_days_off=True)
                appointments.add_pattern(made.pk, hours, actor=platform)
    appointments.publish_ahead(platform)


def _patients(institution_id: int, most: int) -> list[int]:
    """Residents an institution looks after, who can be reached and have a diagnosis of high blood pressure first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT r.id FROM residents_resident r
            WHERE r.managing_institution_id = %s AND r.merged_into_id IS NULL AND r.deceased_on IS NULL
              AND r.birth_date BETWEEN '1940-01-01' AND '1985-01-01'
              AND EXISTS (SELECT 1 FROM residents_phone p WHERE p.resident_id = r.id AND p.vouched)
            ORDER BY (SELECT count(*) FROM health_record_fact f
                      WHERE f.resident_id = r.id AND f.code LIKE 'I10%%' AND f.superseded_by IS NULL) DESC, r.id
            LIMIT %s
            """,
            [institution_id, most],
        )
        return [row[0] for row in cursor.fetchall()]


def _follow_ups(people: People, patients: list[int]) -> None:
    today, village = clock.today(), people.village
    for number, (who, (systolic, diastolic, glucose)) in enumerate(zip(patients, READINGS, strict=False)):
        measured = [
            Reading("8480-6", "收缩压", Decimal(systolic), "mmHg"),
            Reading("8462-4", "舒张压", Decimal(diastolic), "mmHg"),
        ]
        if glucose:
            measured.append(Reading("14771-0", "空腹血糖", Decimal(glucose), "mmol/L"))
        health_record.observe(
            who, measured, institution_id=village.institution_id, actor=village.actor, at=_at(today, -80 + number)
        )
        follow_up.ask_for(
            who, follow_up.Reason.PLANNED, institution_id=village.institution_id, actor=village.actor,
            about="2型糖尿病" if glucose else "高血压病", due=today + timedelta(days=number % 5),
        )  # fmt: skip


def _referrals(people: People, patients: list[int]) -> None:
    """One in each state a page can show, begun on days gone by."""
    today, hospital, desk = clock.today(), people.hospital.actor, people.coordinator.actor
    plan = {
        "conclusion": "冠状动脉造影未见明显狭窄，血压已控制。",
        "care_plan": "低盐饮食，每天走路 30 分钟；每周量两次血压并记录。",
        "medicines": "氨氯地平片 5 mg 每日一次；阿托伐他汀钙片 20 mg 每晚一次",
        "next_checks": "两周后复查血压，三个月后复查血脂、肝功能",
    }
    bed = {"way": "bed", "ward": "心内科 12 床", "instructions": "带身份证和医保卡，到门诊楼一楼健康管理中心"}

    returned = _sent(people, patients[10], "I20.000", "uncontrolled", days=-9)
    with clock.fixed(_at(today, -9, 11)):
        _step(returned, "accept", desk, {**bed, "on": (today - timedelta(days=8)).isoformat()})
    with clock.fixed(_at(today, -8, 9)):
        _step(returned, "arrive", desk, {})
    with clock.fixed(_at(today, -2, 15)):
        _step(returned, "return", hospital, plan)

    closed = _sent(people, patients[11], "I63.900", "beyond_capacity", days=-25)
    with clock.fixed(_at(today, -25, 10)):
        _step(closed, "accept", desk, {**bed, "on": (today - timedelta(days=24)).isoformat()})
    with clock.fixed(_at(today, -24, 9)):
        _step(closed, "arrive", desk, {})
    with clock.fixed(_at(today, -16, 16)):
        _step(closed, "return", hospital, {**plan, "conclusion": "脑梗死恢复期。"})
    with clock.fixed(_at(today, -10, 10)):
        referrals.followed_up(closed, actor=people.village.actor, note="恢复良好，血压 132/80", done_on=clock.today())
        _step(closed, "close", people.village.actor, {})

    declined = _sent(people, patients[9], "J18.900", "beyond_capacity", days=-3)
    with clock.fixed(_at(today, -3, 14)):
        _step(
            declined,
            "decline",
            desk,
            {"code": _first_code(declined, "decline"), "advice": "可在本中心抗感染治疗，三天不好转再转。"},
        )

    accepted = _sent(people, patients[8], "E11.900", "uncontrolled", days=-1)
    places = appointments.offered(
        actor=desk, institution_id=people.hospital.institution_id, department="内分泌科", for_referral=True, limit=50
    )
    if places:
        _step(accepted, "accept", desk, {"way": "slot", "slot": str(places[0].id), "instructions": "空腹到诊"})

    _sent(people, patients[7], "I10.x00", "uncontrolled", hours=-1)


def _questions(people: People, patients: list[int]) -> None:
    who = patients[0]
    card = residents.card(who)
    asker = resident_actor(residents.signature(card.full_name if card else "", for_oneself=True), {who})
    desks = [desk.id for desk in enquiries.desks(who)]
    topic = enquiries.TOPICS[0][0]
    for text in ("降压药吃完了，下周去开药要不要空腹抽血？", "我母亲出院以后腿还是肿，要不要再去看？"):
        if desks:
            enquiries.ask(who, institution_id=desks[0], topic=topic, text=text, actor=asker)


def _sent(people: People, who: int, code: str, reason: str, *, days: int = 0, hours: int = 0) -> int:
    """A referral from the village doctor's institution to the hospital, sent so long ago."""
    at = _at(clock.today(), days, 9) if days else clock.now() + timedelta(hours=hours)
    with clock.fixed(at):
        content = referrals.Content(
            resident_id=who, origin_id=people.village.institution_id, receiver_id=people.hospital.institution_id,
            direction="up", diagnosis_code=code, reason_code=reason, note="请协助进一步检查和治疗。",
        )  # fmt: skip
        return referrals.start(content, actor=people.village.actor, send=True).pk


def _step(referral_id: int, step: str, actor: Actor, answers: dict[str, str]) -> None:
    take_step(case_of(REFERRAL, referral_id, actor=actor), step, actor=actor, answers=answers)


def _first_code(referral_id: int, step: str) -> str:
    case = case_of(REFERRAL, referral_id, actor=system_actor("demo"))
    asks = {ask.name: ask for ask in case.workflow.step(step).asks}
    return str(asks["code"].offered(case)[0][0])


def _at(day: date, days: int, hour: int = 9) -> datetime:
    return datetime.combine(day + timedelta(days=days), time(hour, 0), tzinfo=clock.ZONE)
