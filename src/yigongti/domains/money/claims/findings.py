"""Reading findings: who sees which, and lists of them."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from yigongti.domains.money.claims.models import Finding
from yigongti.domains.money.claims.permissions import FINDINGS
from yigongti.domains.money.claims.screens import screens
from yigongti.kernel.access.api import Actor, NotVisible, ScopedQuerySet
from yigongti.kernel.audit.api import record


@dataclass(frozen=True)
class FindingView:
    """A finding. ``claims``: payer and number of each claim; ``told``: why, sentence by sentence, for a reviewer."""

    id: int
    screen: str
    label: str
    clause: str
    state: str
    state_label: str
    payer_id: int
    institution_id: int | None
    institution_name: str
    resident_id: int
    amount_fen: int
    confirmed_fen: int | None
    risk: int
    first_on: date
    last_on: date
    claims: tuple[tuple[int, str], ...]
    claim_ids: tuple[int, ...]
    told: tuple[str, ...]
    changed_at: datetime | None
    gone_at: datetime | None
    address: str


def visible(actor: Actor) -> ScopedQuerySet:
    """Findings the reader may see: a payer's all of its own, an institution's from when it was first asked. Raises
    Forbidden."""
    actor.require(FINDINGS)
    rows: ScopedQuerySet = Finding.objects.unscoped("narrowed here to the payer, and to the institution once asked")
    if actor.everything:
        return rows
    scope = sorted(actor.organisations(FINDINGS))
    return rows.filter(Q(payer_id__in=scope) | Q(institution_id__in=scope, asked_at__isnull=False))


def get(finding_id: int, *, actor: Actor) -> Finding:
    """One finding; the look at its person is in the trail. Raises Forbidden, NotVisible."""
    found: Finding | None = visible(actor).filter(pk=finding_id).first()
    if found is None:
        raise NotVisible
    record(
        actor=actor,
        act="claims.finding_read",
        subject=f"finding:{found.pk}",
        resident_id=found.resident_id,
        organisation_id=found.payer_id,
    )
    return found


def view(row: Finding) -> FindingView:
    screen = screens().get(row.screen)
    return FindingView(
        id=row.pk,
        screen=row.screen,
        label=row.label,
        clause=str(screen.clause) if screen else "",
        state=row.state,
        state_label=row.state_label,
        payer_id=row.payer_id,
        institution_id=row.institution_id,
        institution_name=row.institution_name,
        resident_id=row.resident_id,
        amount_fen=row.amount_fen,
        confirmed_fen=row.confirmed_fen,
        risk=row.risk,
        first_on=row.first_on,
        last_on=row.last_on,
        claims=named(row),
        claim_ids=tuple(one["id"] for one in row.claims),
        told=told(row),
        changed_at=row.changed_at,
        gone_at=row.gone_at,
        address=row.get_absolute_url(),
    )


def told(row: Finding) -> tuple[str, ...]:
    """Why, in the active language; a rule that is no longer there says only that."""
    screen = screens().get(row.screen)
    return screen.tell(row.facts) if screen else (_("这条筛查规则已不再使用。"),)


def named(row: Finding) -> tuple[tuple[int, str], ...]:
    """Payer and number of each claim."""
    return tuple((one["source_id"], one["record_no"]) for one in row.claims)


def finding(finding_id: int, *, actor: Actor) -> FindingView:
    """One finding as other domains see it. Raises Forbidden, NotVisible."""
    return view(get(finding_id, actor=actor))


def findings(since: date, until: date, *, actor: Actor, institution_id: int | None = None) -> list[FindingView]:
    """Findings over claims settled from ``since`` to ``until`` (both included), the riskiest first; one line in the
    trail says whose. Raises Forbidden."""
    rows = visible(actor).filter(found_on__range=(since, until))
    if institution_id is not None:
        rows = rows.filter(institution_id=institution_id)
    found = [view(row) for row in rows.order_by("-risk", "-amount_fen", "pk")]
    if found:
        note_listed([one.resident_id for one in found], actor)
    return found


def note_listed(resident_ids: list[int], actor: Actor, *, exported: bool = False) -> None:
    record(
        actor=actor,
        act="claims.finding_list",
        subject="findings",
        resident_ids=set(resident_ids),
        detail={"rows": len(resident_ids), "exported": exported},
    )


def of_claim(source_id: int, record_no: str, actor: Actor) -> list[FindingView]:
    """Findings that name a claim, as far as the reader may see them."""
    if not actor.may(FINDINGS):
        return []
    rows = visible(actor).filter(claims__contains=[{"source_id": source_id, "record_no": record_no}])
    return [view(row) for row in rows.order_by("-risk", "pk")]
