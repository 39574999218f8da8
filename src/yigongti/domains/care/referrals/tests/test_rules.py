"""Urgent criteria at their bounds, how long the receiver reads the record, the certificate, what is measured."""

import io
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import segno
from pypdf import PdfReader

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.health_record.tests import factories as records
from yigongti.domains.care.referrals import api, certificate_pdf, certificates
from yigongti.domains.care.referrals.formulas import median, nearest_rank
from yigongti.domains.care.referrals.lake import DISCHARGES, REFERRALS
from yigongti.domains.care.referrals.services.drafting import start
from yigongti.domains.care.referrals.tests import factories
from yigongti.kernel import clock
from yigongti.kernel.lake.services import _read
from yigongti.kernel.workflow.api import take_step


@pytest.fixture
def world(db):
    return factories.world()


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=clock.ZONE)


@pytest.mark.parametrize(
    ("readings", "codes"),
    [
        ({"systolic": 179, "diastolic": 109}, []),
        ({"systolic": 180, "diastolic": 109}, ["systolic"]),
        ({"systolic": 179, "diastolic": 110}, ["diastolic"]),
        ({"systolic": 186, "diastolic": 112}, ["systolic", "diastolic"]),
        ({"glucose": Decimal("16.6")}, []),
        ({"glucose": Decimal("16.7")}, ["glucose_high"]),
        ({"glucose": 16.7}, ["glucose_high"]),
        ({"glucose": Decimal("4.0")}, []),
        ({"glucose": Decimal("3.9")}, ["glucose_low"]),
        ({"pulse": 100}, []),
        ({"pulse": 101}, ["pulse"]),
        ({"temperature": Decimal("39")}, []),
        ({"temperature": Decimal("39.1")}, ["temperature"]),
        ({"symptoms": ["chest", "chest", "headache"]}, ["chest", "headache"]),
        ({}, []),
    ],
)
def test_urgent_criteria(readings, codes):
    found = api.urgent_criteria(**readings, as_of=date(2026, 11, 22))
    assert [one.code for one in found] == codes
    assert all("国家基本公共卫生服务规范" in one.clause for one in found)


def test_symptoms_come_from_the_table():
    assert len(dict(api.SYMPTOMS)) == len(api.SYMPTOMS) >= 10
    with pytest.raises(KeyError):
        api.urgent_criteria(symptoms=["no such"])


class TestAccess:
    """From acceptance to thirty days after the end; none before, none after, none where the patient never came."""

    def may(self, world) -> str | None:
        found = health_record.relation(world.actor("doctor", world.east_hospital), world.resident)
        return found.kind if found else None

    def test_it_lasts_for_the_referral_and_a_set_time_after(self, world):
        with clock.fixed(at(2026, 12, 1, 9, 0)):
            case = factories.sent(world)
            assert self.may(world) is None
            case = take_step(case, "accept", actor=world.receiver, answers=factories.bed(0))
            assert self.may(world) == "referral"
            found = health_record.relation(world.receiver, world.resident)
            assert (found.label, found.until) == ("转诊", None)
            assert health_record.relation(world.actor("doctor", world.west_hospital), world.resident) is None
            take_step(case, "arrive", actor=world.receiver)
            take_step(case, "return", actor=world.receiver, answers=factories.PLAN)
        with clock.fixed(at(2026, 12, 10, 9, 0)):
            api.followed_up(case.pk, actor=world.origin, note="好", done_on=date(2026, 12, 10))
            case = take_step(case, "close", actor=world.origin)
        assert case.access_until == at(2027, 1, 9, 9, 0)
        with clock.fixed(at(2027, 1, 9, 8, 59)):
            assert self.may(world) == "referral"
            assert health_record.relation(world.receiver, world.resident).until == at(2027, 1, 9, 9, 0)
        with clock.fixed(at(2027, 1, 9, 9, 0)):
            assert self.may(world) is None
            assert api.get(case.pk, actor=world.origin).access_until == at(2027, 1, 9, 9, 0)

    def test_it_ends_at_once_where_the_patient_never_came(self, world):
        case = factories.sent(world)
        case = take_step(case, "accept", actor=world.receiver, answers=factories.bed())
        assert self.may(world) == "referral"
        take_step(case, "withdraw", actor=world.origin, answers={"reason": "好转"})
        assert self.may(world) is None

    def test_declined_opens_nothing(self, world):
        case = factories.sent(world)
        take_step(case, "decline", actor=world.receiver, answers={"code": "no_capacity", "advice": "转二院"})
        assert self.may(world) is None


def test_the_certificates_paper(world):
    with clock.fixed(at(2026, 12, 31, 9, 0)):
        case = factories.sent(world, receiver_id=None, receiver_name="上海瑞金医院", receiver_region="上海市",
                              inpatient=True)  # fmt: skip
        take_step(case, "approve_outside", actor=world.actor("director", world.east_hospital, id=20))
        certificate = api.certificate_for(world.resident, date(2026, 12, 31))
        address = f"https://example.test/referrals/certificates/check/{certificates.check_token(certificate.id)}/"
        paper = certificate_pdf.draw(certificate, name="王秀英", id_number="3205**********1234", address=address)
    pages = PdfReader(io.BytesIO(paper)).pages
    text = "".join(pages[0].extract_text().split())
    assert len(pages) == 1
    for said in (
        "县域外转诊证明",
        certificate.number,
        "王秀英",
        "上海瑞金医院",
        "2026年12月31日",
        "2027年6月28日",
        "住院",
    ):
        assert said in text, said
    # the modules drawn are those of the address: each dark one is a filled square
    drawn = pages[0].get_contents().get_data().decode("latin-1").count(" re f")
    code = segno.make(address, error="m", micro=False)
    assert drawn == sum(sum(row) for row in code.matrix)
    assert certificates.checked(address.rstrip("/").rsplit("/", 1)[1]).number == certificate.number
    assert certificate.holds_on(date(2027, 6, 28)) and not certificate.holds_on(date(2027, 6, 29))


def test_middle_and_ninetieth():
    assert (median([]), median([5]), median([1, 2]), median([9, 1, 5])) == (None, 5, Decimal("1.5"), 5)
    assert (nearest_rank([], 90), nearest_rank([7], 90), nearest_rank(range(1, 11), 90)) == (None, 7, 9)
    assert nearest_rank(range(1, 12), 90) == 10


def published(dataset, month: date) -> list[dict]:
    return _read(dataset, month).to_pylist()


def test_what_is_published_of_referrals(world):
    with clock.fixed(at(2026, 12, 31, 23, 30)):
        case = factories.sent(world, urgent=True)
    with clock.fixed(at(2027, 1, 1, 0, 10)):
        take_step(case, "accept", actor=world.receiver, answers={"way": "at_once"})
    assert published(REFERRALS, date(2027, 1, 1)) == []
    [row] = published(REFERRALS, date(2026, 12, 1))
    assert (row["happened_on"], row["institution_id"], row["source_id"]) == (
        date(2026, 12, 31), world.east_hospital, world.centre
    )  # fmt: skip
    assert (row["direction"], row["urgent"], row["reach"], row["state"]) == ("up", True, "inside", "accepted")
    assert (row["answered"], row["minutes_to_answer"], row["answered_within"], row["accepted"]) == (
        True,
        40,
        False,
        True,
    )
    assert (row["followed_up_within"], row["managing_id"], row["category"]) == (None, world.centre, "I10")
    assert (row["tier"], row["inside_county"], row["resident_id"]) == ("tertiary", True, world.resident)


@pytest.mark.parametrize(
    ("days", "counts"), [(-8, False), (-7, True), (0, True), (30, True), (31, False)]
)  # days from the discharge to the arrival below
def test_discharges_sent_down(world, days, counts):
    out = at(2026, 6, 15, 10, 0)
    for institution in (world.east_hospital, world.west_hospital):
        records.fact("encounter", resident_id=world.resident, source_id=institution, at=at(2026, 6, 1, 8, 0),
                     ended_at=out, setting="inpatient")  # fmt: skip
    with clock.fixed(out + timedelta(days=days)):
        doctor = world.actor("doctor", world.east_hospital, id=12)
        case = start(factories.downwards(world), actor=doctor, send=True)
        take_step(case, "accept", actor=world.origin, answers={"way": "at_once"})
        take_step(case, "arrive", actor=world.origin)
    rows = {row["institution_id"]: row for row in published(DISCHARGES, date(2026, 6, 1))}
    assert rows[world.east_hospital]["sent_down"] is counts
    assert rows[world.west_hospital]["sent_down"] is False
    assert rows[world.east_hospital]["discharged_on"] == date(2026, 6, 15)


def test_a_return_counts_as_sent_down_by_the_hospital_that_returned(world):
    with clock.fixed(at(2026, 6, 10, 9, 0)):
        case = factories.sent(world)
        take_step(case, "accept", actor=world.receiver, answers=factories.bed(0))
        take_step(case, "arrive", actor=world.receiver)
    records.fact("encounter", resident_id=world.resident, source_id=world.east_hospital, at=at(2026, 6, 10, 9, 0),
                 ended_at=at(2026, 6, 14, 9, 0), setting="inpatient")  # fmt: skip
    assert [row["sent_down"] for row in published(DISCHARGES, date(2026, 6, 1))] == [False]
    with clock.fixed(at(2026, 6, 14, 10, 0)):
        take_step(case, "return", actor=world.receiver, answers=factories.PLAN)
    assert [row["sent_down"] for row in published(DISCHARGES, date(2026, 6, 1))] == [True]
