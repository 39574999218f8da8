"""Questions and answers: who may take each step in each state, by when, and who is told."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from tests.support.people import person

from yigongti.domains.base.residents.tests.factories import one_person
from yigongti.domains.care.enquiries import api, selectors, services
from yigongti.domains.care.enquiries.models import Enquiry, Message
from yigongti.domains.care.enquiries.tests.factories import asked, himself, places, resident
from yigongti.domains.care.enquiries.workflow import ENQUIRY
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden, NotVisible, Role, system_actor
from yigongti.kernel.access.models import Account, Grant
from yigongti.kernel.audit.models import Line
from yigongti.kernel.notices.api import of_resident
from yigongti.kernel.notices.models import Notice
from yigongti.kernel.workflow.api import StepRefused, take_due, take_step

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=clock.ZONE)
ANSWERERS = {Role.VILLAGE_DOCTOR, Role.DOCTOR, Role.COORDINATOR}


@pytest.fixture(autouse=True)
def _now():
    with clock.fixed(NOW):
        yield


@pytest.fixture
def at():
    return places()


@pytest.fixture
def who(at):
    return resident(at["east_centre"])


def row(pk):
    return Enquiry.objects.unscoped("test").get(pk=pk)


def answered(pk, actor, words="饭后半小时吃。"):
    return take_step(row(pk), "answer", actor=actor, answers={"answer": words})


def in_state(state, who, desk, answerer):
    pk = asked(who, desk)
    if state in ("answered", "closed"):
        answered(pk, answerer)
    if state == "closed":
        take_step(row(pk), "close", actor=himself(who))
    if state == "withdrawn":
        take_step(row(pk), "withdraw", actor=himself(who))
    return pk


OWN = {"ask_again": "answered", "withdraw": "asked", "close": "answered"}
DESKS = {
    "answer": ("asked", ANSWERERS),
    "hand_on": ("asked", ANSWERERS),
    "ask_again": ("answered", {Role.COORDINATOR}),
    "withdraw": ("asked", {Role.COORDINATOR}),
    "close": ("answered", set()),
}


@pytest.mark.parametrize("state", list(ENQUIRY.states))
def test_every_role_place_and_step_has_its_answer(state, at, who):
    """(role × own or another institution × step), the resident himself and a stranger, from every state."""
    desk, elsewhere = at["east_centre"], at["west_hospital"]
    doctor = person(Role.DOCTOR, desk)
    stranger = resident(desk, name="钱多多", serial=5, phone="13900000000")
    says = {
        "answer": {"answer": "好的"},
        "hand_on": {"to": str(at["east_hospital"])},
        "ask_again": {"question": "还有呢"},
    }
    people = [(person(role, place), role, place) for role in Role for place in (desk, elsewhere)]
    for step in (one.name for one in ENQUIRY.steps):
        needed, roles = DESKS[step]
        for actor, role, place in people:
            may = state == needed and role in roles and place == desk
            _tries(in_state(state, who, desk, doctor), step, actor, says.get(step), may)
        _tries(in_state(state, who, desk, doctor), step, himself(who), says.get(step), OWN.get(step) == state)
        _tries(in_state(state, who, desk, doctor), step, himself(stranger), says.get(step), False)


def _tries(pk, step, actor, answers, may):
    before = row(pk)
    try:
        take_step(before, step, actor=actor, answers=answers)
        assert may, (before.state, step, actor)
    except StepRefused:
        assert not may, (before.state, step, actor)
        assert (row(pk).state, row(pk).institution_id) == (before.state, before.institution_id)
    Message.objects.all().delete()
    Enquiry.objects.unscoped("test").filter(pk=pk).delete()


def test_whom_a_resident_may_ask(at, who):
    assert [desk.id for desk in api.desks(who)] == [at["east_centre"], at["east_hospital"]]
    led = resident(at["east_hospital"], name="李四", serial=7, phone="13700000000")
    assert [desk.id for desk in api.desks(led)] == [at["east_hospital"]]
    nobodys = resident(None, name="赵六", serial=9, phone="13600000000")
    assert {desk.id for desk in api.desks(nobodys)} == {at["east_hospital"], at["west_hospital"]}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"topic": "nonsense"}, "topic"),
        ({"text": " 嗯 "}, "text"),
        ({"text": "长" * 1001}, "text"),
        ({"institution": "west_hospital"}, "institution"),
    ],
)
def test_what_can_not_be_asked(at, who, said, field):
    said = dict(said)
    place = at[said.pop("institution", "east_centre")]
    with pytest.raises(services.AskRefused) as refused:
        asked(who, place, **said)
    assert refused.value.field == field
    assert not Enquiry.objects.unscoped("test").exists()


def test_nobody_asks_for_another(at, who):
    stranger = resident(at["east_centre"], name="钱多多", serial=5, phone="13900000000")
    with pytest.raises(NotVisible):
        asked(who, at["east_centre"], actor=himself(stranger))
    with pytest.raises(Forbidden):
        asked(who, at["east_centre"], actor=person(Role.DOCTOR, at["east_centre"]))
    with pytest.raises(Forbidden):
        asked(who, at["east_centre"], actor=person(Role.COORDINATOR, at["west_hospital"]))
    assert asked(who, at["east_centre"], actor=person(Role.COORDINATOR, at["east_centre"]))


def test_not_too_many_at_once(at, who):
    made = [asked(who, at["east_centre"]) for _ in range(5)]
    with pytest.raises(services.AskRefused):
        asked(who, at["east_centre"])
    services.take_own(made[0], "withdraw", actor=himself(who))
    assert asked(who, at["east_centre"])


def test_the_desk_is_told_when_asked_and_the_resident_when_answered(at, who):
    account = Account.objects.create(
        username="desk", name="周秀兰", home_organisation_id=at["east_centre"], created_at=NOW, password_changed_at=NOW
    )
    Grant.objects.create(
        account=account, role=Role.COORDINATOR, organisation_id=at["east_centre"], starts_on=NOW.date(), granted_at=NOW
    )
    pk = asked(who, at["east_centre"])
    doctor = person(Role.DOCTOR, at["east_centre"])
    assert Notice.objects.filter(account_id=account.pk).count() == 1
    answered(pk, doctor)
    services.ask_again(pk, "那早上呢，还是晚上？", actor=himself(who))
    answered(pk, doctor)
    assert Notice.objects.filter(account_id=account.pk).count() == 2
    assert len(of_resident([who])) == 2
    assert "降压药" not in str(list(Notice.objects.values_list("title", "body")))


def test_due_by_policy_and_closed_by_the_platform(at, who):
    pk = asked(who, at["east_centre"])
    assert row(pk).due_at == NOW + timedelta(hours=48)
    with clock.fixed(NOW + timedelta(days=30)):
        take_due()
        assert row(pk).state == "asked"  # unanswered, it never vanishes
        assert selectors.views([row(pk)])[0].overdue
    answered(pk, person(Role.DOCTOR, at["east_centre"]))
    with clock.fixed(NOW + timedelta(days=14) - timedelta(seconds=1)):
        take_due()
        assert row(pk).state == "answered"
    with clock.fixed(NOW + timedelta(days=14)):
        take_due()
        assert row(pk).state == "closed"


def test_handed_on_it_is_the_other_s_alone_and_the_first_deadline_stays(at, who):
    pk = asked(who, at["east_centre"])
    with clock.fixed(NOW + timedelta(hours=40)):
        take_step(
            row(pk), "hand_on", actor=person(Role.DOCTOR, at["east_centre"]), answers={"to": str(at["east_hospital"])}
        )
    case = row(pk)
    assert (case.institution_id, case.state) == (at["east_hospital"], "asked")
    assert case.first_due_at == NOW + timedelta(hours=48) < case.due_at
    with pytest.raises(NotVisible):
        selectors.at_desk(pk, actor=person(Role.DOCTOR, at["east_centre"]))
    with pytest.raises(StepRefused):
        take_step(
            case, "hand_on", actor=person(Role.DOCTOR, at["east_hospital"]), answers={"to": str(at["west_hospital"])}
        )


def test_figures_by_hand(at, who):
    doctor = person(Role.DOCTOR, at["east_centre"])
    for hours in (2, 50):
        pk = asked(who, at["east_centre"])
        with clock.fixed(NOW + timedelta(hours=hours)):
            answered(pk, doctor)
        services.take_own(pk, "close", actor=himself(who))
    waiting, withdrawn = asked(who, at["east_centre"]), asked(who, at["east_centre"])
    services.take_own(withdrawn, "withdraw", actor=himself(who))
    with clock.fixed(NOW + timedelta(hours=49)):
        [one] = api.figures(person(Role.DIRECTOR, at["east"]))
    assert waiting
    assert (one.asked, one.answered, one.in_time, one.waiting, one.overdue) == (3, 2, 1, 1, 1)
    assert one.median_hours == 26.0
    assert one.share_in_time == pytest.approx(1 / 3)
    assert api.figures(person(Role.DIRECTOR, at["west"])) == []
    with pytest.raises(Forbidden):
        api.figures(doctor)


def test_a_merged_person_keeps_both_s_questions(at, who):
    again = resident(at["east_centre"], name="王梅", born="1971-02-03", serial=8, phone="13500000000")
    asked(again, at["east_centre"])
    asked(who, at["east_centre"])
    one_person(again, who)
    from yigongti.domains.base.residents import api as residents

    standing = residents.whole(again)
    assert len(api.of_resident(standing, actor=himself(standing))) == 2


class TestPages:
    @pytest.fixture
    def desk(self, client, at):
        account = Account.objects.create(
            username="desk", name="周秀兰", home_organisation_id=at["east_centre"], must_change_password=False,
            created_at=NOW, password_changed_at=NOW,
        )  # fmt: skip
        for role in (Role.COORDINATOR,):
            Grant.objects.create(
                account=account, role=role, organisation_id=at["east_centre"], starts_on=NOW.date(), granted_at=NOW
            )
        client.force_login(account)
        return client

    def test_list_answer_and_figures(self, desk, at, who):
        pk = asked(who, at["east_centre"])
        listed = desk.get(reverse("enquiries:list")).content.decode()
        assert "王*英" in listed and "王秀英" not in listed
        page = reverse("enquiries:enquiry", args=[pk])
        assert "降压药饭前吃" in desk.get(page).content.decode()
        assert desk.post(page, {"step": "answer", "answer-answer": ""}).status_code == 422
        assert desk.post(page, {"step": "answer", "answer-answer": "饭后吃。"}).status_code == 302
        assert row(pk).state == "answered"
        assert desk.get(reverse("enquiries:figures")).status_code == 200
        looks = Line.objects.filter(resident_id=who, act="enquiries.view")
        assert looks.exists() and looks.first().actor_name == "周秀兰"

    def test_what_makes_no_sense_is_no_fault_of_ours(self, desk, at, who):
        desk.raise_request_exception = False
        pk = asked(who, at["east_centre"])
        page = reverse("enquiries:enquiry", args=[pk])
        for query in ("?state=%00", "?topic=²&page=²", "?asked_from=9999-12-31&asked_to=9999-12-31",
                      "?asked_from=0001-01-01&asked_to=0001-01-01", "?sort=%00&q=%00"):  # fmt: skip
            assert desk.get(reverse("enquiries:list") + query).status_code < 500, query
        assert desk.post(page, {"step": "answer", "answer-answer": "饭\0后吃。"}).status_code == 422
        assert desk.post(page, {"step": "hand_on", "hand_on-to": "²"}).status_code == 422
        assert desk.post(page, {"step": "\0"}).status_code < 500
        assert row(pk).state == "asked"

    def test_another_institution_s_question_does_not_exist(self, desk, at):
        led = resident(at["west_hospital"], name="李四", serial=7, phone="13700000000")
        pk = asked(led, at["west_hospital"])
        assert desk.get(reverse("enquiries:enquiry", args=[pk])).status_code == 404


def test_the_platform_may_read_all(at, who):
    asked(who, at["east_centre"])
    assert len(api.open_for(system_actor("tests"))) == 1
