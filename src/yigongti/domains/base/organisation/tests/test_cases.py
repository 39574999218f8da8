"""Joining and leaving: who may take which step in which state, written out by hand, and what the steps do."""

from datetime import date, datetime

import pytest
from tests.support.people import person

from yigongti.domains.base.organisation import selectors
from yigongti.domains.base.organisation.models import Joining, Membership
from yigongti.domains.base.organisation.selectors import under
from yigongti.domains.base.organisation.services import tree
from yigongti.domains.base.organisation.services.cases import start_joining, start_leaving
from yigongti.domains.base.organisation.services.tree import OrganisationRefused
from yigongti.domains.base.organisation.tests.factories import SET_UP, county_with_two_areas, organisation
from yigongti.domains.base.organisation.workflow import JOINING, LEAVING
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden, NotVisible
from yigongti.kernel.audit.models import Line
from yigongti.kernel.workflow.api import StepRefused, history, inbox, open_steps, take_step

pytestmark = pytest.mark.django_db

TODAY = datetime(2026, 3, 2, 9, 0, tzinfo=clock.ZONE)
NOTHING: dict[str, str] = {}

ANSWERS = {
    "agree_intention": {"remark": "欢迎"},
    "decline_intention": {"reason": "床位不足"},
    "approve_locally": {"paper": "昆政复〔2026〕1号", "decided_on": "2026-03-02"},
    "refuse_locally": {"reason": "另有规划"},
    "approve": {"remark": "", "settled": "yes"},
    "refuse": {"reason": "材料不全"},
    "pass_meeting": {"meeting": "第3次会议", "held_on": "2026-03-02"},
    "fail_meeting": {"meeting": "第3次会议", "held_on": "2026-03-02", "reason": "缓议"},
    "sign": {"agreement_number": "协〔2026〕8号", "effective_on": "2026-04-01"},
    "countersign": {},
    "decline_signing": {"reason": "条款未谈妥"},
    "withdraw": {"reason": "不再申请"},
}

# who (role @ organisation) -> state -> the steps open to them. What is not written is refused.
JOINING_TABLE = {
    "director@outsider": {
        "intention": {"withdraw"},
        "local_approval": {"withdraw"},
        "guidance_approval": {"withdraw"},
        "meeting": {"withdraw"},
        "signing": {"sign", "withdraw"},
        "countersigning": {"withdraw"},
    },
    "director@west_hospital": {
        "intention": {"agree_intention", "decline_intention"},
        "countersigning": {"countersign", "decline_signing"},
    },
    "director@town": {"local_approval": {"approve_locally", "refuse_locally"}},
    "guidance_officer@centre": {"guidance_approval": {"approve", "refuse"}},
    "guidance_officer@working_group": {"meeting": {"pass_meeting", "fail_meeting"}},
    # the county's officer speaks for all three bodies of the county, and for neither hospital
    "guidance_officer@county": {
        "local_approval": {"approve_locally", "refuse_locally"},
        "guidance_approval": {"approve", "refuse"},
        "meeting": {"pass_meeting", "fail_meeting"},
    },
    "director@east_hospital": NOTHING,  # another area's lead
    "director@centre": NOTHING,
    "doctor@outsider": NOTHING,
    "doctor@west_hospital": NOTHING,
    "finance_officer@west_hospital": NOTHING,
    "guidance_officer@west_hospital": NOTHING,
    "guidance_officer@outsider": NOTHING,
    "system_admin@county": NOTHING,
    "security_admin@county": NOTHING,
    "auditor@county": NOTHING,
}

LEAVING_TABLE = {
    "director@east_centre": {
        "intention": {"withdraw"},
        "local_approval": {"withdraw"},
        "guidance_approval": {"withdraw"},
        "meeting": {"withdraw"},
        "signing": {"sign", "withdraw"},
        "countersigning": {"withdraw"},
    },
    "director@east_hospital": {
        "intention": {"agree_intention", "decline_intention"},
        "countersigning": {"countersign", "decline_signing"},
    },
    "director@town": NOTHING,  # the county is the local authority of this case
    "guidance_officer@centre": {"guidance_approval": {"approve", "refuse"}},
    "guidance_officer@working_group": {"meeting": {"pass_meeting", "fail_meeting"}},
    "guidance_officer@county": {
        "local_approval": {"approve_locally", "refuse_locally"},
        "guidance_approval": {"approve", "refuse"},
        "meeting": {"pass_meeting", "fail_meeting"},
    },
    "director@west_hospital": NOTHING,
    "doctor@east_centre": NOTHING,
    "guidance_officer@east": NOTHING,
    "system_admin@county": NOTHING,
    "auditor@county": NOTHING,
}

WAY = ["agree_intention", "approve_locally", "approve", "pass_meeting", "sign", "countersign"]
STATES = ["intention", "local_approval", "guidance_approval", "meeting", "signing", "countersigning"]


@pytest.fixture
def made():
    with clock.fixed(TODAY):
        yield county_with_two_areas()


def actor(made, who, id=None):
    role, key = who.split("@")
    return person(role, made[key].pk, id=id or 1000 + sum(map(ord, who)), name=who)


def joining(made):
    return start_joining(
        actor=actor(made, "director@outsider"),
        applicant_id=made["outsider"].pk,
        group_id=made["west"].pk,
        lead_hospital_id=made["west_hospital"].pk,
        local_authority_id=made["town"].pk,
        reason="共享专家和检验中心",
    )


def leaving(made):
    return start_leaving(
        actor=actor(made, "director@east_centre"), applicant_id=made["east_centre"].pk, reason="区划调整"
    )


def rightful(table, state, step):
    return next(who for who, rows in table.items() if step in rows.get(state, ()))


def walk(case, made, table, steps):
    for step in steps:
        case = take_step(case, step, actor=actor(made, rightful(table, case.state, step)), answers=ANSWERS[step])
    return case


@pytest.mark.parametrize(("start", "table"), [(joining, JOINING_TABLE), (leaving, LEAVING_TABLE)])
def test_who_may_do_what_when(made, start, table):
    case = start(made)
    for step in [*WAY, None]:
        state = case.state
        for who, rows in table.items():
            assert {s.name for s in open_steps(case, actor(made, who))} == set(rows.get(state, ())), (state, who)
            here = {s.name for s in case.workflow.steps_from(state)}
            for forbidden in here - set(rows.get(state, ())):
                with pytest.raises(StepRefused):
                    take_step(case, forbidden, actor=actor(made, who), answers=ANSWERS[forbidden])
        case.refresh_from_db()
        assert case.state == state
        if step:
            case = walk(case, made, table, [step])
    assert case.state in ("joined", "left") and not case.is_open


def test_the_tables_name_every_step():
    for workflow, table in ((JOINING, JOINING_TABLE), (LEAVING, LEAVING_TABLE)):
        named = {step for rows in table.values() for steps in rows.values() for step in steps}
        assert named == {step.name for step in workflow.steps} == set(ANSWERS)


def test_joined_from_the_agreements_date(made):
    case = walk(joining(made), made, JOINING_TABLE, WAY)
    outsider, west = made["outsider"].pk, made["west"].pk
    assert case.state == "joined" and case.effective_on == date(2026, 4, 1)
    assert outsider not in under(west, date(2026, 3, 31)) and outsider in under(west, date(2026, 4, 1))
    assert outsider in under(made["county"].pk, date(2026, 3, 31))
    newest = Membership.objects.filter(organisation_id=outsider).latest("starts_on")
    assert newest.reason == "协议协〔2026〕8号"
    assert newest.events.last().pgh_context.metadata["act"] == "organisation.joining.countersign"
    assert [line.label for line in history(case)] == [
        "加入医共体", "同意合作意向", "属地党委政府批准", "指导中心批准", "会议审议通过",
        "签署加入协议", "牵头医院签署加入协议",
    ]  # fmt: skip


def test_left_from_the_agreements_date_with_all_below(made):
    walk(leaving(made), made, LEAVING_TABLE, WAY)
    centre, clinic = made["east_centre"].pk, made["east_clinic"].pk
    consortium, county = made["consortium"].pk, made["county"].pk
    assert {centre, clinic} <= under(consortium, date(2026, 3, 31))
    assert not {centre, clinic} & under(consortium, date(2026, 4, 1))
    assert {centre, clinic} <= under(county, date(2026, 4, 1))


@pytest.mark.parametrize(
    ("steps", "refusal"),
    [
        ([], "decline_intention"),
        (WAY[:1], "refuse_locally"),
        (WAY[:2], "refuse"),
        (WAY[:3], "fail_meeting"),
        (WAY[:5], "decline_signing"),
    ],
)
def test_refused_at_each_step_with_a_reason(made, steps, refusal):
    case = walk(joining(made), made, JOINING_TABLE, steps)
    who = actor(made, rightful(JOINING_TABLE, case.state, refusal))
    with pytest.raises(StepRefused, match="理由"):
        take_step(case, refusal, actor=who, answers={k: v for k, v in ANSWERS[refusal].items() if k != "reason"})
    case = take_step(case, refusal, actor=who, answers=ANSWERS[refusal])
    assert case.state == "refused"
    assert ("理由", ANSWERS[refusal]["reason"]) in history(case)[-1].answers
    assert made["outsider"].pk not in under(made["west"].pk, date(2027, 1, 1))
    joining(made)  # and may be tried again


@pytest.mark.parametrize("state", STATES)
def test_withdrawn_from_any_open_state(made, state):
    case = walk(joining(made), made, JOINING_TABLE, WAY[: STATES.index(state)])
    case = take_step(case, "withdraw", actor=actor(made, "director@outsider"), answers={"reason": "不再申请"})
    assert case.state == "withdrawn"


def test_one_person_may_not_act_for_both_sides(made):
    both = person("director", made["county"].pk, id=7)
    case = start_joining(
        actor=both,
        applicant_id=made["outsider"].pk,
        group_id=made["west"].pk,
        lead_hospital_id=made["west_hospital"].pk,
        reason="加入",
    )
    with pytest.raises(StepRefused, match="代表申请单位"):
        take_step(case, "agree_intention", actor=both)
    case = walk(case, made, {**JOINING_TABLE, "guidance_officer@county": JOINING_TABLE["guidance_officer@county"],
                             "director@town": NOTHING}, WAY[:4])  # fmt: skip
    other = person("director", made["outsider"].pk, id=8)
    case = take_step(case, "sign", actor=other, answers=ANSWERS["sign"])
    for one in (both, person("director", made["county"].pk, id=8)):
        with pytest.raises(StepRefused, match="代表申请单位"):
            take_step(case, "countersign", actor=one)
    refused = Line.objects.filter(outcome="refused").values_list("act", flat=True)
    assert list(refused).count("organisation.joining.countersign") == 2


def test_the_agreement_may_not_begin_before_the_application(made):
    case = walk(joining(made), made, JOINING_TABLE, WAY[:4])
    with pytest.raises(StepRefused, match="生效日期"):
        take_step(
            case, "sign", actor=actor(made, "director@outsider"),
            answers={"agreement_number": "1", "effective_on": "2026-03-01"},
        )  # fmt: skip


def test_not_joined_twice_when_somebody_moved_it_meanwhile(made):
    case = walk(joining(made), made, JOINING_TABLE, WAY[:5])
    with tree.writing(SET_UP, "tests"):
        tree.put_under(made["outsider"].pk, made["west"].pk, on=date(2026, 3, 5))
    with pytest.raises(StepRefused):
        take_step(case, "countersign", actor=actor(made, "director@west_hospital"))
    case.refresh_from_db()
    assert case.state == "countersigning"


def join(made, who="director@outsider", applicant="outsider", group="west", lead="west_hospital", reason="好"):
    return start_joining(
        actor=actor(made, who),
        applicant_id=made[applicant].pk,
        group_id=made[group].pk,
        lead_hospital_id=made[lead].pk,
        reason=reason,
    )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"group": "consortium"}, "管理片区"),  # it has areas: choose one
        ({"group": "county"}, "医共体"),
        ({"lead": "east_hospital"}, "牵头医院"),
        ({"reason": "  "}, "理由"),
        ({"who": "director@east_centre", "applicant": "east_centre", "group": "east", "lead": "east_hospital"}, "成员"),
        ({"who": "director@centre", "applicant": "centre"}, "医疗卫生机构"),
        ({"who": "director@east_ward", "applicant": "east_ward"}, "医疗卫生机构"),
    ],
)
def test_not_started(made, wrong, sentence):
    with pytest.raises(OrganisationRefused, match=sentence):
        join(made, **wrong)
    assert not Joining.objects.unscoped("test").exists()


@pytest.mark.parametrize("who", ["doctor@outsider", "director@west_hospital", "guidance_officer@county"])
def test_only_its_own_director_applies(made, who):
    with pytest.raises(Forbidden):
        join(made, who)


def test_one_open_application_at_a_time(made):
    join(made)
    with pytest.raises(OrganisationRefused, match="正在办理"):
        join(made, group="east", lead="east_hospital")


def test_a_member_may_change_its_area_but_not_its_consortium(made):
    case = join(made, "director@east_centre", "east_centre")
    assert case.group_id == made["west"].pk
    made["other"] = organisation("consortium", "other", made["county"])
    made["other_hospital"] = organisation("lead_hospital", "other_hospital", made["other"])
    with tree.writing(SET_UP, "tests"):
        tree.set_leads(made["other"].pk, [made["other_hospital"].pk], on=tree.BEFORE_RECORDS)
    with pytest.raises(OrganisationRefused, match="先办理退出"):
        join(made, "director@east_centre", "east_centre", "other", "other_hospital")
    join(made, "director@outsider", "outsider", "other", "other_hospital")  # no areas: the consortium itself


@pytest.mark.parametrize(("key", "sentence"), [("outsider", "不是成员"), ("east_hospital", "牵头")])
def test_not_left(made, key, sentence):
    with pytest.raises(OrganisationRefused, match=sentence):
        start_leaving(actor=actor(made, f"director@{key}"), applicant_id=made[key].pk, reason="退出")


@pytest.mark.parametrize(
    ("who", "visible"),
    [
        ("director@outsider", True),
        ("director@west_hospital", True),
        ("director@town", True),
        ("guidance_officer@centre", True),
        ("guidance_officer@county", True),
        ("director@east_hospital", False),
        ("director@east", False),
        ("guidance_officer@east", False),
        ("doctor@outsider", False),
        ("system_admin@county", False),
        ("auditor@county", False),
    ],
)
def test_visible_to_its_sides_only(made, who, visible):
    case = joining(made)
    reader = actor(made, who)
    assert selectors.joinings(reader).exists() is visible
    if visible:
        assert selectors.joining(reader, case.pk).title == "outsider申请加入west"
    else:
        with pytest.raises(NotVisible):
            selectors.joining(reader, case.pk)


def test_it_waits_in_the_inbox_of_whoever_is_next(made):
    case = joining(made)
    assert [item.case_id for item in inbox(actor(made, "director@west_hospital"))] == [case.pk]
    assert inbox(actor(made, "director@east_hospital")) == []
    walk(case, made, JOINING_TABLE, WAY[:1])
    assert inbox(actor(made, "director@west_hospital")) == []
    assert [item.case_id for item in inbox(actor(made, "director@town"))] == [case.pk]
