"""Deadlines, what the platform does when they have passed, and the clock over midnight and the year's end."""

from datetime import date, datetime, timedelta

import pytest

from yigongti.domains.care.referrals import api
from yigongti.domains.care.referrals.formulas import after_working_days
from yigongti.domains.care.referrals.models import Certificate, Referral
from yigongti.domains.care.referrals.services.drafting import start
from yigongti.domains.care.referrals.tests import factories
from yigongti.kernel import clock
from yigongti.kernel.access.api import create_account, grant_role, system_actor
from yigongti.kernel.notices.models import Notice
from yigongti.kernel.workflow.api import StepRefused, history, take_due, take_step

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("test")


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=clock.ZONE)


def again(case: Referral) -> Referral:
    return Referral.objects.unscoped("test").get(pk=case.pk)


def account(role: str, organisation_id: int) -> int:
    pk = create_account(f"{role}-{organisation_id}", role, organisation_id=organisation_id, password="Long-Enough-1",
                        actor=SYSTEM)  # fmt: skip
    grant_role(pk, role, organisation_id=organisation_id, actor=SYSTEM)
    return pk


@pytest.fixture
def world():
    return factories.world()


@pytest.mark.parametrize(
    ("sent", "days", "due"),
    [
        (at(2026, 11, 23, 16, 0), 1, at(2026, 11, 24, 16, 0)),  # Monday → Tuesday
        (at(2026, 11, 27, 16, 0), 1, at(2026, 11, 30, 16, 0)),  # Friday → Monday
        (at(2026, 11, 28, 10, 0), 1, at(2026, 12, 1, 0, 0)),  # Saturday → the end of Monday
        (at(2026, 11, 29, 23, 59), 1, at(2026, 12, 1, 0, 0)),  # Sunday night
        (at(2026, 11, 26, 9, 0), 2, at(2026, 11, 30, 9, 0)),  # Thursday + 2
        (at(2026, 12, 31, 17, 0), 1, at(2027, 1, 1, 17, 0)),  # over the year's end, by weekdays alone
    ],
)
def test_working_days(sent, days, due):
    assert after_working_days(sent, days, lambda day: day.weekday() < 5) == due


def test_an_ordinary_referral_is_due_after_a_working_day_an_urgent_one_in_minutes(world):
    with clock.fixed(at(2026, 11, 27, 23, 50)):
        ordinary = factories.sent(world)
        urgent = factories.sent(world, urgent=True, duplicate_reason="急", diagnosis_code="I63.900")
    assert ordinary.due_at == at(2026, 11, 30, 23, 50)
    assert urgent.due_at == at(2026, 11, 28, 0, 5)  # over midnight


def test_an_unanswered_referral_goes_up_and_can_still_be_answered(world):
    desk, director = account("coordinator", world.east_hospital), account("director", world.east_hospital)
    origin = account("village_doctor", world.centre)
    with clock.fixed(at(2026, 12, 31, 23, 50)):
        case = factories.sent(world, urgent=True)
        assert take_due() == 0
        assert set(Notice.objects.filter(urgent=True).values_list("account_id", flat=True)) == {desk}
    with clock.fixed(at(2027, 1, 1, 0, 4)):
        assert take_due() == 0
    with clock.fixed(at(2027, 1, 1, 0, 5)):
        assert take_due() == 1
        assert take_due() == 0
        case = again(case)
        assert (case.state, case.overseer_id, case.is_open) == ("expired", world.east_hospital, True)
        assert case.due_at == case.answer_by  # overdue it stays
        told = Notice.objects.filter(key__startswith=f"referrals.expired:{case.pk}.", urgent=True)
        assert set(told.values_list("account_id", flat=True)) == {desk, director, origin}
        assert history(case)[-1].actor_name == "system:deadline"
        overdue = api.to_answer(world.receiver)
        assert [one.id for one in overdue] == [case.pk]
    with clock.fixed(at(2027, 1, 1, 0, 30)):
        case = take_step(case, "accept", actor=world.receiver, answers={"way": "at_once"})
        assert case.state == "accepted" and case.answered_at == at(2027, 1, 1, 0, 30)
        [total, _one] = api.figures(actor=world.actor("director", world.east_hospital), since=date(2026, 12, 31),
                                    until=date(2026, 12, 31))  # fmt: skip
        assert (total.sent, total.answered, total.overdue, total.median_minutes) == (1, 1, 1, 40)


def test_an_unanswered_one_can_be_redirected_by_the_lead_hospital(world):
    with clock.fixed(at(2026, 11, 23, 9, 0)):
        case = factories.sent(world, urgent=True, receiver_id=world.west_hospital)
    with clock.fixed(at(2026, 11, 23, 9, 20)):
        take_due()
        case = again(case)
        assert case.overseer_id == world.west_hospital
        case = take_step(case, "redirect_for_origin", actor=world.actor("director", world.west_hospital, id=31),
                         answers={"receiver": str(world.east_hospital)})  # fmt: skip
        further = Referral.objects.unscoped("test").get(redirected_from_id=case.pk)
    assert (case.state, case.redirected_to_id) == ("redirected", further.pk)
    assert (further.state, further.receiver_id, further.sent_at) == (
        "sent",
        world.east_hospital,
        at(2026, 11, 23, 9, 20),
    )
    assert (further.sent_by_id, further.follow_up_id, further.urgent) == (11, world.centre, True)
    assert further.due_at == at(2026, 11, 23, 9, 35)


def test_a_patient_who_does_not_come_goes_back_to_the_origin_and_may_come_late(world):
    origin = account("doctor", world.centre)
    with clock.fixed(at(2026, 12, 30, 9, 0)):
        case = factories.sent(world)
        case = take_step(case, "accept", actor=world.receiver, answers={**factories.BED, "on": "2026-12-31"})
        assert case.due_at == at(2027, 1, 2, 0, 0)  # the appointed day and one more
    with clock.fixed(at(2027, 1, 1, 23, 59)):
        assert take_due() == 0
    with clock.fixed(at(2027, 1, 2, 0, 0)):
        assert take_due() == 1
        case = again(case)
        assert case.state == "not_arrived" and case.due_at == at(2027, 1, 6, 0, 0)
        assert Notice.objects.filter(account_id=origin, key__startswith="referrals.missed.").count() == 1
    with clock.fixed(at(2027, 1, 2, 9, 0)):  # a Saturday
        case = take_step(case, "ask_again", actor=world.origin, answers={"note": "患者答应来"})
        assert (case.state, case.due_at, case.sent_at) == ("sent", at(2027, 1, 5, 0, 0), at(2026, 12, 30, 9, 0))
    with clock.fixed(at(2027, 1, 3, 9, 0)):
        case = take_step(case, "accept", actor=world.receiver, answers={**factories.BED, "on": "2027-01-04"})
        assert (case.state, case.due_at) == ("accepted", at(2027, 1, 6, 0, 0))
        assert take_step(case, "arrive", actor=world.receiver).state == "arrived"


def test_followed_up_in_time_and_closed_by_itself(world):
    with clock.fixed(at(2026, 12, 20, 9, 0)):
        case = factories.sent(world)
        take_step(case, "accept", actor=world.receiver, answers=factories.bed(0))
        take_step(case, "arrive", actor=world.receiver)
    with clock.fixed(at(2026, 12, 24, 9, 0)):
        case = take_step(case, "return", actor=world.receiver, answers=factories.PLAN)
        assert case.follow_up_by == date(2027, 1, 7) and case.due_at == at(2027, 1, 8, 0, 0)
        with pytest.raises(StepRefused, match="早于"):
            api.followed_up(case.pk, actor=world.origin, note="x", done_on=date(2026, 12, 23))
        with pytest.raises(StepRefused, match="今天之后"):
            api.followed_up(case.pk, actor=world.origin, note="x", done_on=date(2026, 12, 25))
    with clock.fixed(at(2027, 1, 7, 23, 0)):
        api.followed_up(case.pk, actor=world.origin, note="稳定", done_on=date(2027, 1, 7))
        [total, *_rest] = api.figures(actor=world.actor("director", world.centre), since=date(2026, 12, 1),
                                      until=date(2026, 12, 31))  # fmt: skip
        assert (total.follow_ups, total.followed_up_in_time, total.share_followed_up) == (1, 1, 1)
    with clock.fixed(at(2027, 1, 14, 22, 59)):
        take_due()
        assert again(case).state == "followed_up"
    with clock.fixed(at(2027, 1, 14, 23, 0)):
        take_due()
    assert again(case).state == "closed"


def test_sent_down_the_plan_goes_along_and_the_receiver_follows_up(world):
    plan = factories.downwards(world)
    doctor = world.actor("doctor", world.east_hospital, id=12)
    with pytest.raises(api.ReferralRefused, match="没有诊疗"):
        start(plan, actor=doctor, send=True)
    factories.records.fact("encounter", resident_id=world.resident, source_id=world.east_hospital, at=clock.today())
    case = start(plan, actor=doctor, send=True)
    assert (case.follow_up_id, case.approver_id, case.state) == (world.centre, None, "sent")
    case = take_step(case, "accept", actor=world.origin, answers={"way": "at_once"})
    case = take_step(case, "arrive", actor=world.origin)
    assert case.follow_up_by == clock.today() + timedelta(days=14)
    case = take_step(case, "follow_up", actor=world.origin, answers={"note": "好", "done_on": clock.today()})
    assert take_step(case, "close", actor=world.origin).state == "closed"
    bare = factories.downwards(world, care_plan="", duplicate_reason="再次")
    with pytest.raises(api.ReferralRefused, match="后续治疗方案"):
        start(bare, actor=doctor, send=True)


def test_certificates_are_numbered_without_gaps_by_year(world):
    director = world.actor("director", world.east_hospital, id=20)

    def certified(**values):
        case = factories.sent(world, receiver_id=None, receiver_name="上海瑞金医院", receiver_region="上海",
                              duplicate_reason="续", **values)  # fmt: skip
        return case, take_step(case, "approve_outside", actor=director)

    with clock.fixed(at(2026, 12, 31, 23, 59)):
        first, _case = certified()
        failing = factories.sent(world, receiver_id=None, receiver_name="X", receiver_region="Y", duplicate_reason="续")
        with pytest.raises(StepRefused):
            take_step(failing, "approve_outside", actor=world.origin)
    with clock.fixed(at(2027, 1, 1, 0, 0)):
        certified()
        certified()
    numbers = Certificate.objects.unscoped("test").order_by("pk").values_list("year", "serial")
    assert list(numbers) == [(2026, 1), (2027, 1), (2027, 2)]
    assert api.certificate_for(world.resident, date(2026, 12, 30)) is None
    found = api.certificate_for(world.resident, date(2026, 12, 31))
    assert found.referral_id == first.pk and found.valid_until == date(2027, 6, 28)
    assert len(api.certificates(date(2026, 12, 31), date(2026, 12, 31))) == 1


def test_each_figure_has_as_many_referrals_below_it(world):
    """The list a figure leads to holds exactly what it counted."""
    from yigongti.domains.care.referrals.web.lists import by_figure

    kinds = ("I10.x00", "I63.900", "J18.900", "C34.900")
    with clock.fixed(at(2026, 11, 2, 9, 0)):
        cases = [
            factories.sent(world, diagnosis_code=code, reason_code="other", duplicate_reason="x") for code in kinds
        ]
    with clock.fixed(at(2026, 11, 2, 15, 0)):
        take_step(cases[0], "accept", actor=world.receiver, answers=factories.bed(0))
        take_step(cases[0], "arrive", actor=world.receiver)
        take_step(cases[0], "return", actor=world.receiver, answers=factories.PLAN)
        take_step(cases[3], "withdraw", actor=world.origin, answers={"reason": "好转"})
    with clock.fixed(at(2026, 11, 4, 9, 0)):
        take_due()
        take_step(again(cases[1]), "decline", actor=world.receiver, answers={"code": "other", "advice": "转二院"})
    with clock.fixed(at(2026, 12, 1, 9, 0)):
        [total, one] = api.figures(actor=world.actor("director", world.east_hospital), since=date(2026, 11, 1),
                                   until=date(2026, 11, 30))  # fmt: skip
        rows = Referral.objects.unscoped("test")
        below = {name: by_figure(rows, name).count() for name in (
            "answered", "accepted", "not_accepted", "overdue", "in_time", "follow_up_due", "followed_up_in_time"
        )}  # fmt: skip
    assert (total.sent, total.answered, total.accepted, total.overdue) == (4, 2, 1, 2)
    assert below == {
        "answered": total.answered, "accepted": total.accepted, "not_accepted": 1, "overdue": total.overdue,
        "in_time": 1, "follow_up_due": total.follow_ups, "followed_up_in_time": total.followed_up_in_time,
    }  # fmt: skip
    assert (total.follow_ups, total.followed_up_in_time, float(total.share_in_time)) == (1, 0, 1 / 3)
    assert (total.median_minutes, total.p90_minutes) == ((360 + 2880) / 2, 2880)
    assert one.institution_id == world.east_hospital and one.sent == 4


def test_days_off_do_not_count(world):
    """The national day of 2026: 1–7 October off (国办发明电〔2025〕7号); sent on 30 September, due on 8 October."""
    with clock.fixed(at(2026, 9, 30, 10, 0)):
        assert factories.sent(world).due_at == at(2026, 10, 8, 10, 0)
