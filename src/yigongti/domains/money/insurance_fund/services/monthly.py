"""A month's settlement (月结): what each member earned from the fund is booked, and set off against the prepayment.

What is booked is always all that was earned up to the month's end less what was booked before, so a claim that comes,
changes or is taken back later goes into the next month. An amount that would be below zero waits for one that is not.
"""

from collections import Counter
from datetime import date

from django.utils.translation import gettext as _

from yigongti.domains.money.books.api import Posting
from yigongti.domains.money.insurance_fund import gathering, policy, postings
from yigongti.domains.money.insurance_fund.claims import DATASET, Reading
from yigongti.domains.money.insurance_fund.gathering import Gathered
from yigongti.domains.money.insurance_fund.models import FundYear, Paid
from yigongti.domains.money.insurance_fund.services.running import day
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.lake.api import Snapshot, engine, kept
from yigongti.kernel.notices.api import in_the_places_language
from yigongti.kernel.workflow.api import StepRefused
from yigongti.kernel.workflow.table import Answers

SETTLED, OUT, STAYS, OWN, OTHERS = "settled", "out", "stays", "own", "others"
"""What a settlement of a month stores: that it was done, and by holder and book what was booked under each head."""

REST = 13  # what was left when the year was closed

Key = tuple[int, int, str]  # holder, the organisation whose book it is, head


def settle_month(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: the next month, over and published, is settled once."""
    month, on = case.next_to_settle, day(answers["on"])
    if month is None:
        raise StepRefused(_("全年十二个月都已结算。"))
    found = gathering.gather(case)
    if found.sums is None or found.scope is None or found.snapshot is None:
        raise StepRefused(found.why or _("这一年还没有结算数据。"))
    first = date(case.year, month, 1)
    if first not in found.sums.months or clock.next_month(first) > clock.today():
        raise StepRefused(_("%(month)d月的结算数据还没有到齐。") % {"month": month})
    _book(found, found.snapshot, month, on, actor)


def settle_rest(found: Gathered, on: date, *, actor: Actor) -> None:
    """With a closed year, whatever of the claims it kept is not booked yet, so that the books hold what it says."""
    files = kept(found.year.closing.kept_name)
    assert files is not None
    _book(found, files.snapshot(DATASET), REST, on, actor)


def _book(found: Gathered, snapshot: Snapshot, month: int, on: date, actor: Actor) -> None:
    due = _due(found, snapshot, date(found.year.year, min(month, 12), 1))
    vouchers = postings.post(_postings(found, due, month, on), actor=actor)
    earned = sum(fen for (_holder, _keeper, head), fen in due.items() if head in (OUT, STAYS))
    done = Paid(
        year=found.year, what=SETTLED, holder_id=found.year.payer_id, nth=month, fen=earned, on=on, vouchers=vouchers
    )
    heads = [
        Paid(year=found.year, what=f"{head}:{holder}", holder_id=keeper, nth=month, fen=fen, on=on)
        for (holder, keeper, head), fen in due.items()
    ]
    Paid.objects.bulk_create([done, *heads])


def _due(found: Gathered, snapshot: Snapshot, first: date) -> Counter[Key]:
    """What is to be booked this month, above zero, by holder, book and head."""
    assert found.scope is not None
    with engine() as backend:
        earned = Reading(backend, snapshot, found.scope).earned()
    due: Counter[Key] = Counter()
    for one in earned:
        if one.month <= first:
            keeper = postings.keeper_of(one.institution)
            due[one.holder, keeper, STAYS if one.stay else OUT] += one.fund_fen
            due[one.holder, keeper, OWN if one.own else OTHERS] += one.fund_fen
    for row in Paid.objects.filter(year=found.year, what__contains=":"):
        head, holder = row.what.split(":")
        due[int(holder), row.holder_id, head] -= row.fen
    return Counter({key: fen for key, fen in due.items() if fen > 0})


@in_the_places_language()
def _postings(found: Gathered, due: Counter[Key], month: int, on: date) -> list[Posting]:
    leads = {holder.id: postings.lead_of(holder) for holder in found.inputs.holders}
    each_member = found.rules.option(policy.PAYEE) == "each_member"
    what = _("年终补记医保结算") if month == REST else _("%(month)d月医保结算") % {"month": month}
    words = f"{found.year.title} {what}"
    made = []
    for holder, keeper in sorted({(holder, keeper) for holder, keeper, _head in due}):
        out, stays, own, others = (due[holder, keeper, head] for head in (OUT, STAYS, OWN, OTHERS))
        lead = leads[holder]
        if out or stays:
            made.append(_posting(found, "claims_receivable", keeper, on, {"outpatient": out, "inpatient": stays},
                                 ("earned", month, holder, keeper), words))  # fmt: skip
        if keeper == lead or each_member:
            if own:
                made.append(_posting(found, "fund_settled_month", keeper, on, {"from_prepayment": own},
                                     ("settled", month, holder, keeper), words))  # fmt: skip
        elif own or others:
            made.append(_posting(found, "fund_settled_month_owed_by_lead", keeper, on,
                                 {"from_prepayment": own, "from_others": others}, ("settled", month, holder, keeper),
                                 words, other=lead))  # fmt: skip
    return made


def _posting(found: Gathered, template: str, keeper: int, on: date, amounts: dict[str, int], cause: tuple[object, ...],
             words: str, *, other: int | None = None) -> Posting:  # fmt: skip
    return Posting(
        template, keeper, on, amounts, postings.source(found.year, *cause), words, counterparty_id=other,
        both_sides=other is not None, address=found.year.get_absolute_url(),
        prepared_by_id=found.year.prepared_by_id,
    )  # fmt: skip
