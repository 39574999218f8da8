"""An adjustment that was given back: corrected, looked at anew, put forward again."""

import io
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.books.test_prices import LATER, LIST, PLACE, adjusted, listed, payer, today, usage  # noqa: F401  (fixtures)
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.prices import api as prices
from yigongti.domains.money.prices.services import adjusting
from yigongti.domains.money.prices.services.adjusting import AdjustmentRefused
from yigongti.domains.money.prices.services.reading import NewPrice
from yigongti.kernel.workflow.api import StepRefused, take_step


def test_what_was_given_back_is_corrected_and_put_forward_again(listed, payer):  # noqa: F811
    """CT 250 → 230 for 300 cases is −6,000.00; nursing 20 → 26 for 1,000 days +6,000.00: 0. Corrected to CT 240 it is
    −3,000.00 and nursing to 23 +3,000.00: 0 again, on the quantities that were brought in before."""
    case = adjusted(payer)
    adjusting.take_usage(case, usage(listed), actor=payer(1))
    take_step(case, "submit", actor=payer(1))
    with pytest.raises(AdjustmentRefused):
        adjusting.redraft(case, name="x", document="文", starts_on=LATER, prices=LIST, actor=payer(1))
    take_step(case, "give_back", actor=payer(2), answers={"reason": "降得太多"})
    wanted = [
        NewPrice("CT01", "CT平扫", "部位", "tertiary", 24000), NewPrice("N01", "一级护理", "日", "tertiary", 2300),
        NewPrice("N01", "一级护理", "日", "primary", 1600),  # as it is: no line of the adjustment
    ]  # fmt: skip
    again = adjusting.redraft(case, name="调整二稿", document="文", starts_on=LATER, prices=wanted, actor=payer(3))
    assert {(one.code, one.tier, one.before_fen, one.after_fen) for one in again.lines.all()} == {
        ("CT01", "tertiary", 25000, 24000), ("N01", "tertiary", 2000, 2300)
    }  # fmt: skip
    done = take_step(case, "submit", actor=payer(1))
    assert (done.name, done.measured, done.before_fen, done.after_fen) == ("调整二稿", True, 9500000, 9500000)
    for hand in (1, 3):  # who corrected it, too
        with pytest.raises(StepRefused, match="另一人"):
            take_step(case, "approve", actor=payer(hand))
    take_step(case, "approve", actor=payer(2))
    assert prices.price_at(["CT01", "N01"], LATER, "tertiary") == {"CT01": 24000, "N01": 2300}


def test_a_price_that_moved_meanwhile_is_looked_at_anew(listed, payer):  # noqa: F811
    """Prepared against 250; another adjustment sets 240 first. Corrected, it starts from 240."""
    case = adjusted(payer)
    other = adjusting.draft(PLACE, name="先批的", document="文", starts_on=LATER - timedelta(days=2),
                            prices=[NewPrice("CT01", "CT平扫", "部位", "tertiary", 24000)], actor=payer(1))  # fmt: skip
    take_step(other, "submit", actor=payer(1))
    take_step(other, "approve_unmeasured", actor=payer(2), answers={"measured_elsewhere": "x"})
    with pytest.raises(StepRefused, match="修改方案"):
        take_step(case, "submit", actor=payer(1))
    wanted = [NewPrice(one.code, one.name, one.unit, one.tier, one.after_fen) for one in case.lines.all()]
    adjusting.redraft(case, name=case.name, document="文", starts_on=LATER, prices=wanted, actor=payer(1))
    assert case.lines.get(code="CT01").before_fen == 24000
    assert take_step(case, "submit", actor=payer(1)).state == "submitted"


@pytest.mark.parametrize(
    "changed",
    [
        {"name": " "}, {"document": ""}, {"prices": []}, {"prices": LIST},
        {"prices": [NewPrice("X", "x", "次", "village", None)]}, {"prices": [LIST[0], LIST[0]]},
    ],
)  # fmt: skip
def test_nonsense_changes_nothing(listed, payer, changed):  # noqa: F811
    case = adjusted(payer)
    said = {"name": "x", "document": "文", "starts_on": LATER, "prices": [NewPrice("CT01", "c", "", "tertiary", 1)]}
    with pytest.raises(AdjustmentRefused):
        adjusting.redraft(case, **(said | changed), actor=payer(1))
    assert {one.after_fen for one in case.lines.all()} == {23000, 2600}


def test_correcting_on_the_page(listed, payer, settings):  # noqa: F811
    settings.PLACE = PLACE
    case = adjusted(payer)
    client = signed_in("insurance_officer", listed.ids["county"])
    address = reverse("prices:correct", args=[case.pk])
    assert address in client.get(case.get_absolute_url()).content.decode()
    ct, nursing = (case.lines.get(code=code).pk for code in ("CT01", "N01"))
    page = client.get(address).content.decode()
    assert f'name="price_{ct}" value="230.00"' in page
    said = {"name": "改", "document": "文", "clause": "", "starts_on": LATER.isoformat()}
    for wrong in ({f"price_{ct}": "x"}, {f"price_{ct}": "-1"}, {f"price_{ct}": "", f"price_{nursing}": ""},
                  {f"price_{ct}": "1e400"}, {"starts_on": ""}, {"name": ""}):  # fmt: skip
        assert client.post(address, {**said, **wrong}).status_code == 422, wrong
    bad = SimpleUploadedFile("p.csv", "项目编码,项目名称,三级价格\nN02,特级护理,-1\n".encode())
    assert client.post(address, {**said, "file": bad}).status_code == 422
    assert {one.after_fen for one in case.lines.all()} == {23000, 2600}
    more = SimpleUploadedFile("p.csv", "项目编码,项目名称,三级价格\nCT01,CT平扫,241\nN02,特级护理,55\n".encode())
    assert client.post(address, {**said, f"price_{nursing}": "", "file": more}).status_code == 302
    assert {(one.code, one.after_fen) for one in case.lines.all()} == {("CT01", 24100), ("N02", 5500)}
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(reverse("prices:lines_file", args=[case.pk])).content)).active
    rows = list(sheet.values)
    assert rows[1][:4] == ("CT01", "CT平扫", None, "241.00") or rows[1][:4] == ("CT01", "CT平扫", "", "241.00")
    assert signed_in("finance_officer", listed.ids["east"]).get(address).status_code == 403
