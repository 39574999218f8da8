"""A booking, from the moment it holds a place. Each line is one way on: its name, from where to where, who takes it.

The desk works from its list of the day, so no step of a booking lies in anybody's inbox (``quiet``).
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from django.utils.translation import gettext_lazy as _

from yigongti.domains.care.appointments import policy
from yigongti.domains.care.appointments.permissions import BOOK, RECEIVE
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import Ask, CaseModel, Step, Workflow
from yigongti.kernel.workflow.table import Answers

if TYPE_CHECKING:
    from yigongti.domains.care.appointments.models import Appointment

CLINIC, BOOKER, RESIDENT = "institution_id", "booked_by_id", "resident_id"

LIVE = ("booked", "checked_in")
"""States in which a booking's person is expected or there."""
HOLDING = ("booked", "checked_in", "done", "no_show")
"""States in which a booking holds its place of the slot: a place that nobody used is used up."""

REASON = Ask("reason", _("原因"), required=False)


def _after_the_end(case: "Appointment") -> datetime:
    """A no-show once the slot is over and the grace time with it."""
    return case.ends_at + timedelta(minutes=policy.GRACE_MINUTES.at().value)


def _next_morning(case: "Appointment") -> datetime:
    """Nobody waits for ever because nobody pressed a button."""
    return case.ends_at + timedelta(hours=policy.CLOSING_HOURS.at().value)


def _clinic_stopped(case: "Appointment") -> datetime | None:
    """When its clinic was stopped: whoever stops it has the platform take the step for everybody booked into it."""
    return case.slot.session.stopped_at


def _booked_elsewhere(case: "Appointment") -> bool:
    return case.booked_by_id is not None and case.booked_by_id != case.institution_id


# The rooms below import the models, and the models this table: so the effects are looked up when they run.


def _give_back(case: CaseModel, actor: Actor, answers: Answers) -> None:
    from yigongti.domains.care.appointments.services import effects

    effects.give_back(cast("Appointment", case), actor, answers)


def _check_in(case: CaseModel, actor: Actor, answers: Answers) -> None:
    from yigongti.domains.care.appointments.services import effects

    effects.check_in(cast("Appointment", case), actor)


def _undo_check_in(case: CaseModel, actor: Actor, answers: Answers) -> None:
    from yigongti.domains.care.appointments.services import effects

    effects.undo_check_in(cast("Appointment", case), actor)


def _finish(case: CaseModel, actor: Actor, answers: Answers) -> None:
    from yigongti.domains.care.appointments.services import effects

    effects.finish(cast("Appointment", case), actor)


def _miss(case: CaseModel, actor: Actor, answers: Answers) -> None:
    from yigongti.domains.care.appointments.services import effects

    effects.miss(cast("Appointment", case), actor)


def _stop(case: CaseModel, actor: Actor, answers: Answers) -> None:
    from yigongti.domains.care.appointments.services import effects

    effects.stop(cast("Appointment", case), actor, answers)


# fmt: off
BOOKING = Workflow(
    name="appointments.booking",
    label=_("预约"),
    states={
        "booked": _("已预约"),
        "checked_in": _("已签到"),
        "done": _("已就诊"),
        "cancelled": _("已取消"),
        "no_show": _("爽约"),
        "stopped": _("已停诊"),
    },
    initial="booked",
    final={"done", "cancelled", "no_show", "stopped"},
    steps=[
        Step("check_in", _("签到"), ("booked",), "checked_in",
             by=RECEIVE, at=CLINIC, effect=_check_in, quiet=True),
        Step("finish", _("就诊完成"), ("checked_in",), "done",
             by=RECEIVE, at=CLINIC, effect=_finish, quiet=True),
        Step("undo_check_in", _("撤销签到"), ("checked_in",), "booked",
             by=RECEIVE, at=CLINIC, asks=(Ask("reason", _("原因")),), effect=_undo_check_in, plain=True, quiet=True),
        Step("cancel", _("取消预约"), ("booked",), "cancelled",
             by=RECEIVE, at=CLINIC, own=RESIDENT, asks=(REASON,), effect=_give_back, plain=True, quiet=True),
        Step("cancel_as_booker", _("取消预约（预约机构）"), ("booked",), "cancelled",
             by=BOOK, at=BOOKER, when=_booked_elsewhere, asks=(REASON,), effect=_give_back, plain=True, quiet=True),
        Step("stop", _("停诊"), LIVE, "stopped",
             by=None, due=_clinic_stopped, asks=(REASON,), effect=_stop, quiet=True),
        Step("no_show", _("未到（爽约）"), ("booked",), "no_show",
             by=None, due=_after_the_end, effect=_miss),
        Step("close", _("平台办结"), ("checked_in",), "done",
             by=None, due=_next_morning, effect=_finish),
    ],
)
# fmt: on
