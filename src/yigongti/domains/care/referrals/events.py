"""What the referrals domain tells others: ids of the referral, the person and the sides; after commit, or within."""

from dataclasses import dataclass

from yigongti.kernel.events import Event


@dataclass(frozen=True)
class OfReferral(Event):
    """``receiver_id`` is None for a referral out of the county; ``direction``: up, down, sideways."""

    referral_id: int
    resident_id: int
    direction: str
    urgent: bool
    origin_id: int
    receiver_id: int | None
    follow_up_id: int


@dataclass(frozen=True)
class ReferralSent(OfReferral):
    """It was sent to the receiver (or, redirected, to the next one)."""


@dataclass(frozen=True)
class ReferralAccepted(OfReferral):
    """The receiver takes the patient in."""


@dataclass(frozen=True)
class ReferralDeclined(OfReferral):
    """The receiver, or the body that approves, does not; the origin has to arrange."""


@dataclass(frozen=True)
class ReferralArrived(OfReferral):
    """The patient came. Sent down, this is when the care plan begins to be carried out."""


@dataclass(frozen=True)
class ReferralNotArrived(OfReferral):
    """The patient did not come in time; the origin has to make contact."""


@dataclass(frozen=True)
class ReferralReturned(OfReferral):
    """The receiver sent the patient back with a care plan, medicines and next checks."""


@dataclass(frozen=True)
class ReferralCertified(OfReferral):
    """A certificate of referral out of the county was issued."""


@dataclass(frozen=True)
class ReferralFollowedUp(OfReferral):
    """The follow-up was done."""


@dataclass(frozen=True)
class ReferralExpired(OfReferral):
    """Nobody answered in time; it was escalated and can still be answered."""


@dataclass(frozen=True)
class ReferralClosed(OfReferral):
    """It ended: closed, withdrawn or redirected (``state``)."""

    state: str
