"""Issuing and revoking certificates of referral out of the county."""

from datetime import timedelta

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.referrals import policy
from yigongti.domains.care.referrals.models import Certificate, CertificateSeries, Referral
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor


def issue(case: Referral, *, actor: Actor, issuer_id: int) -> Certificate:
    """The certificate of a referral, with the next number of its place and year. In the step's transaction: if that
    fails the number is given to the next one, so none is left out. Holds from today; policy says how many days."""
    now = clock.now()
    today = now.date()
    places = organisation.get_many({case.origin_id, issuer_id})
    root = organisation.root(case.place)
    division = root.division_code if root else ""
    serial = _next(case.place, today.year)
    card = residents.card(case.resident_id)
    days = policy.CERTIFICATE_DAYS.at(case.place, today).value
    made: Certificate = Certificate.objects.create(
        place=case.place,
        year=today.year,
        serial=serial,
        number=f"ZW{division or case.place}-{today.year}-{serial:06d}",
        referral=case,
        resident_id=case.resident_id,
        name_masked=card.name if card else "",
        origin_id=case.origin_id,
        origin_name=places[case.origin_id].name,
        issuer_id=issuer_id,
        issuer_name=places[issuer_id].name,
        issued_by_name=actor.name,
        issued_at=now,
        destination_name=case.receiver_name,
        destination_region=case.receiver_region,
        insured_division=division,
        inpatient=case.inpatient,
        emergency=case.urgent,
        diagnosis_code=case.diagnosis_code,
        diagnosis=case.diagnosis,
        valid_from=today,
        valid_until=today + timedelta(days=days - 1),
    )
    return made


def revoke(case: Referral, *, reason: str) -> None:
    """A certificate that was issued no longer holds; its number stays taken."""
    Certificate.objects.unscoped("the step has checked the side").filter(referral=case, revoked_at=None).update(
        revoked_at=clock.now(), revoked_reason=reason[:500]
    )


def _next(place: str, year: int) -> int:
    CertificateSeries.objects.get_or_create(place=place, year=year)
    series = CertificateSeries.objects.select_for_update().get(place=place, year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return series.last
