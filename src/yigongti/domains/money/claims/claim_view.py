"""A claim as pages and other domains see it: frozen, in fen, with names where people read them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.urls import reverse

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.residents import api as residents
from yigongti.domains.money.claims.codes import AdmissionWay, DischargeWay, PaymentMethod
from yigongti.kernel import clock


@dataclass(frozen=True)
class ClaimView:
    """One version of a settlement. ``resident_id`` is the person; ``managing_id`` who looked after them on the day
    it was settled, and ``began_on`` when care began: of a reversal those of what it takes back, where that is known.

    Money in fen, below zero in a reversal. ``beside_fen``: what critical illness insurance, medical aid and other funds
    paid beside the pooled fund. ``version`` counts from 1; ``stands`` is false for one that was superseded or
    withdrawn. ``detail``: the settlement list's further columns, as sent.
    """

    id: int
    record_no: str
    source_id: int
    source_name: str
    resident_id: int
    managing_id: int | None
    name_masked: str
    institution_id: int | None
    institution_name: str
    inside_county: bool
    tier: str
    setting: str
    setting_label: str
    settled_on: date
    settled_at: datetime
    service_start: date
    began_on: date
    service_end: date | None
    department: str
    doctor: str
    code_system: str
    code: str
    diagnosis: str
    total_fen: int
    fund_fen: int
    self_paid_fen: int
    insurance_kind: str
    insurance_label: str
    reverses: str
    certificate_no: str
    payment_method: str
    version: int
    recorded_at: datetime
    superseded_by: int | None
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return reverse("claims:claim", args=[self.id])

    @property
    def stands(self) -> bool:
        return self.superseded_by is None

    @property
    def withdrawn(self) -> bool:
        return self.superseded_by == self.id

    @property
    def stay_days(self) -> int | None:
        """Days in hospital, the day of coming and the day of leaving counted as one; at least 1. None outside wards."""
        if self.setting != "inpatient" or self.service_end is None:
            return None
        return max((self.service_end - self.service_start).days, 1)

    @property
    def other_diagnoses(self) -> tuple[str, ...]:
        return tuple(filter(None, str(self.detail.get("other_diagnoses") or "").split("|")))

    @property
    def procedures(self) -> tuple[str, ...]:
        return tuple(filter(None, str(self.detail.get("procedures") or "").split("|")))

    @property
    def beside_fen(self) -> int:
        return sum(int(self.detail.get(name) or 0) for name in BESIDE)

    @property
    def covered_fen(self) -> int:
        """The part of the bill the insurance list covers."""
        return self.total_fen - int(self.detail.get("self_expense_fen") or 0)

    @property
    def payment_label(self) -> str:
        return _labelled(PaymentMethod, self.payment_method)

    @property
    def discharge_label(self) -> str:
        return _labelled(DischargeWay, str(self.detail.get("discharge_way") or ""))

    @property
    def admission_label(self) -> str:
        return _labelled(AdmissionWay, str(self.detail.get("admission_way") or ""))


BESIDE = ("critical_illness_fen", "medical_aid_fen", "civil_servant_fen", "large_amount_fen", "other_fund_fen")
"""What others than the pooled fund and the person paid, in the order of the settlement list."""


def _labelled(kind: Any, code: str) -> str:
    return str(kind(code).label) if code in kind.values else code


def day_said(moment: object, otherwise: date) -> date:
    """The day of a moment as a fact's detail keeps it."""
    try:
        return datetime.fromisoformat(str(moment)).astimezone(clock.ZONE).date() if moment else otherwise
    except ValueError:
        return otherwise


def views(facts: Iterable[health_record.ClaimFact], versions: Mapping[int, int]) -> list[ClaimView]:
    """Claims in the order given, whoever may see them; ``versions``: which version each one is, by id."""
    facts = list(facts)
    persons = health_record.persons({one.fact.resident_id for one in facts})
    cards = residents.cards(persons.values())
    before = health_record.managed_before(persons.values())
    whole = _taken_back(facts)
    return [
        _view(one, persons, cards, before, versions.get(one.fact.id, 1), whole.get((one.fact.source_id, one.reverses)))
        for one in facts
    ]


def _taken_back(facts: Iterable[health_record.ClaimFact]) -> dict[tuple[int, str], health_record.ClaimFact]:
    """What those among them that are reversals take back, by payer and number: one query a payer, none without any."""
    by_payer: dict[int, set[str]] = {}
    for one in facts:
        if one.reverses:
            by_payer.setdefault(one.fact.source_id, set()).add(one.reverses)
    return {
        (payer, number): claim
        for payer, numbers in by_payer.items()
        for number, claim in health_record.claims_numbered(payer, numbers).items()
    }


def _view(
    one: health_record.ClaimFact,
    persons: Mapping[int, int],
    cards: Mapping[int, residents.Card],
    before: Mapping[int, list[tuple[date, int]]],
    version: int,
    whole: health_record.ClaimFact | None,
) -> ClaimView:
    fact, detail = one.fact, one.fact.detail
    person = persons.get(fact.resident_id, fact.resident_id)
    card = cards.get(person)
    today = card.managing_institution_id if card else None
    start = day_said(detail.get("started_at"), fact.happened_on)
    first = whole.fact if whole else fact
    return ClaimView(
        id=fact.id,
        record_no=fact.record_no,
        source_id=fact.source_id,
        source_name=fact.source,
        resident_id=person,
        managing_id=next((manager for until, manager in before.get(person, ()) if first.happened_on < until), today),
        name_masked=card.name if card else "",
        institution_id=fact.institution_id,
        institution_name=fact.institution,
        inside_county=fact.inside_county,
        tier=fact.tier,
        setting=fact.setting,
        setting_label=fact.setting_label,
        settled_on=fact.happened_on,
        settled_at=fact.happened_at,
        service_start=start,
        began_on=day_said(first.detail.get("started_at"), first.happened_on),
        service_end=day_said(detail["ended_at"], start) if detail.get("ended_at") else None,
        department=fact.department,
        doctor=fact.practitioner,
        code_system=fact.code_system,
        code=fact.code,
        diagnosis=fact.display,
        total_fen=fact.total_fen or 0,
        fund_fen=fact.fund_fen or 0,
        self_paid_fen=fact.self_paid_fen or 0,
        insurance_kind=fact.insurance_kind,
        insurance_label=fact.insurance_label,
        reverses=one.reverses,
        certificate_no=str(detail.get("certificate_no") or ""),
        payment_method=str(detail.get("payment_method") or ""),
        version=version,
        recorded_at=one.recorded_at,
        superseded_by=one.superseded_by,
        detail=detail,
    )
