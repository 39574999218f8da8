"""A month's settlement (月结): what each member earned from the fund is booked, and set off against the prepayment.

What is booked is always all that was earned up to the month's end less what was booked before, so a claim that comes,
changes or is taken back later goes into the next month; what the year took as corrections of earlier ones, and of
confirmed findings, is earned in the month that follows. An amount that would be below zero waits for one that is not;
what still waits when the year is closed is booked the other way round.
"""

from collections import Counter
from datetime import date

from django.db.models import Sum
from django.utils.translation import gettext as _

from yigongti.domains.money.books.api import Posting
from yigongti.domains.money.insurance_fund import gathering, policy, postings
from yigongti.domains.money.insurance_fund.claims import DATASET, Earned, Reading
from yigongti.domains.money.insurance_fund.gathering import Gathered
from yigongti.domains.money.insurance_fund.models import Correction, FundYear, Paid
from yigongti.domains.money.insurance_fund.services.running import day
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.lake.api import Snapshot, engine, kept
from yigongti.kernel.notices.api import in_the_places_language
from yigongti.kernel.workflow.api import StepRefused
from yigongti.kernel.workflow.table import Answers

SETTLED, OUT, STAYS, OWN, OTHERS = "settled", "out", "stays", postings.OWN, "others"
HEADS = (OUT, STAYS, OWN, OTHERS)
"""What a settlement of a month stores: that it was done, and by holder and book what was booked under each head."""

REST = 13  # what was left when the year was closed

TO_EARN = ("claims_receivable", "fund_settled_month", "fund_settled_month_owed_by_lead")
TO_TAKE_BACK = ("claims_taken_back", "fund_settled_month_taken_back", "fund_settled_month_back_to_lead")

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
    due = _due(found, snapshot, month)
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


def _due(found: Gathered, snapshot: Snapshot, month: int) -> Counter[Key]:
    """What is to be booked, by holder, book and head: above zero in a month, either way when the year is closed."""
    assert found.scope is not None
    with engine() as backend:
        earned = Reading(backend, snapshot, found.scope).earned()
    first = date(found.year.year, min(month, 12), 1)
    due: Counter[Key] = Counter()
    for one in (*(one for one in earned if one.month <= first), *_corrected(found)):
        keeper = postings.keeper_of(one.institution)
        due[one.holder, keeper, STAYS if one.stay else OUT] += one.fund_fen
        due[one.holder, keeper, OWN if one.own else OTHERS] += one.fund_fen
    for row in Paid.objects.filter(year=found.year, what__contains=":"):
        head, holder = row.what.split(":")
        if head in HEADS:
            due[int(holder), row.holder_id, head] -= row.fen
    return Counter({key: fen for key, fen in due.items() if fen > 0 or (fen and month == REST)})


def _corrected(found: Gathered) -> list[Earned]:
    """What care at the holders' institutions earned, or lost, by corrections this year took."""
    rows = (
        Correction.objects.filter(into=found.year, treated_id__isnull=False, institution_id__isnull=False)
        .values_list("home_id", "treated_id", "institution_id", "stay")
        .annotate(fen=Sum("fund_fen"))
        .order_by("home_id", "treated_id", "institution_id", "stay")
    )
    january = date(found.year.year, 1, 1)
    return [
        Earned(treated, institution, january, stay, home == treated, fen)
        for home, treated, institution, stay, fen in rows
    ]


@in_the_places_language()
def _postings(found: Gathered, due: Counter[Key], month: int, on: date) -> list[Posting]:
    what = _("年终补记医保结算") if month == REST else _("%(month)d月医保结算") % {"month": month}
    words = f"{found.year.title} {what}"
    above = Counter({key: fen for key, fen in due.items() if fen > 0})
    below = Counter({key: -fen for key, fen in due.items() if fen < 0})
    return [
        *_each(found, above, TO_EARN, ("", month), on, words),
        *_each(found, below, TO_TAKE_BACK, ("back", month), on, words),
    ]


def _each(
    found: Gathered, due: Counter[Key], templates: tuple[str, str, str], cause: tuple[str, int], on: date, words: str
) -> list[Posting]:
    """Amounts above zero by these templates: earned, set off by whoever has the prepayment, and through the lead."""
    leads = {holder.id: postings.lead_of(holder) for holder in found.inputs.holders}
    each_member = found.rules.option(policy.PAYEE) == "each_member"
    earned, set_off, through_lead = templates
    prefix, month = cause
    made = []
    for holder, keeper in sorted({(holder, keeper) for holder, keeper, _head in due}):
        out, stays, own, others = (due[holder, keeper, head] for head in HEADS)
        lead = leads[holder]
        if out or stays:
            made.append(_posting(found, earned, keeper, on, {"outpatient": out, "inpatient": stays},
                                 (f"earned{prefix}", month, holder, keeper), words))  # fmt: skip
        if own and (keeper == lead or each_member):
            made.append(_posting(found, set_off, keeper, on, {"from_prepayment": own},
                                 (f"settled{prefix}", month, holder, keeper), words))  # fmt: skip
            own = 0
        if keeper != lead and (own or others):  # what other holders' insured cost is cleared in the lead's book
            made.append(_posting(found, through_lead, keeper, on, {"from_prepayment": own, "from_others": others},
                                 (f"passed{prefix}" if each_member else f"settled{prefix}", month, holder, keeper),
                                 words, other=lead))  # fmt: skip
    return made


def _posting(found: Gathered, template: str, keeper: int, on: date, amounts: dict[str, int], cause: tuple[object, ...],
             words: str, *, other: int | None = None) -> Posting:  # fmt: skip
    return Posting(
        template, keeper, on, amounts, postings.source(found.year, *cause), words, counterparty_id=other,
        both_sides=other is not None, address=found.year.get_absolute_url(),
        prepared_by_id=found.year.prepared_by_id,
    )  # fmt: skip
