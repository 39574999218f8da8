"""Following somebody up: asked for, then done; one that is late is told to whoever asked, and stays to be done.

国家基本公共卫生服务规范（第三版）：紧急转诊者，乡镇卫生院、村卫生室应在2周内主动随访转诊情况。
"""

from datetime import datetime
from typing import TYPE_CHECKING, cast

from django.utils.translation import gettext_lazy as _

from yigongti.domains.care.follow_up.formulas import end_of
from yigongti.domains.care.follow_up.permissions import FOLLOW_UP
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import Ask, CaseModel, Step, Workflow
from yigongti.kernel.workflow.table import Answers

if TYPE_CHECKING:
    from yigongti.domains.care.follow_up.models import FollowUp

AT = "institution_id"
NOTE = Ask("note", _("说明"), hint=_("何时、怎样联系的"))
DONE_ON = Ask("done_on", _("随访日期"), kind="date", required=False)
WHY_NOT = Ask(
    "why",
    _("原因"),
    kind="choice",
    choices=(
        ("died", _("居民已去世")),
        ("moved", _("已迁出本地")),
        ("refused", _("本人拒绝随访")),
        ("elsewhere", _("由其他机构随访")),
        ("mistake", _("登记有误")),
    ),
)


def _due(case: "FollowUp") -> datetime:
    return end_of(case.due_on)


def _note_attempt(case: CaseModel, actor: Actor, answers: Answers) -> None:
    cast("FollowUp", case).attempts += 1


def _note_done(case: CaseModel, actor: Actor, answers: Answers) -> None:
    from yigongti.domains.care.follow_up.services import keeping

    keeping.note_done(cast("FollowUp", case), actor, answers)


def _note_dropped(case: CaseModel, actor: Actor, answers: Answers) -> None:
    from yigongti.domains.care.follow_up.services import keeping

    keeping.note_dropped(cast("FollowUp", case), actor, answers)


def _tell_late(case: CaseModel, actor: Actor, answers: Answers) -> None:
    from yigongti.domains.care.follow_up.services import keeping

    keeping.tell_late(cast("FollowUp", case))


WAITING = ("open", "late")

# fmt: off
FOLLOW_UP_CASE = Workflow(
    name="follow_up.follow_up",
    label=_("随访"),
    states={"open": _("待随访"), "late": _("已逾期，待随访"), "done": _("已随访"), "dropped": _("不再随访")},
    initial="open",
    final={"done", "dropped"},
    steps=[
        Step("done", _("完成随访"), WAITING, "done", by=FOLLOW_UP, at=AT, due=_due, asks=(NOTE, DONE_ON),
             effect=_note_done),
        Step("not_reached", _("没有联系上"), ("open",), "open", by=FOLLOW_UP, at=AT, asks=(NOTE,),
             effect=_note_attempt, plain=True),
        Step("still_not_reached", _("仍没有联系上"), ("late",), "late", by=FOLLOW_UP, at=AT, asks=(NOTE,),
             effect=_note_attempt, plain=True),
        Step("drop", _("不再随访"), WAITING, "dropped", by=FOLLOW_UP, at=AT,
             asks=(WHY_NOT, Ask("note", _("说明"), required=False)), effect=_note_dropped, plain=True),
        Step("late", _("逾期"), ("open",), "late", by=None, due=_due, effect=_tell_late),
    ],
)
# fmt: on
