"""What the steps of the budget do: proposing it, approving it with its rules, sending it back."""

from django.utils.translation import gettext as _

from yigongti.domains.money.insurance_fund import checks, gathering
from yigongti.domains.money.insurance_fund.models import FundYear
from yigongti.domains.money.insurance_fund.permissions import APPROVE, PREPARE
from yigongti.domains.money.insurance_fund.statement import digest
from yigongti.kernel.access.api import Actor
from yigongti.kernel.notices.api import in_the_places_language, notify
from yigongti.kernel.workflow.api import StepRefused
from yigongti.kernel.workflow.table import Answers


def propose(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: whoever proposes may not approve. A budget that can't be worked out is not proposed."""
    found = gathering.gather(case)
    if found.statement is None:
        raise StepRefused(found.why)
    case.prepared_by_id = actor.id
    case.put_forward = _digest(found)
    _tell(case, "proposed")


def approve(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: the rules of today are those of the agreement from now on."""
    if not answers["seen"]:
        raise StepRefused(_("请先逐项看过核对结果。"))
    found = gathering.gather(case)
    unchanged(case, _digest(found))
    refuse(checks.findings(found, clearing=False))
    case.rules = found.rules.as_json()
    _tell(case, "approved")


def return_(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: it may be changed again."""
    case.prepared_by_id = None
    _tell(case, "returned")


def _digest(found: gathering.Gathered) -> str:
    """What a budget follows from: claims are still coming in and are no part of it."""
    return digest(found.rules.as_json(), found.inputs.as_json())


def unchanged(case: FundYear, now: str) -> None:
    """Raises StepRefused unless what would be approved is what was put before the second person."""
    if case.put_forward != now:
        raise StepRefused(_("提交以后规则或数据已经变化，请退回，核对后重新提交。"))


def refuse(found: list[checks.Finding]) -> None:
    """Raises StepRefused that names what stands in the way."""
    if blocking := checks.blocking(found):
        words = "；".join(f"{one.title}（{'、'.join(one.rows[:3])}{'…' if one.count > 3 else ''}）" for one in blocking)
        raise StepRefused(_("还不能批准：%(why)s") % {"why": words})


@in_the_places_language()
def _tell(case: FundYear, what: str) -> None:
    title = {
        "proposed": _("%(year)s：预算等待审批"),
        "approved": _("%(year)s：预算已批准"),
        "returned": _("%(year)s：预算被退回"),
    }[what] % {"year": case.title}
    desk = (APPROVE if what == "proposed" else PREPARE, case.payer_id)
    notify(f"insurance_fund.{what}:{case.pk}:{case.entered_at:%Y%m%d%H%M%S}", title=title,
           address=case.get_absolute_url(), desk=desk)  # fmt: skip
