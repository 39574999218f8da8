"""Closings of every form there was: a year an earlier program closed is read, shown, and computed again to the fen."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.db import connection
from django.urls import reverse

from tests.fund.world import YEAR, World, claim, cleared, drafted, publish, running, usual, world
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.insurance_fund import computing, gathering
from yigongti.domains.money.insurance_fund.cli import fund
from yigongti.domains.money.insurance_fund.inputs import FORM, ClaimSums, YearInputs
from yigongti.domains.money.insurance_fund.models import Closing, FundYear
from yigongti.domains.money.insurance_fund.rules import Rules
from yigongti.domains.money.insurance_fund.services import closing
from yigongti.domains.money.insurance_fund.statement import digest
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role, system_actor
from yigongti.kernel.lake.api import kept
from yigongti.kernel.workflow.api import take_step

pytestmark = pytest.mark.django_db
FILES = sorted((Path(__file__).parent / "closings").glob("form-*.json"))
PARTS = ("scope", "rules", "inputs", "sums", "statement")


@pytest.fixture
def here(settings, tmp_path) -> World:
    settings.VAR = tmp_path
    return world()


def form_of(path: Path) -> int:
    return int(path.stem.removeprefix("form-"))


def stored(here: World, data: dict, form: int) -> FundYear:
    """A year that stands as closed with these figures."""
    case = drafted(here, data["inputs"]["year"])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL yigongti.step = 'insurance_fund_fundyear'")
        cursor.execute("UPDATE insurance_fund_fundyear SET state = 'cleared' WHERE id = %s", [case.pk])
    Closing.objects.create(year=case, form=form, kept_name="of-another-day", closed_at=clock.now(), **data)
    return FundYear.objects.unscoped("test").get(pk=case.pk)


def test_every_form_the_program_knows_is_here():
    assert {form_of(path) for path in FILES} == computing.FORMS and max(computing.FORMS) == FORM


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_closing_of_another_day_is_shown_and_computed_again(here, path):
    data, form = json.loads(path.read_text("utf-8")), form_of(path)
    case = stored(here, data, form)
    assert digest(data["kept_digest"], {name: data[name] for name in PARTS}) == data["digest"]
    again = computing.compute(
        Rules.from_json(data["rules"]), YearInputs.from_json(data["inputs"]), ClaimSums.from_json(data["sums"]), form
    )
    assert json.loads(json.dumps(again.as_json())) == data["statement"]
    assert ClaimSums.from_json(data["sums"]).as_json() == data["sums"]
    assert YearInputs.from_json(data["inputs"]).as_json() == data["inputs"]
    client = signed_in(Role.INSURANCE_OFFICER, here.id("county"))
    for page in ("year", "budget", "clearing", "members", "checks", "what_if", "export"):
        assert client.get(reverse(f"insurance_fund:{page}", args=[case.pk])).status_code == 200, page
    for line in again.lines:
        assert client.get(reverse("insurance_fund:line", args=[case.pk, line.key])).status_code == 200, line.key
    shown = CliRunner().invoke(fund, ["clear", "--year", str(case.year), "--json"])
    printed = json.loads(shown.output)
    assert printed["form"] == form and printed["digest"] == data["digest"]
    assert {one["key"]: one["fen"] for one in printed["lines"]} == {line.key: line.fen for line in again.lines}


def test_a_form_of_a_later_program_is_refused_in_words(here):
    data = json.loads(FILES[-1].read_text("utf-8"))
    case = stored(here, data, 99)
    with pytest.raises(computing.UnknownForm, match="第 99 版"):
        closing.rerun(case.closing, actor=system_actor("test"))
    got = CliRunner().invoke(fund, ["rerun", "--year", str(case.year), "--json"])
    assert got.exit_code == 1 and "99" in got.output
    client = signed_in(Role.INSURANCE_OFFICER, here.id("county"))
    page = client.post(reverse("insurance_fund:late", args=[case.pk]), follow=True)
    assert page.status_code == 200 and "第 99 版" in page.content.decode()
    assert client.get(reverse("insurance_fund:clearing", args=[case.pk])).status_code == 200  # frozen figures show


def test_rerun_says_the_form(here):
    publish([*usual(here), claim(here, date(YEAR, 5, 5), "east_centre", "outside", 123_456, referral="covered")])
    case = cleared(here)
    got = json.loads(CliRunner().invoke(fund, ["rerun", "--year", str(case.year), "--json"]).output)
    assert got == {
        "place": "kunshan", "year": YEAR, "fund": "residents", "form": FORM, "same": True, "differs": [],
        "digest": case.closing.digest, "months": 12,
    }  # fmt: skip
    # how claims stood to certificates is kept with them
    assert {part.dataset for part in kept(case.closing.kept_name).files} == {"claims", "claim_referrals"}


def test_a_form_1_year_counts_certificates_by_number(here):
    """Kept without what is published of certificates: a number named on the claim is one, as it was then."""
    publish([*usual(here), claim(here, date(YEAR, 5, 5), "east_centre", "outside", 123_456, certificate_no="Z1")],
            matched=False)  # fmt: skip
    case = take_step(running(here), "prepare_clearing", actor=here.officer)
    found = gathering.gather(case)
    assert found.statement.fen("reimbursed_referred") == 0
    from yigongti.domains.money.insurance_fund import claims

    old = claims.sums(found.snapshot, found.scope)
    made = computing.compute(found.rules, found.inputs, old, 1)
    assert made.fen("reimbursed_referred") == 123_456 and made.get("referral_missed") is None
