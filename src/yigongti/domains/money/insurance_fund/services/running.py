"""What the steps of a running year do: the agreement, monthly prepayments, scores, agreed changes."""

from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from yigongti.domains.money.insurance_fund import gathering, policy, postings
from yigongti.domains.money.insurance_fund.formulas.budget import fen
from yigongti.domains.money.insurance_fund.models import MOST_FEN, Change, FundYear, Paid, Participant
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import StepRefused
from yigongti.kernel.workflow.table import Answers


def sign(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: the agreement, signed by who leads for all members; the deposit is withheld."""
    on = day(answers["agreed_on"])
    case.agreement_no, case.agreed_on = str(answers["agreement_no"])[:100].replace("\0", ""), on
    found = gathering.gather(case)
    postings.post(postings.deposits(found, on), actor=actor)


def pay_month(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: a month is paid to every holder, once."""
    month, on = int(answers["month"]), day(answers["on"])
    if month in case.paid_months:
        raise StepRefused(_("%(month)d月已经拨付。") % {"month": month})
    if on < clock.month_of(date(case.year, month, 1) - timedelta(days=1)):
        raise StepRefused(_("%(month)d月的预付金最早在上一个月拨付。") % {"month": month})
    found = gathering.gather(case)
    if found.statement is None:
        raise StepRefused(found.why)
    for holder in found.inputs.holders:
        amount = found.statement.fen("prepayment", holder.id, month)
        posted = postings.prepayment(found, holder, month, amount, on)
        vouchers = postings.post(posted, actor=actor)
        Paid.objects.create(
            year=case, what="prepayment", holder_id=holder.id, nth=month, fen=amount, on=on, vouchers=vouchers
        )
        if found.rules.option(policy.PAYEE) == "each_member":
            Paid.objects.bulk_create(
                Paid(year=case, what=f"{postings.PREPAID}:{holder.id}", holder_id=one.organisation_id, nth=month,
                     fen=one.amounts["prepayment"], on=on)
                for one in posted
            )  # fmt: skip
    case.paid_months = sorted([*case.paid_months, month])


def assess(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: a quarter's score. It may hold back what the next quarter would get; months that are paid stay paid."""
    case.lend_hand(actor)
    holder, quarter = holder_of(case, answers["holder"]), int(answers["quarter"])
    if any(month in case.paid_months for month in range(quarter * 3 + 1, quarter * 3 + 4)):
        raise StepRefused(_("下一季度已经开始拨付，不能再改这个季度的得分。"))
    holder.quarters.update_or_create(number=quarter, defaults={"score": points(answers["score"])})


def score(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: the year's score, and the part of an overspend found reasonable."""
    case.lend_hand(actor)
    holder = holder_of(case, answers["holder"])
    holder.score = points(answers["score"])
    if answers["reasonable_yuan"] is not None:
        holder.reasonable_fen = amount(answers["reasonable_yuan"])
        if holder.reasonable_fen < 0:
            raise StepRefused(_("金额不对。"))
    holder.save(update_fields=["score", "reasonable_fen"])


def adjust(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: an agreed change of a holder's amount."""
    case.lend_hand(actor)
    Change.objects.create(
        holder=holder_of(case, answers["holder"]),
        fen=amount(answers["yuan"]),
        reason=str(answers["reason"])[:500].replace("\0", ""),
        source="manual",
        made_at=clock.now(),
        made_by_id=actor.id,
    )


def holder_of(case: FundYear, organisation_id: object) -> Participant:
    found = next((row for row in case.holders() if str(row.organisation_id) == str(organisation_id)), None)
    if found is None:
        raise StepRefused(_("没有这个预算单位。"))
    return found


def day(answer: object) -> date:
    """An answered day within reason. Raises StepRefused."""
    found = date.fromisoformat(str(answer))
    if not date(2020, 1, 1) <= found <= date(clock.today().year + 1, 12, 31):
        raise StepRefused(_("日期不对。"))
    return found


def points(answer: object) -> Decimal:
    """An answered score, 0 to 100. Raises StepRefused."""
    found = Decimal(str(answer))
    if not 0 <= found <= 100 or found != round(found, 2):
        raise StepRefused(_("得分须在 0 到 100 之间，最多两位小数。"))
    return found


def amount(answer: object) -> int:
    """Answered yuan as fen. Raises StepRefused."""
    yuan = Decimal(str(answer))
    if abs(yuan) * 100 > MOST_FEN or yuan != round(yuan, 2):
        raise StepRefused(_("金额不对。"))
    return fen(yuan * 100)
