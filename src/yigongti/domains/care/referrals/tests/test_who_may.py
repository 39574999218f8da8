"""One table: for every role at every side, every step of a referral, the expected answer written out by hand."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from tests.support.people import person

from yigongti.domains.base.organisation.tests.factories import of_tier, organisation
from yigongti.domains.care.referrals import selectors
from yigongti.domains.care.referrals.models import Certificate, Referral
from yigongti.domains.care.referrals.permissions import VIEW
from yigongti.domains.care.referrals.tests import factories
from yigongti.domains.care.referrals.workflow import REFERRAL
from yigongti.kernel import clock
from yigongti.kernel.access.api import NotVisible, Role, ScopedQuerySet, system_actor
from yigongti.kernel.workflow.api import StepRefused, open_case, open_steps, take_step

pytestmark = pytest.mark.django_db

SIDES = ("origin", "receiver", "follower", "approver", "overseer", "unrelated")
CLINICIANS = {"village_doctor", "doctor"}
DESK = {"village_doctor", "doctor", "coordinator"}
APPROVERS = {"coordinator", "director", "insurance_officer"}
OVERSEERS = {"coordinator", "director"}
NOBODY: set[str] = set()
APPROVAL = {"approval", "approval_late"}

PLAN = {"care_plan": "康复", "medicines": "无", "next_checks": "每月"}
BED = {"way": "bed", "ward": "3 床"}
DECLINE = {"code": "no_capacity", "advice": "请转二级医院"}
WHY = {"reason": "理由"}

# step: (kind of referral, states it may be taken in, whose side, which roles there, answers, state afterwards)
TABLE = {
    "send": ("inside", {"draft"}, "origin", CLINICIANS, {}, "sent"),
    "submit": ("outside", {"draft"}, "origin", CLINICIANS, {}, "approval"),
    "certify": ("free", {"draft"}, "origin", CLINICIANS, {}, "certified"),
    "approve": ("between", APPROVAL, "approver", APPROVERS, {}, "sent"),
    "approve_outside": ("outside", APPROVAL, "approver", APPROVERS, {}, "certified"),
    "refuse": ("between", APPROVAL, "approver", APPROVERS, DECLINE, "declined"),
    "approval_late": ("between", {"approval"}, "nobody", NOBODY, {}, "approval_late"),
    "accept": ("inside", {"sent", "expired", "not_arrived"}, "receiver", DESK, BED, "accepted"),
    "decline": ("inside", {"sent", "expired"}, "receiver", DESK, DECLINE, "declined"),
    "expire": ("inside", {"sent"}, "nobody", NOBODY, {}, "expired"),
    "reschedule": ("inside", {"accepted"}, "receiver", DESK, BED, "accepted"),
    "move_booking": ("inside", {"accepted"}, "nobody", NOBODY, {}, "accepted"),
    "lose_booking": ("inside", {"accepted"}, "nobody", NOBODY, {}, "accepted"),
    "undo_arrival": ("inside", {"arrived"}, "receiver", DESK, WHY, "accepted"),
    "arrive": ("inside", {"accepted", "not_arrived"}, "receiver", DESK, {}, "arrived"),
    "miss": ("inside", {"accepted"}, "nobody", NOBODY, {}, "not_arrived"),
    "treat": ("inside", {"arrived"}, "receiver", CLINICIANS, {"conclusion": "好转"}, "treated"),
    "return": ("inside", {"arrived", "treated"}, "receiver", CLINICIANS, PLAN, "returned"),
    "end_here": ("inside", {"arrived", "treated"}, "receiver", CLINICIANS, WHY, "closed"),
    "follow_up": ("inside", {"returned", "certified"}, "follower", DESK, {"note": "稳定"}, "followed_up"),
    "close": ("inside", {"followed_up"}, "follower", DESK, {}, "closed"),
    "close_itself": ("inside", {"followed_up"}, "nobody", NOBODY, {}, "closed"),
    "redirect": ("inside", {"declined", "expired"}, "origin", DESK, {}, "redirected"),
    "redirect_for_origin": ("inside", {"expired"}, "overseer", OVERSEERS, {}, "redirected"),
    "arrange_otherwise": ("inside", {"declined"}, "origin", DESK, WHY, "closed"),
    "ask_again": ("inside", {"not_arrived"}, "origin", DESK, {"note": "患者答应周五来"}, "sent"),
    "withdraw": ("inside", {"draft", *APPROVAL, "sent", "expired", "accepted", "not_arrived", "certified"}, "origin",
                 DESK, WHY, "withdrawn"),
    "revoke": ("outside", {"certified"}, "approver", APPROVERS, WHY, "withdrawn"),
}  # fmt: skip

# steps a referral sent straight down does not have, and the one it has earlier
NOT_DOWN = {"treat", "return", "end_here", "undo_arrival"}


@pytest.fixture
def world():
    return factories.world(codes=False)


@pytest.fixture
def sides(world):
    """Six institutions, one for each side; all members, of tiers that fit."""
    for key, kind, tier in (
        ("follower", "community_centre", "primary"), ("second", "hospital", "secondary"),
        ("overseeing", "hospital", "tertiary"), ("elsewhere", "hospital", "secondary"),
    ):  # fmt: skip
        world.made[key] = of_tier(organisation(kind, key, world.made["east"]), tier)
    return {
        "origin": world.made["second"].pk,
        "receiver": world.west_hospital,
        "follower": world.made["follower"].pk,
        "approver": world.east_hospital,
        "overseer": world.made["overseeing"].pk,
        "unrelated": world.made["elsewhere"].pk,
    }


def put(case: Referral, state: str, **columns) -> Referral:
    """A referral in a state it did not come to by steps: only to ask who might go on from there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('yigongti.step', 'referrals_referral', true)")
        cursor.execute("UPDATE referrals_referral SET state = %s WHERE id = %s", [state, case.pk])
        cursor.execute("SELECT set_config('yigongti.step', '', true)")
    rows: ScopedQuerySet = Referral.objects.unscoped("test")
    rows.filter(pk=case.pk).update(**columns)
    return rows.get(pk=case.pk)


def made(world, sides, kind: str, state: str) -> Referral:
    outside = kind in ("outside", "free")
    now = clock.now()
    # approver and reach as the place's rules would have them: kunshan asks for approval outside only
    approver_id = sides["approver"] if kind in ("outside", "between") else None
    case = Referral(
        place="kunshan", resident_id=world.resident, direction="down" if kind == "down" else "up",
        reach="outside" if outside else "inside", urgency="ordinary", origin_id=sides["origin"],
        receiver_id=None if outside else sides["receiver"], receiver_name="对方", follow_up_id=sides["follower"],
        approver_id=approver_id, overseer_id=sides["overseer"], diagnosis_code="I10.x00", diagnosis="高血压",
        reason_code="uncontrolled", sent_by_id=4242,
    )  # fmt: skip
    open_case(case, actor=system_actor("test"))
    if state != "draft":
        return put(case, state, sent_at=now, answer_by=now + timedelta(hours=1))
    return case


def answers(step: str, said: dict, world) -> dict:
    if step.startswith("redirect"):
        return {"receiver": str(world.east_hospital)}
    if step == "follow_up":
        return {**said, "done_on": clock.today().isoformat()}
    if said is BED:
        return {**said, "on": clock.today().isoformat()}
    return said


def test_the_table_names_every_step_and_every_state():
    assert set(TABLE) == {step.name for step in REFERRAL.steps}
    for step in REFERRAL.steps:
        states = TABLE[step.name][1] | ({"arrived"} if step.name == "follow_up" else set())
        assert (step.name, set(step.from_states), step.to) == (step.name, states, TABLE[step.name][5])


@pytest.mark.parametrize("name", TABLE)
def test_every_role_at_every_side(world, sides, name, monkeypatch):
    kind, states, side, roles, said, after = TABLE[name]
    if kind == "free":  # a place whose policy asks for no approval
        monkeypatch.setattr("yigongti.domains.care.referrals.services.routes.approver", lambda *a: None)
    got = {}
    for state in sorted(states):
        case = made(world, sides, kind if state != "certified" else "outside", state)
        for where in SIDES:
            for role in Role:
                actor = person(role, sides[where], id=7)
                try:
                    with transaction.atomic():
                        taken = take_step(case, name, actor=actor, answers=answers(name, said, world))
                        assert taken.state == after
                        raise _Undo
                except _Undo:
                    got[state, where, role.value] = True
                except StepRefused as refused:
                    assert "不由您办理" in str(refused), (state, where, role, str(refused))
                    got[state, where, role.value] = False
    expected = {
        (state, where, role.value): where == side and role.value in roles
        for state in states
        for where in SIDES
        for role in Role
    }
    assert got == expected


class _Undo(Exception):
    pass


@pytest.mark.parametrize("name", sorted(set(TABLE) - {"move_booking", "lose_booking"}))  # with a changed booking only
def test_no_step_from_a_state_that_is_not_its_own(world, sides, name):
    kind, states, side, _roles, said, _after = TABLE[name]
    rightful = person("doctor" if side != "approver" and side != "overseer" else "coordinator",
                      sides.get(side, sides["origin"]), id=7)  # fmt: skip
    actor = system_actor("test") if side == "nobody" else rightful
    for state in set(REFERRAL.states) - states - ({"arrived"} if name == "follow_up" else set()):
        case = made(world, sides, kind, state)
        with pytest.raises(StepRefused, match="现在的状态是"):
            take_step(case, name, actor=actor, answers=answers(name, said, world))


@pytest.mark.parametrize("name", sorted(NOT_DOWN | {"follow_up"}))
def test_sent_straight_down_there_is_nothing_to_return_and_the_follow_up_comes_at_once(world, sides, name):
    side = TABLE[name][2]
    actor = person("doctor", sides[side], id=7)
    down, up = made(world, sides, "down", "arrived"), made(world, sides, "inside", "arrived")
    may = {step.name for step in open_steps(down, actor)}, {step.name for step in open_steps(up, actor)}
    assert (name in may[0], name in may[1]) == ((True, False) if name == "follow_up" else (False, True))


@pytest.mark.parametrize("where", SIDES)
def test_who_sees_a_referral(world, sides, where):
    case, draft = made(world, sides, "between", "sent"), made(world, sides, "between", "draft")
    for role in Role:
        actor = person(role, sides[where], id=7)
        expected = where != "unrelated" and role in VIEW.to
        for one, sees in ((case, expected), (draft, expected and where == "origin")):
            try:
                selectors.one(actor, one.pk)
                assert sees, (where, role, one.state)
            except NotVisible:
                assert not sees, (where, role, one.state)


def test_nobody_approves_what_he_submitted_himself(world, sides):
    case = made(world, sides, "outside", "approval")
    with pytest.raises(StepRefused, match="另一人"):
        take_step(case, "approve_outside", actor=person("director", sides["approver"], id=4242))
    assert Certificate.objects.unscoped("test").count() == 0
