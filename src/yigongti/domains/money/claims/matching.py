"""Whether a referral certificate covers care out of the county: one by one for a page, and a month's claims at once."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
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
from yigongti.domains.money.claims.lake import REFERRALS, view
from yigongti.domains.money.claims.policy import WITHOUT_REFERRAL, WITHOUT_REFERRAL_PERCENT
from yigongti.domains.money.claims.terms import Terms, terms
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
            Match.NONE: _("没有找到这位患者前后两年内的县域外转诊证明。"),
        }[self.match] % {"number": self.number}
        if self.named and self.named != self.number:
            said += _("结算单上写的证明编号 %(named)s 对不上。") % {"named": self.named}
        return said


CERTIFICATES = pa.schema(
    [
        pa.field("place", pa.string()),
        pa.field("certificate_id", pa.int64()),
        pa.field("number", pa.string()),
        pa.field("person_id", pa.int64()),
        pa.field("destination", pa.string()),
        pa.field("valid_from", pa.date32()),
        pa.field("valid_until", pa.date32()),
        pa.field("revoked_on", pa.date32()),
    ]
)
TERMS = pa.schema(
    [
        pa.field("nr", pa.int32()),
        pa.field("place", pa.string()),
        pa.field("since", pa.date32()),
        pa.field("until", pa.date32()),
        pa.field("setting", pa.string()),
    ]
)
NEAR = 730
"""Days: certificates that ended or begin longer ago or later than this tell nothing of a claim."""


def certificates_near(place: str, first: date, last: date) -> list[referrals.CertificateView]:
    """A place's certificates that may tell something of care that began in [first, last]."""
    start, end = max(first.toordinal() - NEAR, 1), min(last.toordinal() + NEAR, date.max.toordinal())
    return referrals.certificates(date.fromordinal(start), date.fromordinal(end), place=place)


def _certificates(places: Iterable[str], first: date | None, last: date | None) -> pa.Table:
    """By the person: two queries a place, however many; none where there is no care to be covered."""
    rows: list[dict[str, object]] = []
    for place in places if first and last else ():
        assert first and last
        found = certificates_near(place, first, last)
        persons = health_record.persons({one.resident_id for one in found})
        rows += [
            {
                "place": place,
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


def _terms(held: Iterable[Terms]) -> pa.Table:
    rows = [
        {"nr": nr, "place": one.place, "since": one.since, "until": one.until, "setting": setting}
        for nr, one in enumerate(held)
        for setting in one.settings
    ]
    return pa.Table.from_pylist(rows, schema=TERMS)


# Names of institutions are compared without blanks and brackets; one may be the other's with a branch behind it,
# and not with another town's before it.
_BARE = "regexp_replace({}, '[\\s（）()·]', '', 'g')"
_STATUS = f"""
    SELECT c.id AS claim_id, n.nr AS terms, t.certificate_id, t.number,
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
    FROM claims c
    JOIN terms n ON n.place = c.place AND n.setting = c.setting
         AND c.service_start >= n.since AND (n.until IS NULL OR c.service_start < n.until)
    LEFT JOIN certificates t ON t.place = c.place AND t.person_id = c.resident_id
         AND t.valid_from <= c.service_start + {NEAR} AND t.valid_until >= c.service_start - {NEAR}
    WHERE NOT c.inside_county
"""  # noqa: S608  (constants)
_BEST = f"""
    SELECT claim_id, terms, status, certificate_id, number FROM ({_STATUS})
    QUALIFY row_number() OVER (
        PARTITION BY claim_id ORDER BY list_position(?, status), certificate_id DESC
    ) = 1
"""  # noqa: S608  (constants)


@contextmanager
def with_matches(backend: Backend) -> Iterator[list[Terms]]:
    """Within the block, ``certificate_matches`` can be read in SQL beside the view ``claims``: one row per claim that
    needs a certificate, with claim_id, terms, status, certificate_id, number. Gives the terms that ``terms`` counts.
    """
    connection = backend.con
    places = [place for (place,) in connection.execute("SELECT DISTINCT place FROM claims ORDER BY 1").fetchall()]
    held = [one for place in places for one in terms(place)]
    first, last = connection.execute(
        "SELECT min(service_start), max(service_start) FROM claims WHERE NOT inside_county"
    ).fetchall()[0]
    connection.register("terms", _terms(held))
    connection.register("certificates", _certificates(places, first, last))
    connection.execute(f"CREATE TEMP TABLE certificate_matches AS {_BEST}", [[str(one) for one in ORDER]])
    try:
        yield held
    finally:
        connection.execute("DROP TABLE certificate_matches")
        connection.unregister("certificates")
        connection.unregister("terms")


def certificate_matches(since: date, until: date, *, outside_only: bool = True) -> list[CertificateMatch]:
    """How each claim settled in [since, until] out of the county stands to the certificates, as it is published: for
    the platform's own sums; names no reader."""
    months = clock.month_of(since), clock.next_month(clock.month_of(until))
    with engine() as backend:
        view(backend, "claims", snapshot("claims", *months))
        view(backend, "referrals", snapshot(REFERRALS, *months))
        rows = backend.con.execute(
            "SELECT c.id, coalesce(m.match, 'not_needed'), m.certificate_id, c.certificate_no, c.service_start"
            " FROM claims c LEFT JOIN referrals m ON m.id = c.id"
            " WHERE c.happened_on BETWEEN ? AND ? AND (NOT ? OR NOT c.inside_county) AND c.place = ? ORDER BY c.id",
            [since, until, outside_only, settings.PLACE],
        ).fetchall()
    days = [row[-1] for row in rows]
    numbers = {one.id: one.number for one in certificates_near(settings.PLACE, min(days), max(days))} if rows else {}
    return [
        CertificateMatch(claim, Match(status), pk, numbers.get(pk, ""), named) for claim, status, pk, named, _on in rows
    ]


def match_of(claim: ClaimView) -> CertificateMatch:
    """How one claim stands to the certificates of its person now: by the same rule as a month's."""
    row = {
        "id": claim.id,
        "place": settings.PLACE,
        "resident_id": claim.resident_id,
        "inside_county": claim.inside_county,
        "setting": claim.setting,
        "service_start": claim.began_on,
        "institution_name": claim.institution_name,
    }
    with engine() as backend:
        backend.con.register("claims", pa.Table.from_pylist([row]))
        try:
            with with_matches(backend):
                found = backend.con.execute("SELECT status, certificate_id, number FROM certificate_matches").fetchall()
        finally:
            backend.con.unregister("claims")
    status, pk, number = found[0] if found else (Match.NOT_NEEDED, None, "")
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
    rule = WITHOUT_REFERRAL.at(place=settings.PLACE, as_of=claim.began_on)
    percent = WITHOUT_REFERRAL_PERCENT.at(place=settings.PLACE, as_of=claim.began_on)
    referred = match.match is Match.COVERED
    amounts = either_way(claim.fund_fen, claim.covered_fen, rule=rule.value, percent=percent.value, referred=referred)
    return Reimbursement(amounts, referred, rule, percent)
