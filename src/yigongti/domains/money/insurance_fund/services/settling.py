"""The end of a closed year: deposits go back, a surplus is shared out, once for ever."""

from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yigongti.domains.money.insurance_fund import gathering, postings
from yigongti.domains.money.insurance_fund.models import FundYear, Paid
from yigongti.domains.money.insurance_fund.services import carrying, monthly
from yigongti.domains.money.insurance_fund.services.running import day
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import StepRefused
from yigongti.kernel.workflow.table import Answers


def settle(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: by the frozen figures and no others."""
    on = day(answers["on"])
    found = gathering.gather(case)
    assert found.statement is not None
    borne = carrying.carry_on(case, str(answers.get("carry_to") or ""), actor=actor)
    monthly.settle_rest(found, on, actor=actor)
    made = [*postings.gathered(found, on), *postings.clearing(found, on, borne)]
    vouchers = postings.post(made, actor=actor)
    for holder_id, fen in borne.items():
        _once(case, carrying.BORNE, holder_id, fen, on, [])
    for n, holder in enumerate(found.inputs.holders):
        for what, name in (("deposit", "deposit_returned"), ("surplus", "surplus_kept")):
            line = found.statement.get(name, holder.id)
            if line is not None:
                _once(case, what, holder.id, line.fen, on, vouchers if n == 0 and what == "deposit" else [])


def _once(case: FundYear, what: str, holder: int, amount: int, on: date, vouchers: list[int]) -> None:
    try:
        with transaction.atomic():
            Paid.objects.create(year=case, what=what, holder_id=holder, fen=amount, on=on, vouchers=vouchers)
    except IntegrityError:
        raise StepRefused(_("这一笔已经办理过。")) from None
