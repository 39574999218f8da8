"""Preparing an adjustment, and what its steps do."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.prices import selectors
from yigongti.domains.money.prices.formulas import Effect, Quantity
from yigongti.domains.money.prices.models import Adjustment, AdjustmentLine, Price, Usage
from yigongti.domains.money.prices.permissions import PREPARE
from yigongti.domains.money.prices.policy import MARGIN
from yigongti.domains.money.prices.services.reading import NewPrice
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.workflow.api import StepRefused, open_case

MOST_FEN = 10**18


class AdjustmentRefused(ValueError):
    """It can't be prepared; ``str()`` says why in words for people."""


def draft(
    place: str, *, name: str, document: str, starts_on: date, prices: Sequence[NewPrice], actor: Actor, clause: str = ""
) -> Adjustment:
    """A new adjustment as a draft: prices as they are before, and as they are to be. Raises Forbidden,
    AdjustmentRefused."""
    actor.require(PREPARE)
    adjustment = Adjustment(organisation_id=actor.home_organisation_id or 0, place=place)
    lines = _fill(adjustment, name, document, clause, starts_on, prices, actor)
    with transaction.atomic():
        open_case(adjustment, actor=actor)
        _write(adjustment, lines)
        record(
            actor=actor, act="prices.draft", subject=f"prices.adjustment:{adjustment.pk}",
            detail={"lines": len(lines), "starts_on": starts_on.isoformat()},
        )  # fmt: skip
    return adjustment


def redraft(
    adjustment: Adjustment, *, name: str, document: str, starts_on: date, prices: Sequence[NewPrice], actor: Actor,
    clause: str = "",
) -> Adjustment:  # fmt: skip
    """Correct a draft, such as one that was given back: its head and lines anew, against the prices in force now; the
    quantities stay until others are taken. Raises Forbidden, AdjustmentRefused."""
    actor.require(PREPARE)
    with transaction.atomic():
        row = _draft_of(adjustment)
        lines = _fill(row, name, document, clause, starts_on, prices, actor)
        row.save()
        row.lines.all().delete()
        _write(row, lines)
        record(
            actor=actor, act="prices.redraft", subject=f"prices.adjustment:{row.pk}",
            detail={"lines": len(lines), "starts_on": starts_on.isoformat()},
        )  # fmt: skip
    return row


def _fill(
    row: Adjustment, name: str, document: str, clause: str, starts_on: date, prices: Sequence[NewPrice], actor: Actor
) -> list[AdjustmentLine]:
    """The head, and the lines of what changes against what is in force on the day. Raises AdjustmentRefused."""
    if not name.strip() or not document.strip():
        raise AdjustmentRefused(_("请写明名称和依据文件。"))
    if len({(one.code, one.tier) for one in prices}) != len(prices):
        raise AdjustmentRefused(_("同一项目同一等级写了两次。"))
    before = selectors.prices_on(row.place, starts_on)
    changed = [one for one in prices if before.get((one.code, one.tier)) != one.fen]
    if not changed:
        raise AdjustmentRefused(_("与现行价格相同，没有要调整的。"))
    if any(one.fen is None and (one.code, one.tier) not in before for one in changed):
        raise AdjustmentRefused(_("有项目本来就不收费，不能停用。"))
    row.name, row.document, row.clause = name.strip()[:120], document.strip()[:200], clause.strip()[:80]
    row.starts_on = starts_on
    row.editor_ids = sorted({*row.editor_ids, *([actor.id] if actor.id else [])})
    return [
        AdjustmentLine(
            code=one.code, name=one.name, unit=one.unit, tier=one.tier,
            before_fen=before.get((one.code, one.tier)), after_fen=one.fen,
        )
        for one in changed
    ]  # fmt: skip


def _write(row: Adjustment, lines: Sequence[AdjustmentLine]) -> None:
    for line in lines:
        line.adjustment = row
    AdjustmentLine.objects.bulk_create(lines)


def _draft_of(adjustment: Adjustment) -> Adjustment:
    """The row, locked. Raises AdjustmentRefused when it is no draft."""
    row: Adjustment = Adjustment.objects.unscoped("the permission is asked").select_for_update().get(pk=adjustment.pk)
    if row.state != "draft":
        raise AdjustmentRefused(_("只有草稿可以修改。"))
    return row


def take_usage(adjustment: Adjustment, usage: Sequence[Quantity], *, actor: Actor) -> None:
    """The quantities the effect is worked out on, in place of those uploaded before. Raises Forbidden,
    AdjustmentRefused."""
    actor.require(PREPARE)
    with transaction.atomic():
        row = _draft_of(adjustment)
        row.editor_ids = sorted({*row.editor_ids, *([actor.id] if actor.id else [])})
        row.save()
        row.usage.all().delete()
        Usage.objects.bulk_create(
            Usage(
                adjustment=row, institution_id=one.institution_id, code=one.code, quantity=one.quantity,
                fund_percent=one.fund_percent,
            )
            for one in usage
        )  # fmt: skip
        record(
            actor=actor, act="prices.take_usage", subject=f"prices.adjustment:{row.pk}", detail={"lines": len(usage)}
        )


# -- effects of steps ------------------------------------------------------------------------------------------


def submit(case: Adjustment, actor: Actor, answers: Any) -> None:
    """Ready for another's eyes: the day lies ahead (a place's first list may begin earlier), prices are still what they
    were, the total stays within the margin. Raises StepRefused.
    """
    if case.starts_on <= clock.today() and not selectors.is_first(case.place):
        raise StepRefused(_("执行日期要在今天以后。"))
    _check_before(case)
    found = selectors.effect_of(case)
    case.prepared_by_id = actor.id
    case.measured = found is not None
    case.before_fen, case.after_fen = (found.before_fen, found.after_fen) if found else (None, None)
    if missing := selectors.missing_of(case):
        raise StepRefused(
            _("这些调价项目没有服务量：%(codes)s。没有发生过的，请在文件里写数量0。")
            % {"codes": "、".join(missing[:10])}
        )
    if found is not None:
        _check_effect(case, found)


def _check_effect(case: Adjustment, found: Effect) -> None:
    """Nothing is left out of the total, and it stays within the margin. Raises StepRefused."""
    if found.unplaced:
        names = organisation.names(found.unplaced)
        raise StepRefused(
            _("这些机构没有等级，服务量没有算进去：%(names)s。请先在机构目录补上等级。")
            % {"names": "、".join(names.get(one, "") for one in found.unplaced[:10])}
        )
    if max(found.before_fen, found.after_fen) > MOST_FEN:
        raise StepRefused(_("价格乘以服务量得出的总费用太大，请核对。"))
    margin = MARGIN.at(place=case.place, as_of=case.starts_on).value
    if found.within(margin):
        return
    if found.change is None:
        raise StepRefused(_("调整前总费用为零，调整后不为零，超过总量控制。"))
    raise StepRefused(
        _("总费用变化%(change).2f%%，超过总量控制的%(margin)s%%。")
        % {"change": found.change * 100, "margin": f"{margin.normalize():f}"}
    )


def approve(case: Adjustment, actor: Actor, answers: Any) -> None:
    """The prices stand from their day on. Raises StepRefused."""
    if case.starts_on <= clock.today() and not selectors.is_first(case.place):
        raise StepRefused(_("执行日期已到，请退回修改执行日期。"))
    _check_before(case)
    case.approved_by_id = actor.id
    try:
        with transaction.atomic():
            Price.objects.bulk_create(
                Price(
                    place=case.place, code=line.code, name=line.name, unit=line.unit, tier=line.tier,
                    fen=line.after_fen, starts_on=case.starts_on, adjustment=case,
                )
                for line in case.lines.all()
            )  # fmt: skip
    except IntegrityError as error:
        raise StepRefused(_("同一天已有另一次调整定了其中的价格。")) from error


def _check_before(case: Adjustment) -> None:
    """Prices are still what they were, and no later ones have been set on them. Raises StepRefused."""
    keys = {(line.code, line.tier) for line in case.lines.all()}
    if later := selectors.set_later(case.place, case.starts_on, keys):
        raise StepRefused(
            _("已批准从%(day)s起的“%(name)s”价格，不能再在它之前插入一次调整。")
            % {"day": later.starts_on.isoformat(), "name": later.name}
        )
    now = selectors.prices_on(case.place, case.starts_on)
    for line in case.lines.all():
        if now.get((line.code, line.tier)) != line.before_fen:
            raise StepRefused(_("方案编制以后，%(name)s的现行价格变了，请修改方案，重新核对。") % {"name": line.name})
