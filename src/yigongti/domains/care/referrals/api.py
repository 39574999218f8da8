"""Referrals, for everybody above: one, a person's, urgent criteria, the follow-up's step, catalogues, certificates."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from yigongti.domains.care.referrals.catalogue import Belongs, tier_categories, where_it_belongs
from yigongti.domains.care.referrals.certificates import CertificateView, certificate_for, certificates
from yigongti.domains.care.referrals.figures import Figures, figures
from yigongti.domains.care.referrals.listing import ReferralLine, rows_for
from yigongti.domains.care.referrals.models import Referral
from yigongti.domains.care.referrals.permissions import ANSWER, FIGURES, FOLLOW_UP, SEND, VIEW
from yigongti.domains.care.referrals.selectors import ReferralView, get, of_resident, open_of, views
from yigongti.domains.care.referrals.services.catalogues import load_shipped as load_shipped_catalogue
from yigongti.domains.care.referrals.services.drafting import Content, ReferralRefused, start
from yigongti.domains.care.referrals.starting import start_token
from yigongti.domains.care.referrals.urgent import SYMPTOMS, Criterion, urgent_criteria
from yigongti.domains.care.referrals.workflow import REFERRAL
from yigongti.kernel.access.api import Actor, ScopedQuerySet
from yigongti.kernel.workflow.api import StepRefused, take_step

__all__ = [
    "ANSWER",
    "FIGURES",
    "FOLLOW_UP",
    "REFERRAL",
    "SEND",
    "SYMPTOMS",
    "VIEW",
    "Belongs",
    "CertificateView",
    "Content",
    "Criterion",
    "Figures",
    "ReferralLine",
    "ReferralRefused",
    "ReferralView",
    "StepRefused",
    "certificate_for",
    "certificates",
    "figure_address",
    "figures",
    "followed_up",
    "get",
    "load_shipped_catalogue",
    "of_resident",
    "open_of",
    "rows_for",
    "start",
    "start_address",
    "tier_categories",
    "to_answer",
    "urgent_criteria",
    "where_it_belongs",
]


def start_address(
    resident_id: int,
    criteria: Iterable[Criterion | str] = (),
    readings: Mapping[str, Any] | None = None,
    *,
    direction: str = "up",
) -> str:
    """The address of the new-referral page, filled in for a resident: urgent where criteria are met.

    ``readings``: systolic, diastolic (mmHg), glucose (mmol/L), pulse, temperature. What is about health stands in a
    sealed token that lasts an hour, not in plain words in the address.
    """
    codes = [one if isinstance(one, str) else one.code for one in criteria]
    token = start_token(resident_id, codes, dict(readings or {}), direction, lasts=timedelta(hours=1))
    return f"{reverse('referrals:new')}?{urlencode({'start': token})}"


def followed_up(referral_id: int, *, actor: Actor, note: str, done_on: date) -> ReferralView:
    """The follow-up was done: takes the step "follow_up". Raises StepRefused, and then nothing has changed."""
    rows: ScopedQuerySet = Referral.objects.unscoped("the step checks the side")
    case = rows.get(pk=referral_id)
    taken = take_step(case, "follow_up", actor=actor, answers={"note": note, "done_on": done_on.isoformat()})
    return views([taken])[0]


def figure_address(
    since: date, until: date, *, figure: str = "", receiver_id: int | None = None, direction: str = ""
) -> str:
    """The list of the referrals a figure counts.

    ``figure``: "" (sent), answered, accepted, not_accepted, overdue, in_time, follow_up_due, followed_up_in_time.
    """
    asked = {
        "sent_from": since.isoformat(), "sent_to": until.isoformat(), "figure": figure, "direction": direction,
        "receiver": receiver_id or "",
    }  # fmt: skip
    return f"{reverse('referrals:part', args=['all'])}?{urlencode({k: v for k, v in asked.items() if v})}"


def to_answer(actor: Actor) -> list[ReferralView]:
    """Referrals that wait for an answer of the actor's institutions: the urgent and the overdue first."""
    rows = Referral.objects.visible_to(actor, ANSWER).filter(state__in=("sent", "expired"))
    if not actor.everything:
        rows = rows.filter(receiver_id__in=sorted(actor.organisations(ANSWER)))
    found = sorted(rows, key=lambda row: (not row.urgent, row.state != "expired", row.answer_by, row.pk))
    return views(found)
