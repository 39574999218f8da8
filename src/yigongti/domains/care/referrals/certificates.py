"""Reading certificates of referral out of the county: for clearing (issue 4), for their page, for the public check."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.referrals.models import Certificate
from yigongti.kernel import clock
from yigongti.kernel.access.api import ScopedQuerySet
from yigongti.kernel.privacy.api import TokenExpired, TokenInvalid, read_token, sign_token

PURPOSE = "referrals.certificate"
CHECKABLE = timedelta(days=3653)


@dataclass(frozen=True)
class CertificateView:
    """A certificate; ``valid_until`` is its last day; ``state``: valid, not_yet, expired or revoked, as of today."""

    id: int
    number: str
    referral_id: int
    resident_id: int
    name_masked: str
    origin_id: int
    origin_name: str
    issuer_id: int
    issuer_name: str
    issued_by_name: str
    issued_at: datetime
    destination_name: str
    destination_region: str
    insured_division: str
    inpatient: bool
    emergency: bool
    diagnosis_code: str
    diagnosis: str
    valid_from: date
    valid_until: date
    revoked_at: datetime | None
    revoked_reason: str
    state: str

    @property
    def state_label(self) -> str:
        return {
            "valid": _("有效"), "not_yet": _("尚未生效"), "expired": _("已过有效期"), "revoked": _("已撤销")
        }[self.state]  # fmt: skip

    def holds_on(self, day: date) -> bool:
        """Whether it covers care that began on a day: within its dates, and not revoked by then."""
        revoked_on = self.revoked_at.astimezone(clock.ZONE).date() if self.revoked_at else None
        return self.valid_from <= day <= self.valid_until and (revoked_on is None or day < revoked_on)


def view(row: Certificate) -> CertificateView:
    today = clock.today()
    if row.revoked_at is not None:
        state = "revoked"
    elif today > row.valid_until:
        state = "expired"
    else:
        state = "valid" if today >= row.valid_from else "not_yet"
    names = [name for name in CertificateView.__dataclass_fields__ if name not in ("id", "state")]
    return CertificateView(id=row.pk, state=state, **{name: getattr(row, name) for name in names})


def certificates(since: date, until: date, *, place: str | None = None) -> list[CertificateView]:
    """Certificates that hold on some day of a period (both days included), by number; the revoked ones too, which
    clearing has to see. For the platform's own sums: names no reader."""
    rows: ScopedQuerySet = Certificate.objects.unscoped("clearing sums over all of a place")
    rows = rows.filter(valid_from__lte=until, valid_until__gte=since)
    return [view(row) for row in (rows.filter(place=place) if place else rows).order_by("year", "serial")]


def certificate_for(resident_id: int, on: date) -> CertificateView | None:
    """The certificate that covers care of a person beginning on a day, the newest; None without one."""
    rows: ScopedQuerySet = Certificate.objects.unscoped("clearing asks for one claim")
    found = rows.filter(resident_id__in=residents.cluster(resident_id), valid_from__lte=on, valid_until__gte=on)
    return next((one for one in map(view, found.order_by("-issued_at")) if one.holds_on(on)), None)


def check_token(certificate_id: int) -> str:
    """What the QR code's address ends in: sealed, unguessable, good for ten years."""
    return sign_token(PURPOSE, str(certificate_id), lasts=CHECKABLE)


def checked(token: str) -> CertificateView | None:
    """The certificate a token stands for, as anybody may see it; None for one that is not ours."""
    try:
        certificate_id = int(read_token(PURPOSE, token))
    except (TokenInvalid, TokenExpired, ValueError):
        return None
    rows: ScopedQuerySet = Certificate.objects.unscoped("whoever holds the paper may check it")
    row = rows.filter(pk=certificate_id).first()
    return view(row) if row else None
