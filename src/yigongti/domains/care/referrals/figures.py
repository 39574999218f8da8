"""How fast and how well referrals are answered and followed up, for the health-management centre's page.

Counted straight from the referrals of a period (by the day they were sent), as far as the actor stands on a side.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.care.referrals.formulas import median, nearest_rank, share
from yigongti.domains.care.referrals.models import Referral
from yigongti.domains.care.referrals.permissions import FIGURES
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, ScopedQuerySet


@dataclass(frozen=True)
class Figures:
    """Of one receiving institution (``institution_id`` None: of all together).

    Times in minutes; shares as fractions, None without anything to divide by. ``share_accepted``: accepted of answered;
    ``share_in_time``: answered by the deadline, of those answered or overdue; ``share_followed_up``: followed up by the
    last day, of those whose follow-up is done or overdue.
    """

    institution_id: int | None
    institution: str
    sent: int
    answered: int
    accepted: int
    overdue: int
    median_minutes: Fraction | None
    p90_minutes: int | None
    share_accepted: Fraction | None
    share_in_time: Fraction | None
    follow_ups: int
    followed_up_in_time: int
    share_followed_up: Fraction | None


def figures(
    *, actor: Actor, since: date, until: date, direction: str = "", institution_ids: Iterable[int] | None = None
) -> list[Figures]:
    """Figures of referrals sent between two days, both included: of all first, then by receiving institution.

    Raises Forbidden. Narrowed to ``institution_ids`` (receivers) where given.
    """
    actor.require(FIGURES)
    rows: ScopedQuerySet = Referral.objects.visible_to(actor, FIGURES).filter(
        sent_at__gte=clock.midnight(since),
        sent_at__lt=clock.midnight(until + timedelta(days=1)),
        receiver_id__isnull=False,
    )
    if direction:
        rows = rows.filter(direction=direction)
    if institution_ids is not None:
        rows = rows.filter(receiver_id__in=set(institution_ids))
    found = list(rows)
    names = organisation.names({row.receiver_id for row in found})
    by_receiver: dict[int, list[Referral]] = {}
    for row in found:
        by_receiver.setdefault(row.receiver_id, []).append(row)
    parts = [_of(pk, names.get(pk, ""), part) for pk, part in by_receiver.items()]
    return [_of(None, "", found), *sorted(parts, key=lambda one: (-one.sent, one.institution))]


def minutes_to_answer(row: Referral) -> int | None:
    if row.answered_at is None or row.sent_at is None:
        return None
    return int((row.answered_at - row.sent_at).total_seconds() // 60)


def _of(institution_id: int | None, name: str, rows: list[Referral]) -> Figures:
    now, today = clock.now(), clock.today()
    minutes = [m for row in rows if (m := minutes_to_answer(row)) is not None]
    answered = [row for row in rows if row.answered_at is not None]
    accepted = [row for row in answered if row.accepted_at is not None]
    late = [
        row
        for row in rows
        if row.first_answer_by is not None and (row.answered_at or now) > row.first_answer_by and _was_to_answer(row)
    ]
    in_time = [
        row for row in answered if row.first_answer_by and row.answered_at and row.answered_at <= row.first_answer_by
    ]
    due = [r for r in rows if r.follow_up_by is not None and (r.followed_up_on is not None or r.follow_up_by < today)]
    kept = [r for r in due if r.followed_up_on and r.follow_up_by and r.followed_up_on <= r.follow_up_by]
    return Figures(
        institution_id=institution_id,
        institution=name,
        sent=len(rows),
        answered=len(answered),
        accepted=len(accepted),
        overdue=len(late),
        median_minutes=median(minutes),
        p90_minutes=nearest_rank(minutes, 90),
        share_accepted=share(len(accepted), len(answered)),
        share_in_time=share(len(in_time), len(in_time) + len(late)),
        follow_ups=len(due),
        followed_up_in_time=len(kept),
        share_followed_up=share(len(kept), len(due)),
    )


def _was_to_answer(row: Referral) -> bool:
    """Whether an answer was still asked for at the deadline: one withdrawn before needs none."""
    return (
        row.answered_at is not None
        or row.ended_at is None
        or row.first_answer_by is None
        or row.ended_at > row.first_answer_by
    )
