"""Which years a reader has. The year's figures are open to the payer and to all who take part in it, as a whole: it is
one agreement. The claims below a figure are not: see ``web.claims``."""

from django.db.models import Q, QuerySet

from yigongti.domains.money.insurance_fund.models import FundYear, Participant
from yigongti.domains.money.insurance_fund.permissions import VIEW
from yigongti.kernel.access.api import Actor, NotVisible


def years(actor: Actor) -> QuerySet[FundYear]:
    """Years of payers and participants where the actor may look."""
    if actor.everything:
        found: QuerySet[FundYear] = FundYear.objects.unscoped("the platform itself")
        return found
    mine = Participant.objects.visible_to(actor, VIEW).values("year_id")
    at_payer = FundYear.objects.visible_to(actor, VIEW).values("pk")
    rows: QuerySet[FundYear] = FundYear.objects.unscoped("narrowed to what the reader takes part in")
    return rows.filter(Q(pk__in=mine) | Q(pk__in=at_payer))


def year(pk: int, *, actor: Actor) -> FundYear:
    """One year. Raises NotVisible."""
    found = years(actor).select_related("payer").filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def named(place: str, number: int, fund_kind: str, *, actor: Actor) -> FundYear:
    """A year by place, number and fund. Raises NotVisible."""
    found = years(actor).filter(place=place, year=number, fund_kind=fund_kind).first()
    if found is None:
        raise NotVisible
    return found
