"""The bills of the synthetic county: they add up, and the screens find the wrong ones among them and no other."""

from collections.abc import Iterator
from datetime import date

import polars as pl
import pytest
from django.conf import LazySettings

from tests.claims.county import Here, claim, settled
from tests.claims.lines import charged
from tests.support.people import person
from yigongti.domains.base.organisation.models import Organisation
from yigongti.domains.base.organisation.tests.factories import organisation
from yigongti.domains.money.claims.models import Finding
from yigongti.domains.money.claims.services.screening import screen
from yigongti.kernel.access.api import Role, system_actor
from yigongti.simulation import bills_under_way, parameters, people, place
from yigongti.simulation.people import Span
from yigongti.simulation.tables import Office, Tables

YEAR = date(2025, 1, 1), date(2025, 12, 31)
CATEGORY = {
    "bed": "床位费", "consultation": "诊察费", "nursing": "护理费", "laboratory": "化验费", "examination": "检查费",
    "treatment": "治疗费", "surgery": "手术费", "material": "卫生材料费", "western": "西药费",
}  # fmt: skip


@pytest.fixture(scope="module")
def year() -> Iterator[Tables]:
    figures = parameters.load(place.POLICIES / "kunshan")
    kunshan = place.read("kunshan", figures)
    span = Span(seed=7, chunk=0, chunks=1, first=0, residents=20_000)
    yield Office(figures, kunshan).tables(span, people.make(span, figures, kunshan))


def test_each_bill_comes_to_its_total_and_stays_within_the_stay(year: Tables) -> None:
    claims, lines = year.frames["claims"], year.frames["claim_items"]
    stays = claims.filter((pl.col("setting") == "inpatient") & pl.col("inside_county"))
    sums = lines.group_by("claim_no").agg(
        pl.col("amount_yuan").sum().alias("fen"), pl.col("charged_on").min().alias("first"),
        pl.col("charged_on").max().alias("last"),
    )  # fmt: skip
    both = stays.join(sums, on="claim_no", how="full", coalesce=True)
    assert both.height == stays.height > 1_000
    assert both.filter(pl.col("fen").ne_missing(pl.col("total_yuan"))).height == 0
    assert both.filter(pl.col("first") < pl.col("started_at").dt.date()).height == 0
    assert both.filter(pl.col("last") > pl.col("ended_at").dt.date()).height == 0
    assert lines.select("claim_no", "line_no").is_duplicated().sum() == 0
    price = lines["unit_price_yuan"].str.to_decimal(scale=2) * lines["quantity"].cast(pl.Int64) * 100
    assert (price.cast(pl.Int64) == lines["amount_yuan"]).all()


@pytest.mark.django_db
def test_the_screens_find_the_bills_that_were_made_wrong(here: Here, year: Tables, settings: LazySettings) -> None:
    """All wrong bills of hospitals of the second level, and a hundred right ones, as one hospital's."""
    settings.PLACE = "kunshan"
    level_two = organisation(
        "hospital", "level_two", Organisation.objects.get(pk=here.consortium), name="某市第二医院", tier="secondary"
    )
    wrong = dict(year.misdeeds.rows())
    price = {"35.00", "42.00"}  # a bed at the second level, and a fifth more
    lines = year.frames["claim_items"]
    beds = lines.filter((pl.col("item_code") == "110900001") & pl.col("unit_price_yuan").is_in(price))
    numbers = beds["claim_no"].unique(maintain_order=True).to_list()
    right = [number for number in numbers if number not in wrong][:100]
    chosen = [number for number in numbers if number in wrong] + right
    truth = {number: wrong[number] for number in chosen if number in wrong}
    assert set(truth.values()) == {"hanging_bed", "repeat_charge", "over_standard", "swapped_item"}

    first, second = (person(Role.INSURANCE_OFFICER, here.bureau, id=n) for n in (1, 2))
    bills_under_way.set_prices(first, second, "kunshan", 2025, lambda _said: None)
    claims = year.frames["claims"].filter(pl.col("claim_no").is_in(chosen)).to_dicts()
    batch = settled([_claim(n, row, level_two.name) for n, row in enumerate(claims, start=1)], here, publish=False)
    assert batch.refused == 0
    taken = lines.filter(pl.col("claim_no").is_in(chosen)).to_dicts()
    assert charged([_line(row) for row in taken], here).refused == 0

    screen(*YEAR, actor=system_actor("tests"), only=("hanging_bed", "repeat_charge", "over_standard", "swapped_item"))
    found = {(one["record_no"], row.screen) for row in Finding.objects.unscoped("a test").all() for one in row.claims}
    assert found == set(truth.items())


def _claim(n: int, row: dict[str, object], institution: str) -> dict[str, str]:
    money = {name: f"{int(str(row[name])) / 100:.2f}" for name in ("total_yuan", "fund_yuan", "self_paid_yuan")}
    days = {name: f"{row[name]:%Y-%m-%d %H:%M}" for name in ("started_at", "ended_at", "settled_at")}
    return claim(n, claim_no=str(row["claim_no"]), institution_name=institution, 性别="", **money, **days)


def _line(row: dict[str, object]) -> dict[str, str]:
    said = {name: str(value) for name, value in row.items() if not name.startswith("_")}
    amount = f"{int(said['amount_yuan']) / 100:.2f}"
    return said | {"amount_yuan": amount, "category": CATEGORY[said["category"]], "pay_class": "乙类"}
