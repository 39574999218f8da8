"""Whether a referral certificate covers care out of the county: one by one for a page, and a year's claims at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

import pyarrow as pa
from django.conf import settings
from django.utils.translation import gettext as _
from ibis.backends.duckdb import Backend

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.care.referrals import api as referrals
from yigongti.domains.money.claims.claim_view import ClaimView
from yigongti.domains.money.claims.formulas import EitherWay, either_way
from yigongti.domains.money.claims.lake import view
from yigongti.domains.money.claims.policy import CERTIFICATE_SETTINGS, WITHOUT_REFERRAL, WITHOUT_REFERRAL_PERCENT
from yigongti.kernel import clock
from yigongti.kernel.lake.api import engine, snapshot
from yigongti.kernel.policy.api import Value


class Match(StrEnum):
    """How a claim stands to the certificates of its person."""

    NOT_NEEDED = "not_needed"
    COVERED = "covered"
    ANOTHER_DESTINATION = "another_destination"
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    NONE = "none"

    @property
    def label(self) -> str:
        return {
            "not_needed": _("不需要转诊证明"), "covered": _("有转诊证明"), "another_destination": _("转诊证明开往别处"),
            "revoked": _("转诊证明已撤销"), "expired": _("转诊证明已过期"), "not_yet": _("转诊证明尚未生效"),
            "none": _("没有转诊证明"),
        }[self.value]  # fmt: skip

    @property
    def kind(self) -> str:
        """Its colour, beside its words."""
        return {"covered": "good", "not_needed": ""}.get(self.value, "attention")


ORDER = tuple(Match)
"""The first that holds for any certificate of the person is the claim's."""


@dataclass(frozen=True)
class CertificateMatch:
    """``certificate_id`` and ``number``: the certificate it turns on, where there is one."""

    claim_id: int
    match: Match
    certificate_id: int | None = None
    number: str = ""
    named: str = ""

    @property
    def reason(self) -> str:
        """Why, in a sentence."""
        said = {
            Match.NOT_NEEDED: _("县域内就医，或这类就医不要求转诊证明。"),
            Match.COVERED: _("就医开始之日，转诊证明 %(number)s 有效，且开往这家机构。"),
            Match.ANOTHER_DESTINATION: _("就医开始之日，转诊证明 %(number)s 有效，但开往另一家机构。"),
            Match.REVOKED: _("转诊证明 %(number)s 在就医开始之前已撤销。"),
            Match.EXPIRED: _("就医开始之日，转诊证明 %(number)s 已过有效期。"),
            Match.NOT_YET: _("就医开始之日，转诊证明 %(number)s 还没有生效。"),
            Match.NONE: _("没有找到这位患者的县域外转诊证明。"),
        }[self.match] % {"number": self.number}
        if self.named and self.named != self.number:
            said += _("结算单上写的证明编号 %(named)s 对不上。") % {"named": self.named}
        return said


def settings_in_need(on: date | None = None) -> frozenset[str]:
    """The kinds of care out of the county that need a certificate, by the place's policy."""
    return frozenset(CERTIFICATE_SETTINGS.at(place=settings.PLACE, as_of=on).value)


CERTIFICATES = pa.schema(
    [
        pa.field("certificate_id", pa.int64()),
        pa.field("number", pa.string()),
        pa.field("person_id", pa.int64()),
        pa.field("destination", pa.string()),
        pa.field("valid_from", pa.date32()),
        pa.field("valid_until", pa.date32()),
        pa.field("revoked_on", pa.date32()),
    ]
)
EVER = (date(2000, 1, 1), date(2999, 12, 31))
NEAR = timedelta(days=730)
"""For one claim, certificates that ended or begin longer ago than this tell nothing."""


def _certificates(days: tuple[date, date]) -> pa.Table:
    """The place's certificates that hold on some of these days, by the person: two queries however many."""
    found = referrals.certificates(*days, place=settings.PLACE)
    persons = health_record.persons({one.resident_id for one in found})
    rows = [
        {
            "certificate_id": one.id,
            "number": one.number,
            "person_id": persons.get(one.resident_id, one.resident_id),
            "destination": one.destination_name,
            "valid_from": one.valid_from,
            "valid_until": one.valid_until,
            "revoked_on": one.revoked_at.astimezone(clock.ZONE).date() if one.revoked_at else None,
        }
        for one in found
    ]
    return pa.Table.from_pylist(rows, schema=CERTIFICATES)


# Names of institutions are compared without blanks and brackets; one may be the other's with a branch behind it,
# and not with another town's before it.
_BARE = "regexp_replace({}, '[\\s（）()·]', '', 'g')"
_STATUS = f"""
    SELECT c.id AS claim_id, t.certificate_id, t.number,
           CASE
               WHEN t.certificate_id IS NULL THEN 'none'
               WHEN c.service_start < t.valid_from THEN 'not_yet'
               WHEN c.service_start > t.valid_until THEN 'expired'
               WHEN t.revoked_on IS NOT NULL AND t.revoked_on <= c.service_start THEN 'revoked'
               WHEN {_BARE.format("t.destination")} <> '' AND {_BARE.format("c.institution_name")} <> ''
                    AND (starts_with({_BARE.format("c.institution_name")}, {_BARE.format("t.destination")})
                         OR starts_with({_BARE.format("t.destination")}, {_BARE.format("c.institution_name")}))
                    THEN 'covered'
               ELSE 'another_destination'
           END AS status
    FROM claims c LEFT JOIN certificates t ON t.person_id = c.resident_id
    WHERE NOT c.inside_county AND c.setting IN (SELECT unnest(?))
"""  # noqa: S608  (constants)
_BEST = f"""
    SELECT claim_id, status, certificate_id, number FROM ({_STATUS})
    QUALIFY row_number() OVER (
        PARTITION BY claim_id ORDER BY list_position(?, status), certificate_id DESC
    ) = 1
"""  # noqa: S608  (constants)


@contextmanager
def with_matches(backend: Backend, days: tuple[date, date] = EVER) -> Iterator[None]:
    """Within the block, ``certificate_matches`` can be read in SQL beside the view ``claims``: one row per claim that
    needs a certificate, with claim_id, status, certificate_id, number."""
    connection = backend.con
    connection.register("certificates", _certificates(days))
    needed = sorted(settings_in_need())
    connection.execute(
        f"CREATE TEMP TABLE certificate_matches AS {_BEST}",
        [needed, [str(one) for one in ORDER]],
    )
    try:
        yield
    finally:
        connection.execute("DROP TABLE certificate_matches")
        connection.unregister("certificates")


def certificate_matches(since: date, until: date, *, outside_only: bool = True) -> list[CertificateMatch]:
    """How each claim settled in [since, until] out of the county stands to the certificates: read from the lake in one
    go, for the platform's own sums; names no reader."""
    taken = snapshot("claims", clock.month_of(since), clock.next_month(clock.month_of(until)))
    with engine() as backend:
        view(backend, "claims", taken)
        with with_matches(backend):
            rows = backend.con.execute(
                "SELECT c.id, coalesce(m.status, 'not_needed'), m.certificate_id, m.number, c.certificate_no"
                " FROM claims c LEFT JOIN certificate_matches m ON m.claim_id = c.id"
                " WHERE c.happened_on BETWEEN ? AND ? AND (NOT ? OR NOT c.inside_county)"
                " AND c.place = ? ORDER BY c.id",
                [since, until, outside_only, settings.PLACE],
            ).fetchall()
    return [
        CertificateMatch(claim, Match(status), pk, number or "", named) for claim, status, pk, number, named in rows
    ]


def match_of(claim: ClaimView) -> CertificateMatch:
    """How one claim stands to the certificates of its person: by the same rule as a year's."""
    row = {
        "id": claim.id,
        "resident_id": claim.resident_id,
        "inside_county": claim.inside_county,
        "setting": claim.setting,
        "service_start": claim.service_start,
        "institution_name": claim.institution_name,
    }
    if claim.inside_county or claim.setting not in settings_in_need():
        return CertificateMatch(claim.id, Match.NOT_NEEDED, named=claim.certificate_no)
    near = (claim.service_start - NEAR, claim.service_start + NEAR)
    with engine() as backend:
        backend.con.register("claims", pa.Table.from_pylist([row]))
        try:
            with with_matches(backend, near):
                [(status, pk, number)] = backend.con.execute(
                    "SELECT status, certificate_id, number FROM certificate_matches"
                ).fetchall()
        finally:
            backend.con.unregister("claims")
    return CertificateMatch(claim.id, Match(status), pk, number or "", claim.certificate_no)


@dataclass(frozen=True)
class Reimbursement:
    """The fund's part of a claim with a referral and without, and the rules it was worked out by."""

    amounts: EitherWay
    referred: bool
    rule: Value[str]
    percent: Value[Decimal]


def reimbursement(claim: ClaimView, match: CertificateMatch) -> Reimbursement | None:
    """What the fund's part would have been either way; None where no referral is asked for. Raises PolicyGap."""
    if match.match is Match.NOT_NEEDED:
        return None
    rule = WITHOUT_REFERRAL.at(place=settings.PLACE, as_of=claim.service_start)
    percent = WITHOUT_REFERRAL_PERCENT.at(place=settings.PLACE, as_of=claim.service_start)
    referred = match.match is Match.COVERED
    amounts = either_way(claim.fund_fen, claim.covered_fen, rule=rule.value, percent=percent.value, referred=referred)
    return Reimbursement(amounts, referred, rule, percent)
