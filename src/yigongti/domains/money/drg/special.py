"""Special reviews to read: who sees which, which cases may be asked for and why not, the share of an institution."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Max
from django.db.models.functions import ExtractYear
from django.utils.translation import gettext as _

from yigongti.domains.money.drg.formulas import Bill, Kind, together
from yigongti.domains.money.drg.grouping.reasons import Status
from yigongti.domains.money.drg.models import GroupedClaim, SpecialReview
from yigongti.domains.money.drg.models.special import LIVE
from yigongti.domains.money.drg.payment import KIND_WORDS
from yigongti.domains.money.drg.permissions import SPECIAL, SPECIAL_APPLY, SPECIAL_REVIEW
from yigongti.domains.money.drg.policy import SPECIAL_LONG_DAYS, SPECIAL_MOST, SPECIAL_REASONS, SPECIAL_WITHIN
from yigongti.domains.money.drg.reasons import SpecialReason
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible, ScopedQuerySet
from yigongti.kernel.audit.api import record

ELIGIBLE = (Kind.NORMAL, Kind.HIGH, Kind.BED_DAY)
"""What is paid by its cost already, with another stay, or not until corrected, is not reviewed."""


@dataclass(frozen=True)
class Share:
    """An institution's applications of a year against its discharges of that year (by the day they were settled).

    ``most``: per cent of discharges; ``allowed``: whole applications that makes, rounded down.
    """

    institution_id: int
    institution_name: str
    year: int
    discharges: int
    most: Decimal
    used: int

    @property
    def allowed(self) -> int:
        return int(self.discharges * self.most / 100)

    @property
    def left(self) -> int:
        return max(self.allowed - self.used, 0)

    @property
    def words(self) -> str:
        return _("%(year)s年出院%(n)s例，最多可申请%(most)s%%即%(allowed)s例，已申请%(used)s例") % {
            "year": self.year,
            "n": self.discharges,
            "most": f"{self.most.normalize():f}",
            "allowed": self.allowed,
            "used": self.used,
        }


@dataclass(frozen=True)
class Standing:
    """Whether a reader may apply for a case. ``reasons``: those open to it; ``why_not``: one sentence, or nothing;
    ``fits``: the case itself is one that may be applied for, whatever the calendar and the count say."""

    reasons: tuple[tuple[str, str], ...]
    why_not: str
    share: Share | None
    until: date | None
    fits: bool


def visible(actor: Actor) -> ScopedQuerySet:
    """Reviews at the reader's institutions or payers. Raises Forbidden."""
    actor.require(SPECIAL)
    found: ScopedQuerySet = SpecialReview.objects.visible_to(actor, SPECIAL).filter(place=settings.PLACE)
    return found


def get(review_id: int, *, actor: Actor) -> SpecialReview:
    """One review; the look at its person is in the trail. Raises Forbidden, NotVisible."""
    found: SpecialReview | None = visible(actor).filter(pk=review_id).first()
    if found is None:
        raise NotVisible
    record(
        actor=actor,
        act="drg.special_read",
        subject=f"drg.special:{found.pk}",
        resident_id=found.resident_id,
        organisation_id=found.institution_id,
    )
    return found


def of_claim(claim_id: int, actor: Actor) -> list[SpecialReview]:
    """Reviews of a claim as far as the reader sees them, the newest first."""
    return list(visible(actor).filter(claim_id=claim_id).order_by("-pk")) if actor.may(SPECIAL) else []


def bill_of(row: GroupedClaim) -> Bill:
    """What a case is priced on: with the bills of the stays merged into it."""
    rows: ScopedQuerySet = GroupedClaim.objects.unscoped("the caller may see the case")
    merged = rows.filter(stands=True, merged_into=row.claim_id, outlier=Kind.MERGED)
    return together([_bill(row), *(Bill(*one) for one in merged.values_list("total_fen", "patient_fen", "stay_days"))])


def _bill(row: GroupedClaim) -> Bill:
    return Bill(row.total_fen, row.patient_fen, row.stay_days)


def members_of(row: GroupedClaim) -> set[int]:
    """The claims paid with a case, its own among them."""
    rows: ScopedQuerySet = GroupedClaim.objects.unscoped("the caller may see the case")
    carrier = row.merged_into or row.claim_id
    return {carrier, row.claim_id, *rows.filter(stands=True, merged_into=carrier).values_list("claim_id", flat=True)}


def share(institution_id: int, year: int) -> Share:
    """Raises PolicyGap."""
    rows: ScopedQuerySet = GroupedClaim.objects.unscoped("counts cases of one institution, names nobody")
    mine = rows.filter(stands=True, place=settings.PLACE, institution_id=institution_id, settled_on__year=year)
    asked: ScopedQuerySet = SpecialReview.objects.unscoped("counts applications, names nobody")
    used = asked.filter(LIVE, place=settings.PLACE, institution_id=institution_id, settled_on__year=year).count()
    found = mine.aggregate(n=Count("pk"), name=Max("institution_name"))
    return Share(institution_id, found["name"] or "", year, found["n"], _most(year), used)


def shares(year: int, *, actor: Actor) -> list[Share]:
    """The count of each institution the reader stands over that has discharges or applications in a year.

    Raises Forbidden, PolicyGap.
    """
    actor.require(SPECIAL)
    cases = GroupedClaim.objects.visible_to(actor, SPECIAL).filter(
        stands=True, place=settings.PLACE, settled_on__year=year, institution_id__isnull=False, inside_county=True
    )
    used = dict(
        visible(actor).filter(LIVE, settled_on__year=year).values_list("institution_id").annotate(n=Count("pk"))
    )
    most = _most(year)
    counted = cases.values_list("institution_id", "institution_name").annotate(n=Count("pk")).order_by()
    by_id: dict[int, tuple[str, int]] = {}
    for pk, name, n in counted:
        before = by_id.get(pk, ("", 0))
        by_id[pk] = (max(before[0], name), before[1] + n)
    found = [Share(pk, name, year, n, most, used.get(pk, 0)) for pk, (name, n) in by_id.items()]
    return sorted(found, key=lambda one: (-one.used, -one.discharges, one.institution_name))


def _most(year: int) -> Decimal:
    """The share of a year: what is in force on its last day, or today while it runs."""
    found: Decimal = SPECIAL_MOST.at(place=settings.PLACE, as_of=min(date(year, 12, 31), clock.today())).value
    return found


def years(actor: Actor) -> list[int]:
    """Years with reviews the reader sees, and this one; the newest first."""
    found = visible(actor).annotate(year=ExtractYear("settled_on")).values_list("year", flat=True).distinct()
    return sorted({*found.order_by(), clock.today().year}, reverse=True)


def standing(row: GroupedClaim, *, actor: Actor) -> Standing | None:
    """Whether the actor may ask for a review of this case now; None for whoever applies for no institution.

    Raises PolicyGap.
    """
    if row.institution_id is None or not actor.may(SPECIAL_APPLY, row.institution_id):
        return None
    if not actor.everything and actor.may(SPECIAL_REVIEW, row.source_id):
        return None
    until = _counted_from(row) + timedelta(days=SPECIAL_WITHIN.at(place=row.place, as_of=row.settled_on).value)
    counted = share(row.institution_id, row.settled_on.year)
    reasons = _reasons(row)
    unfit = _unfit(row, reasons)
    return Standing(reasons, unfit or _why_not(row, until, counted), counted, until, not unfit)


def _counted_from(row: GroupedClaim) -> date:
    """The last of the settlements paid together, or the day on which a review of the same settlement lapsed."""
    rows: ScopedQuerySet = GroupedClaim.objects.unscoped("the caller may see the case")
    merged = rows.filter(stands=True, merged_into=row.claim_id).aggregate(last=Max("settled_on"))["last"]
    asked: ScopedQuerySet = SpecialReview.objects.unscoped("asks only for a day")
    of_it = asked.filter(payer_id=row.source_id, institution_id=row.institution_id, record_no=row.record_no)
    lapsed = of_it.aggregate(last=Max("lapsed_at"))["last"]
    days = [row.settled_on, merged, lapsed.astimezone(clock.ZONE).date() if lapsed else None]
    return max(day for day in days if day is not None)


def _reasons(row: GroupedClaim) -> tuple[tuple[str, str], ...]:
    days = SPECIAL_LONG_DAYS.at(place=row.place, as_of=row.settled_on).value
    allowed = SPECIAL_REASONS.at(place=row.place, as_of=row.settled_on).value
    fits = {
        SpecialReason.HIGH_COST: row.outlier == Kind.HIGH,
        SpecialReason.LONG_STAY: bill_of(row).stay_days >= days,
    }
    return tuple((one.value, str(one.label)) for one in SpecialReason if one.value in allowed and fits.get(one, True))


def _unfit(row: GroupedClaim, reasons: Iterable[tuple[str, str]]) -> str:
    """Why the case itself is none to be reviewed, or nothing."""
    if not row.stands:
        return _("这笔结算已被更正、冲销或撤回。")
    if row.outlier == Kind.SPECIAL:
        return ""
    if row.status != Status.GROUPED or row.outlier not in ELIGIBLE:
        kind = KIND_WORDS[Kind(row.outlier)]
        return _("支付类别为“%(kind)s”的病例不适用特例单议。") % {"kind": kind}
    if bill_of(row).total_fen <= row.whole_fen:
        return _("实际费用没有超过按病组的支付，不用申请。")
    return "" if reasons else _("这个病例不符合可以申请的任何理由。")


def _why_not(row: GroupedClaim, until: date, counted: Share) -> str:
    """Why a case that might be reviewed can't be applied for now, or nothing."""
    asked: ScopedQuerySet = SpecialReview.objects.unscoped("asks only whether there is one")
    if asked.filter(LIVE, claim_id=row.claim_id).exists():
        return _("这个病例已申请过特例单议。")
    if row.outlier == Kind.SPECIAL:
        return _("这个病例正按特例单议的决定支付。")
    if clock.today() > until:
        return _("已过申请期限（%(until)s）。") % {"until": until}
    if counted.left < 1:
        return _("%(figures)s，不能再申请。") % {"figures": counted.words}
    return ""
