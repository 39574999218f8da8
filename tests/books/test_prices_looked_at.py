"""Price adjustments: quantities that speak of nothing, pages that are out of date."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from tests.books.test_gone_round import seen_on
from tests.books.test_prices import LATER, PLACE, adjusted, listed, payer, today, usage  # noqa: F401  (fixtures)
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.prices.formulas import Quantity
from yigongti.domains.money.prices.services import adjusting
from yigongti.domains.money.prices.services.reading import NewPrice
from yigongti.kernel import clock
from yigongti.kernel.workflow.api import StepRefused, take_step

pytestmark = pytest.mark.django_db


def test_quantities_of_other_items_only_are_no_measure(listed, payer):  # noqa: F811
    """CT01 and N01 change, the file speaks of N99: both are named, as if one of them had been left out."""
    case = adjusted(payer)
    other = Quantity(listed.ids["east_hospital"], "N99", Decimal(5), Decimal(50))
    adjusting.take_usage(case, [other], actor=payer(1))
    with pytest.raises(StepRefused, match="CT01、N01"):
        take_step(case, "submit", actor=payer(1))


def again(case, payer, ct=23000):  # noqa: F811
    """Corrected by a colleague: the nursing stays, CT becomes ``ct``."""
    prices = [
        NewPrice("CT01", "CT平扫", "部位", "tertiary", ct), NewPrice("N01", "一级护理", "日", "tertiary", 2600)
    ]  # fmt: skip
    return adjusting.redraft(case, name="改", document="文", starts_on=LATER, prices=prices, actor=payer(3))


def test_a_page_out_of_date_drops_nothing_without_a_word(listed, payer, settings):  # noqa: F811
    settings.PLACE = PLACE
    case = adjusted(payer)
    client = signed_in("insurance_officer", listed.ids["county"])
    address = reverse("prices:correct", args=[case.pk])
    old = case.lines.get(code="CT01").pk
    assert f'name="price_{old}"' in client.get(address).content.decode()
    again(case, payer, 24000)
    said = {"name": "改", "document": "文", "clause": "", "starts_on": LATER.isoformat(), f"price_{old}": "111"}
    page = client.post(address, said)
    assert page.status_code == 422 and "240.00" in page.content.decode()
    assert case.lines.get(code="CT01").after_fen == 24000
    now = case.lines.get(code="CT01").pk
    assert client.post(address, said | {f"price_{old}": "x"}).status_code == 422
    said.pop(f"price_{old}")
    assert client.post(address, said | {f"price_{now}": "111"}).status_code == 302
    assert case.lines.get(code="CT01").after_fen == 11100


def test_the_prices_that_are_approved_are_those_that_were_looked_at(listed, payer, settings):  # noqa: F811
    """CT 230.00 on the page; given back, it becomes 231 and is put forward again; then the old page's button."""
    settings.PLACE = PLACE
    case = adjusted(payer)
    adjusting.take_usage(case, usage(listed), actor=payer(1))
    take_step(case, "submit", actor=payer(1))
    client = signed_in("guidance_officer", listed.ids["county"])
    shown = client.get(case.get_absolute_url()).content.decode()
    assert client.get(adjusted(payer).get_absolute_url()).status_code == 200  # another one in between
    take_step(case, "give_back", actor=payer(2), answers={"reason": "x"})
    again(case, payer, 23100)
    with_later_moment(case, payer)
    refused = client.post(case.get_absolute_url(), {"step": "approve", "seen": seen_on(shown)})
    assert refused.status_code == 422
    case.refresh_from_db()
    assert case.state == "submitted"
    now = {"step": "approve", "seen": seen_on(refused.content.decode())}
    assert client.post(case.get_absolute_url(), now).status_code == 302


def with_later_moment(case, payer):  # noqa: F811
    with clock.fixed(clock.now() + timedelta(minutes=1)):
        take_step(case, "submit", actor=payer(1))
