"""What the steps of the budget do: proposing it, approving it with its rules, sending it back."""

from django.utils.translation import gettext as _

from yigongti.domains.money.insurance_fund import checks, gathering
from yigongti.domains.money.insurance_fund.models import FundYear
from yigongti.domains.money.insurance_fund.permissions import APPROVE, PREPARE
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
    _tell(case, "proposed")


def approve(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: the rules of today are those of the agreement from now on."""
    if not answers["seen"]:
        raise StepRefused(_("请先逐项看过核对结果。"))
    found = gathering.gather(case)
    refuse(checks.findings(found, clearing=False))
    case.rules = found.rules.as_json()
    _tell(case, "approved")


def return_(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: it may be changed again."""
    case.prepared_by_id = None
    _tell(case, "returned")


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
