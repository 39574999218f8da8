"""What people decide beside the steps: that a finding is right after all, and which what-if to keep."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yigongti.domains.money.insurance_fund import checks, gathering
from yigongti.domains.money.insurance_fund.models import Accepted, FundYear, Scenario
from yigongti.domains.money.insurance_fund.permissions import PREPARE, TRY
from yigongti.domains.money.insurance_fund.rules import Plain
from yigongti.domains.money.insurance_fund.services.drafting import DraftRefused, lend_hand, lock
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record

MOST_SCENARIOS = 50
WAITING = ("proposed", "clearing")


@transaction.atomic
def accept(year: FundYear, name: str, rows_digest: str, reason: str, *, actor: Actor) -> None:
    """Say why a finding is right as it is: it blocks no more while its rows are the same.

    Raises Forbidden, DraftRefused for one that can't be accepted, is gone or has changed.
    """
    actor.require(PREPARE, year.payer_id)
    reason = reason.replace("\0", "").strip()
    if not reason:
        raise DraftRefused(_("请写明理由。"), "reason")
    locked = lock(year)
    if locked.state in WAITING:
        raise DraftRefused(_("正在等待审批，不能再认可核对结果。需要认可的，请审批人退回。"))
    found = checks.findings(gathering.gather(year), clearing=True)
    one = next((f for f in found if f.name == name and f.digest == rows_digest), None)
    if year.frozen or one is None or not one.acceptable:
        raise DraftRefused(_("这一项已经变化，请重新查看。"))
    Accepted.objects.get_or_create(
        year=year, check_name=name, rows_digest=rows_digest,
        defaults={"reason": reason[:500], "at": clock.now(), "by_id": actor.id, "by_name": actor.name},
    )  # fmt: skip
    lend_hand(year, locked, actor)
    record(
        actor=actor, act="insurance_fund.accept_finding", subject=f"insurance_fund.year:{year.pk}",
        detail={"check": name, "rows": one.count},
    )  # fmt: skip


@transaction.atomic
def save_scenario(
    year: FundYear, name: str, changes: Mapping[str, Plain], results: list[dict[str, Any]], *, actor: Actor
) -> Scenario:
    """Keep a what-if under a name. Raises Forbidden, DraftRefused for no name, a name that is taken, or too many."""
    actor.require(TRY)
    name = name.replace("\0", "").strip()[:100]
    if not name:
        raise DraftRefused(_("请给方案起个名字。"), "name")
    rows = Scenario.objects.filter(year=year)
    if rows.filter(name=name).exists():
        raise DraftRefused(_("已经有同名的方案。"), "name")
    if rows.count() >= MOST_SCENARIOS:
        raise DraftRefused(_("保存的方案太多，请先整理。"), "name")
    made = Scenario.objects.create(
        year=year, name=name, changes={k: str(v) for k, v in changes.items()}, results=results, saved_at=clock.now(),
        saved_by_id=actor.id, saved_by_name=actor.name,
    )  # fmt: skip
    record(actor=actor, act="insurance_fund.save_scenario", subject=f"insurance_fund.year:{year.pk}",
           detail={"scenario": made.pk})  # fmt: skip
    return made
