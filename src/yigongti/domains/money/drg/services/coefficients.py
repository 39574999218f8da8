"""Proposing the coefficients of a year, and deciding about them."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.drg.coefficients import CoefficientsRefused, Steps, mixes, steps_of, worked_out
from yigongti.domains.money.drg.models import Coefficient, CoefficientTable
from yigongti.domains.money.drg.permissions import COEFFICIENT_APPROVE, COEFFICIENT_PROPOSE
from yigongti.domains.money.drg.policy import COEFFICIENT_RULE
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Forbidden, ScopedQuerySet
from yigongti.kernel.notices.api import in_the_places_language, notify
from yigongti.kernel.policy.api import PolicyGap
from yigongti.kernel.workflow.api import StepRefused, open_case
from yigongti.kernel.workflow.table import Answers


def payer_of(actor: Actor) -> int | None:
    """The place's payer for which the actor proposes coefficients."""
    bodies = [one.id for one in organisation.organisations(settings.PLACE) if one.kind == "insurance_body"]
    return next((pk for pk in bodies if actor.may(COEFFICIENT_PROPOSE, pk)), None)


def propose(starts_on: date, *, actor: Actor) -> CoefficientTable:
    """Work out the coefficients of a year from the grouped cases of the year before and put them forward, to hold from
    ``starts_on`` to the end of its year. Raises Forbidden, CoefficientsRefused, PolicyGap."""
    payer = payer_of(actor)
    if payer is None:
        raise Forbidden(COEFFICIENT_PROPOSE)
    place, year = settings.PLACE, starts_on.year
    if COEFFICIENT_RULE.at(place=place, as_of=starts_on).value != "by_level_and_cmi":
        raise CoefficientsRefused(_("本地政策在这一天只按机构级别定系数，不能提出机构系数。"))
    if year < clock.today().year:
        raise CoefficientsRefused(_("%(year)s年已经结束，不能再改当年的机构系数。") % {"year": year})
    if year - 1 >= clock.today().year:
        raise CoefficientsRefused(_("%(year)s年还没有过完，不能据以计算。") % {"year": year - 1})
    steps = steps_of(place, starts_on)
    lines = worked_out(mixes(place, payer, year - 1, starts_on), steps, place, starts_on)
    table = CoefficientTable(
        place=place,
        payer_id=payer,
        year=year,
        starts_on=starts_on,
        since=date(year - 1, 1, 1),
        until=date(year - 1, 12, 31),
        width=steps.width,
        step=steps.step,
        most=steps.most,
        least_cases=steps.least_cases,
    )

    def keep() -> None:
        for line in lines:
            line.table = table
        Coefficient.objects.bulk_create(lines)

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"drg.coefficients.{place}"])
        rows: ScopedQuerySet = CoefficientTable.objects.unscoped("asks only whether one is waiting")
        if rows.filter(place=place, year=year, state="proposed").exists():
            raise CoefficientsRefused(_("%(year)s年已有一份机构系数待批准。") % {"year": year})
        open_case(table, actor=actor, effect=keep)
        _page(table, "proposed", _("请批准%(what)s"))
    return table


def approve(case: CoefficientTable, actor: Actor, answers: Answers) -> None:
    """The second person: months it covers are grouped anew. What would now come out otherwise is proposed anew."""
    try:
        steps = Steps(case.width, case.step, case.most, case.least_cases)
        now = worked_out(
            mixes(case.place, case.payer_id, case.year - 1, case.starts_on), steps, case.place, case.starts_on
        )
    except (CoefficientsRefused, PolicyGap) as refused:
        raise StepRefused(str(refused)) from None
    if {_figures(one) for one in now} != {_figures(one) for one in case.lines.all()}:
        raise StepRefused(_("提出之后，上年的病例或规则有变化，请不予批准，重新提出。"))
    case.approved_by_id = actor.id
    case.approved_at = clock.now()


def _figures(line: Coefficient) -> tuple[Any, ...]:
    """What a line comes to and rests on."""
    cases = (line.cases, line.weight_e4, line.level_cases, line.level_weight_e4)
    return (line.institution_id, line.level, *cases, line.level_coefficient, line.coefficient, line.few)


def reject(case: CoefficientTable, actor: Actor, answers: Answers) -> None:
    with in_the_places_language():
        notify(
            f"drg.coefficients.rejected:{case.pk}",
            title=_("不予批准：%(what)s") % {"what": case.title},
            address=case.get_absolute_url(),
            accounts=[case.opened_by_id] if case.opened_by_id else [],
        )


def _page(case: CoefficientTable, what: str, title: str) -> None:
    with in_the_places_language():
        notify(
            f"drg.coefficients.{what}:{case.pk}",
            title=title % {"what": case.title},
            address=case.get_absolute_url(),
            desk=(COEFFICIENT_APPROVE, case.payer_id),
        )
