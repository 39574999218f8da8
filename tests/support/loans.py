"""A made-up case for the tests: a borrowed thing goes from one side to the other and back."""

from datetime import timedelta

from django.db import models

from yigongti.kernel.access.api import Role, declare, system_actor
from yigongti.kernel.workflow.api import Ask, CaseModel, Step, StepRefused, Workflow, open_case

LEND = declare("test.lend", "借出", to={Role.DOCTOR})
OWNER, BORROWER, STRANGER = 1, 2, 3
FORBIDDEN_THING = "bomb"


def _check_thing(case, actor, answers):
    case.notes += "lent;"
    if case.thing == FORBIDDEN_THING:
        raise StepRefused("不能借出")


LOAN = Workflow(
    name="test.loan",
    label="借用",
    states={"asked": "已申请", "lent": "已借出", "declined": "已谢绝", "returned": "已归还"},
    initial="asked",
    final={"declined", "returned"},
    steps=[
        Step(
            "lend",
            "借出",
            ("asked",),
            "lent",
            by=LEND,
            at="owner_id",
            within=timedelta(days=2),
            effect=_check_thing,
        ),
        Step(
            "decline",
            "谢绝",
            ("asked",),
            "declined",
            by=LEND,
            at="owner_id",
            within=timedelta(days=5),
            asks=(Ask("reason", "理由", kind="choice", choices=(("busy", "在用"), ("lost", "丢了"))),),
        ),
        Step(
            "return",
            "归还",
            ("lent",),
            "returned",
            by=LEND,
            at="borrower_id",
            asks=(Ask("on", "日期", kind="date"),),
        ),
    ],
)


class Loan(CaseModel):
    workflow = LOAN
    scope_field = ("owner_id", "borrower_id")

    thing = models.CharField(max_length=20)
    notes = models.CharField(max_length=50, default="")
    owner_id = models.BigIntegerField()
    borrower_id = models.BigIntegerField()

    class Meta(CaseModel.Meta):
        app_label = "workflow_tests"

    @property
    def title(self):
        return self.thing

    def get_absolute_url(self):
        return f"/loans/{self.pk}/"


def opened(owner_id: int, borrower_id: int) -> Loan:
    """A loan that has been asked for."""
    return open_case(Loan(thing="chair", owner_id=owner_id, borrower_id=borrower_id), actor=system_actor("test"))


RUN = declare("test.run", "跑腿", to={Role.DOCTOR})

ERRAND = Workflow(
    name="test.errand",
    label="跑腿",
    states={"asked": "已提出", "done": "已办", "forgotten": "已过期", "dropped": "不办了"},
    initial="asked",
    final={"done", "dropped"},
    steps=[
        Step(
            "do",
            "办理",
            ("asked", "forgotten"),
            "done",
            by=RUN,
            at="runner_id",
            asks=(
                Ask("shop", "商店", kind="choice", choices=lambda errand: (("1", f"{errand.thing}店"), ("2", "集市"))),
                Ask("price", "价钱", kind="number", required=False),
            ),
        ),
        Step("drop", "不办", ("asked",), "dropped", by=RUN, at="runner_id", own="resident_id"),
        Step(
            "check",
            "核对",
            ("asked",),
            "asked",
            by=RUN,
            at="runner_id",
            when=lambda errand: errand.wanted_for_id is not None,
            apart_from=("opened_by_id", "wanted_for_id"),
        ),
        Step("hurry", "催办", ("asked",), "asked", by=RUN, at="runner_id", when=lambda errand: errand.thing == "药"),
        Step("forget", "过期", ("asked",), "forgotten", by=None, due=lambda errand: errand.wanted_by),
    ],
)


class Errand(CaseModel):
    """A case with a deadline the platform keeps, steps for some cases only, and one its resident may take."""

    workflow = ERRAND
    scope_field = "runner_id"

    thing = models.CharField(max_length=20)
    runner_id = models.BigIntegerField()
    resident_id = models.BigIntegerField()
    wanted_by = models.DateTimeField(null=True)
    wanted_for_id = models.BigIntegerField(null=True)

    class Meta(CaseModel.Meta):
        app_label = "workflow_tests"

    @property
    def title(self):
        return self.thing

    def get_absolute_url(self):
        return f"/errands/{self.pk}/"
