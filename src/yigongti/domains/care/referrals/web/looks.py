"""Every look at a referral, a certificate or a list of them is a line in the trail: whoever looks sees patients."""

from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.referrals.models import Certificate, Referral
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.ui.listing import Listing


def note_reading(case: Referral, actor: Actor) -> None:
    """Looking at a referral is looking at part of a resident's record."""
    _note(f"referral:{case.pk}", case.resident_id, actor)


def note_certificate(row: Certificate, actor: Actor) -> None:
    _note(f"certificate:{row.pk}", row.resident_id, actor)


def _note(subject: str, resident_id: int, actor: Actor) -> None:
    record(
        actor=actor,
        act="referrals.read",
        subject=subject,
        resident_id=residents.whole(resident_id),
        detail={"relation": "referral"},
    )


def note_list(page: Listing, actor: Actor, *, act: str, subject: str) -> None:
    """Whom a page of a list showed; for an export, all whom the list names."""
    exported = page.request.GET.get("export") in ("csv", "xlsx") and page.may_export
    if exported:
        shown = list(page.rows.order_by().values_list("resident_id", flat=True))  # type: ignore[union-attr]
    else:
        shown = [row.resident_id for row in page.page.rows]
    if shown:
        record(
            actor=actor, act=act, subject=subject, resident_ids=set(shown),
            detail={"rows": len(shown), "exported": exported},
        )  # fmt: skip
