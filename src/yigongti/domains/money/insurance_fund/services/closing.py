"""Closing a year: all it was computed from is kept, the figures are frozen, and can be had again from what was kept.

All in the step's transaction: killed anywhere, the year is as it was.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from yigongti.domains.money.insurance_fund import checks, claims, computing, gathering
from yigongti.domains.money.insurance_fund.computing import UnknownForm
from yigongti.domains.money.insurance_fund.gathering import Gathered
from yigongti.domains.money.insurance_fund.models import Closing, FundYear
from yigongti.domains.money.insurance_fund.permissions import APPROVE, PREPARE
from yigongti.domains.money.insurance_fund.rules import Rules
from yigongti.domains.money.insurance_fund.services import drafting
from yigongti.domains.money.insurance_fund.services.budgeting import refuse, unchanged
from yigongti.domains.money.insurance_fund.statement import digest
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.lake.api import keep, kept, verify
from yigongti.kernel.notices.api import in_the_places_language, notify
from yigongti.kernel.workflow.api import StepRefused
from yigongti.kernel.workflow.table import Answers


def prepare(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: the clearing is put before the second person; on an overspend somebody has decided what follows."""
    drafting.complete_members(case)
    found = gathering.gather(case)
    if found.statement is None or found.sums is None:
        raise StepRefused(found.why or _("这一年还没有结算数据。"))
    if found.scope is not None and clock.today() < found.scope.snapshot_until:
        raise StepRefused(_("这一年的结算期还没有结束，%(day)s起才能提交清算。") % {"day": found.scope.snapshot_until})
    if found.statement.lacking:
        raise StepRefused("；".join(why for _key, why in found.statement.lacking))
    case.overspend_choice = str(answers["overspend"] or "")
    if any(line.fen < 0 for line in found.statement.named("delta")) and not case.overspend_choice:
        raise StepRefused(_("有预算单位超支，请选择怎样处理。平台不会自动扣款。"))
    case.cleared_by_id = actor.id
    case.put_forward = digest(parts_of(gathering.gather(case)))  # with the choice, which members' parts depend on
    _tell(case, _("%(year)s：年终清算等待审批"), "clearing", approve=True)


def return_(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: the year runs on."""
    case.cleared_by_id = None
    case.overspend_choice = ""
    _tell(case, _("%(year)s：年终清算被退回"), "clearing_returned")


def approve(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: checks once more, keeps the claims, freezes the figures."""
    if not answers["seen"]:
        raise StepRefused(_("请先逐项看过核对结果。"))
    found = gathering.gather(case)
    if found.statement is None or found.sums is None or found.scope is None or found.snapshot is None:
        raise StepRefused(found.why or _("这一年还没有结算数据。"))
    unchanged(case, digest(parts_of(found)))
    made = checks.findings(found, clearing=True)
    refuse(made)
    try:
        files = keep(kept_name(case), [found.snapshot, *([found.referrals] if found.referrals else [])])
    except FileNotFoundError:
        raise StepRefused(_("结算数据刚刚更新，请再试一次。")) from None
    parts = parts_of(found)
    Closing.objects.create(
        year=case,
        kept_name=files.name,
        kept_digest=files.digest,
        **parts,
        findings=[one.as_json() for one in made],
        digest=digest(files.digest, parts),
        closed_at=clock.now(),
        closed_by_id=actor.id,
    )
    _tell(case, _("%(year)s：已清算，账目冻结"), "cleared")


def kept_name(year: FundYear) -> str:
    return f"fund-{year.place}-{year.year}-{year.fund_kind}".replace(".", "-").lower()


def parts_of(found: Gathered) -> dict[str, object]:
    """Everything that is frozen, as JSON."""
    assert found.scope is not None and found.sums is not None and found.statement is not None
    return {
        "scope": gathering.scope_as_json(found.scope),
        "rules": found.rules.as_json(),
        "inputs": found.inputs.as_json(),
        "sums": found.sums.as_json(),
        "statement": found.statement.as_json(),
    }


@dataclass(frozen=True)
class Rerun:
    """A closed year computed again from what was kept: ``files`` months of claims. ``differs``: keys of lines that came
    out otherwise; ``form``: the version of the arithmetic it was closed by."""

    same: bool
    differs: tuple[str, ...]
    digest: str
    files: int
    form: int


def rerun(closing: Closing, *, actor: Actor) -> Rerun:
    """Read the kept claims again, sum them, compute the statement, and compare all of it with what was frozen.

    Raises KeptDamaged when a kept file is gone or was changed, UnknownForm for one another program has closed.
    """
    if closing.form not in computing.FORMS:
        raise UnknownForm(closing.form)
    files = kept(closing.kept_name)
    assert files is not None
    verify(files)
    frozen = gathering.kept_year(closing)
    assert frozen.scope is not None and frozen.statement is not None
    sums = claims.sums(files.snapshot(claims.DATASET), frozen.scope, frozen.referrals)
    made = computing.compute(Rules.from_json(closing.rules), frozen.inputs, sums, closing.form)
    again = {
        "scope": closing.scope,
        "rules": closing.rules,
        "inputs": closing.inputs,
        "sums": sums.as_json(),
        "statement": made.as_json(),
    }
    found = digest(files.digest, again)
    before = {line.key: line for line in frozen.statement.lines}
    after = {line.key: line for line in made.lines}
    differs = tuple(sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key)))
    same = found == closing.digest and files.digest == closing.kept_digest
    record(
        actor=actor, act="insurance_fund.rerun", subject=f"insurance_fund.year:{closing.year_id}",
        detail={"same": same, "differs": len(differs)},
    )  # fmt: skip
    months = sum(part.dataset == claims.DATASET for part in files.files)
    return Rerun(same, differs, found, months, closing.form)


@in_the_places_language()
def _tell(case: FundYear, title: str, what: str, *, approve: bool = False) -> None:
    notify(
        f"insurance_fund.{what}:{case.pk}:{case.entered_at:%Y%m%d%H%M%S}",
        title=title % {"year": case.title}, address=case.get_absolute_url(),
        desk=(APPROVE if approve else PREPARE, case.payer_id),
    )  # fmt: skip
