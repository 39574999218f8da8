"""Each screen on cases worked out by hand: what it finds, and what comes near and is none."""

from datetime import date
from typing import Any

import pytest

from tests.claims.county import Here, back, claim, settled
from tests.claims.lines import charged, line
from yigongti.domains.base.organisation.models import Organisation
from yigongti.domains.base.organisation.tests.factories import of_tier
from yigongti.domains.base.residents.models import Resident
from yigongti.domains.money.claims import references
from yigongti.domains.money.claims.models import Finding
from yigongti.domains.money.claims.screens import screens
from yigongti.domains.money.claims.services.screening import screen
from yigongti.kernel.access.api import system_actor

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("tests")
YEAR = (date(2025, 1, 1), date(2025, 12, 31))


def found(name: str, since: date = YEAR[0], until: date = YEAR[1]) -> list[Finding]:
    screen(since, until, actor=SYSTEM, only=[name])
    return list(Finding.objects.unscoped("test").filter(screen=name, gone_at=None).order_by("pk"))


def numbers(one: Finding) -> list[str]:
    return [claim["record_no"] for claim in one.claims]


def told(one: Finding) -> str:
    return "\n".join(screens()[one.screen].tell(one.facts))


def stay(n: int, start: str, end: str, person: int = 1, **changes: str) -> dict[str, str]:
    return claim(
        n, person, started_at=f"2025-{start}", ended_at=f"2025-{end}", settled_at=f"2025-{end} 11:00", **changes
    )


# -- split admissions


@pytest.mark.parametrize(
    ("second", "hit"),
    [
        ({"start": "03-23", "end": "03-28"}, True),  # the 15th day after
        ({"start": "03-24", "end": "03-28"}, False),  # the 16th
        ({"start": "03-08", "end": "03-10"}, True),  # the day of leaving
        ({"start": "03-10", "end": "03-12", "main_diagnosis_code": "J18.000x001"}, True),  # the same category
        ({"start": "03-10", "end": "03-12", "main_diagnosis_code": "I10.x00"}, False),  # another disease
        ({"start": "03-10", "end": "03-12", "person": 2}, False),
        ({"start": "03-10", "end": "03-12", "institution_name": "某镇卫生院"}, True),  # the same consortium
        ({"start": "03-10", "end": "03-12", "institution_name": "某市骨科医院"}, False),
        ({"start": "03-10", "end": "03-12", "institution_name": "某市第一医院", "inside_county": "0"}, False),
        ({"start": "03-10", "end": "03-12", "setting": "outpatient"}, False),
        ({"start": "03-10", "end": "03-12", "main_diagnosis_code": ""}, False),
    ],
)
def test_split_admissions(here: Here, second: dict[str, Any], hit: bool) -> None:
    settled([stay(1, "03-01", "03-08"), stay(2, fund_yuan="2000", self_paid_yuan="3000", **second)], here)
    one = found("split_admission")
    assert len(one) == hit
    if hit:
        assert (numbers(one[0]), one[0].amount_fen) == (["S1", "S2"], 200_000)
        assert f"只隔 {(date.fromisoformat('2025-' + second['start']) - date(2025, 3, 8)).days} 天" in told(one[0])


def test_similar_diseases_count_as_one(here: Here) -> None:
    """Pneumonia, and then bronchitis: one group where the platform's groups say so."""
    from yigongti.domains.base.terminology import api as terminology

    code = next(
        f"J{n}.900" for n in range(10, 99)
        if n != 18 and terminology.disease_group(f"J{n}").key == terminology.disease_group("J18").key
    )  # fmt: skip
    settled([stay(1, "03-01", "03-08"), stay(2, "03-10", "03-12", main_diagnosis_code=code)], here)
    [one] = found("split_admission")
    assert "同一组" in told(one)


def test_who_is_sent_on_or_comes_for_a_course_is_not_readmitted(here: Here) -> None:
    sent_on = stay(1, "03-01", "03-08", institution_name="某镇卫生院", discharge_way="2")
    course = {"main_diagnosis_code": "Z51.102"}
    rows = [
        sent_on, stay(2, "03-08", "03-12"),
        stay(3, "04-01", "04-03", 2, **course), stay(4, "04-10", "04-12", 2, **course),
        stay(5, "05-01", "05-04", 3), stay(6, "05-05", "05-06", 3, main_diagnosis_code="J18.900"),
    ]  # fmt: skip
    back_5 = back(rows[4], "S5R", settled_at="2025-06-01 10:00")
    settled([*rows, back_5], here)
    assert found("split_admission") == []


def test_each_readmission_belongs_to_the_stay_before_it(here: Here) -> None:
    settled([stay(1, "03-01", "03-04"), stay(2, "03-06", "03-09"), stay(3, "03-11", "03-14")], here)
    assert [numbers(one) for one in found("split_admission")] == [["S1", "S2"], ["S2", "S3"]]


# -- overlapping stays, care after death


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [("03-07", "03-10", 1), ("03-08", "03-10", 0), ("02-20", "03-01", 0), ("03-02", "03-04", 2), ("02-25", "03-20", 7)],
)
def test_overlapping_stays(here: Here, start: str, end: str, days: int) -> None:
    other = stay(2, start, end, institution_name="某市骨科医院", main_diagnosis_code="S72.000")
    settled([stay(1, "03-01", "03-08"), other], here)
    one = found("overlapping_stay")
    assert [row.facts["days"] for row in one] == ([days] if days else [])
    if (start, end) == ("03-02", "03-04"):
        assert one[0].amount_fen == 350_000  # both its days
    if (start, end) == ("03-07", "03-10"):
        assert one[0].amount_fen == 350_000 // 3


@pytest.mark.parametrize(("died", "hits"), [(date(2025, 2, 28), 1), (date(2025, 3, 1), 0), (None, 0)])
def test_after_death(here: Here, died: date | None, hits: int) -> None:
    settled([claim(1)], here)
    Resident.objects.unscoped("test").update(deceased_on=died)
    one = found("after_death")
    assert len(one) == hits
    if hits:
        assert one[0].amount_fen == 350_000 and "2025-02-28" in told(one[0])


def test_who_left_hospital_dead_is_not_treated_again(here: Here) -> None:
    settled([stay(1, "03-01", "03-08", discharge_way="5"), stay(2, "03-09", "03-10"), stay(3, "03-08", "03-08")], here)
    assert [numbers(one) for one in found("after_death")] == [["S2"]]


# -- hanging beds


def bed(number: int, on: str, **changes: str) -> dict[str, str]:
    return line("S1", number, charged_on=f"2025-{on}", category="床位费", item_code="110900001", **changes)


@pytest.mark.parametrize(
    ("cared", "idle"),
    [
        (["03-01", "03-02", "03-03", "03-04", "03-05"], None),  # 2 of 7: 28 %
        (["03-01", "03-02", "03-03", "03-04"], 3),  # 3 of 7: 42 %
        ([], 7),
        (["03-08"], 7),  # the day of leaving doesn't count
    ],
)
def test_hanging_beds(here: Here, cared: list[str], idle: int | None) -> None:
    settled([stay(1, "03-01", "03-08")], here)
    beds = [bed(n, f"03-0{n}") for n in range(1, 8)]
    care = [line("S1", 10 + n, charged_on=f"2025-{on}", category="检查费") for n, on in enumerate(cared)]
    charged([*beds, *care], here)
    one = found("hanging_bed")
    if idle is None:
        assert one == []
    else:
        assert (len(one[0].facts["idle"]), one[0].amount_fen) == (idle, 350_000 * idle // 7)
        assert f"其中 {idle} 天没有" in told(one[0]) and "达到政策规定的 40%" in told(one[0])


def test_no_lines_or_a_short_stay_hang_no_bed(here: Here) -> None:
    settled([stay(1, "03-01", "03-05"), stay(2, "03-01", "03-20", 2)], here)
    charged([bed(1, "03-01")], here)  # four days; the other stay has no lines at all
    assert found("hanging_bed") == []


# -- repeat charges


def test_repeat_charges(here: Here) -> None:
    settled([stay(1, "03-01", "03-08"), stay(2, "03-01", "03-08", 2)], here)
    charged(
        [
            line("S1", 1), line("S1", 2),  # twice the same day: 20.00 too much
            line("S1", 3, charged_on="2025-03-03"),
            line("S1", 4, charged_on="2025-03-04", quantity="3", amount_yuan="60.00"),  # 40.00 too much
            line("S1", 5, charged_on="2025-03-05"),
            line("S1", 6, charged_on="2025-03-05", quantity="-1", amount_yuan="-20"),
            line("S1", 7, category="检查费", item_code="210102", item_name="胸片"),
            line("S1", 8, category="检查费", item_code="210102", item_name="胸片"),  # may be needed twice
            line("S2", 1), line("S2", 2, item_code="110200006", item_name="会诊"),
        ],
        here,
    )  # fmt: skip
    [one] = found("repeat_charge")
    assert (numbers(one), one.amount_fen) == (["S1"], 6_000)
    assert [(row["on"], row["excess"]) for row in one.facts["charges"]] == [
        ("2025-03-02", 2_000),
        ("2025-03-04", 4_000),
    ]
    assert "多收 40.00 元" in told(one)


def test_a_little_too_much_is_not_listed(here: Here) -> None:
    settled([stay(1, "03-01", "03-08")], here)
    charged([line("S1", n, unit_price_yuan="9.99", amount_yuan="9.99") for n in (1, 2)], here)
    assert found("repeat_charge") == []


# -- above the price in force


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch, here: Here) -> None:
    """20.00 until the middle of March, 18.00 from then on, at a tertiary hospital."""
    of_tier(Organisation.objects.get(pk=here.hospital), "tertiary")

    def price_at(codes: Any, on: date, tier: str, *, place: str | None = None) -> dict[str, int]:
        if tier != "tertiary" or "110200005" not in codes:
            return {}
        return {"110200005": 2_000 if on < date(2025, 3, 15) else 1_800}

    monkeypatch.setattr(references.prices, "price_at", price_at)


@pytest.mark.usefixtures("priced")
def test_over_standard(here: Here) -> None:
    settled([stay(1, "03-01", "03-30"), stay(2, "03-01", "03-08", 2, institution_name="某镇卫生院")], here)
    dear = {"unit_price_yuan": "25.00", "amount_yuan": "25.00"}
    charged(
        [
            line("S1", 1),  # at the price
            line("S1", 2, charged_on="2025-03-14"), line("S1", 3, charged_on="2025-03-15"),  # 2.00 too much
            line("S1", 4, charged_on="2025-03-20", unit_price_yuan="18.50", quantity="2", amount_yuan="37.00"),  # 1.00
            line("S1", 5, charged_on="2025-03-02", item_code="999", **dear),  # no price: not judged
            line("S2", 1, **dear),  # no price at its tier
        ],
        here,
    )  # fmt: skip
    [one] = found("over_standard")
    assert (numbers(one), one.amount_fen) == (["S1"], 300)
    assert [(row["line"], row["price"], row["excess"]) for row in one.facts["charges"]] == [
        ("3", 1_800, 200),
        ("4", 1_800, 100),
    ]
    assert "执行价格 18.00 元" in told(one)


def test_prices_come_from_the_places_list(here: Here) -> None:
    """Without a list no charge is judged."""
    settled([stay(1, "03-01", "03-08")], here)
    charged([line("S1", 1, unit_price_yuan="2000", amount_yuan="2000")], here)
    assert found("over_standard") == []


# -- swapped items


def test_swapped_items(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        references.prices, "item_names", lambda codes: {"110200005": "住院诊查费", "X01": "阿莫西林胶囊"}
    )
    rows = [claim(n, n) for n in (1, 61)]  # a woman and a man
    man = next(row for row in rows if row["性别"] == "男")
    woman = next(row for row in rows if row["性别"] == "女")
    settled([man, woman], here)
    m, w = man["claim_no"], woman["claim_no"]
    medicine = {"category": "西药费", "item_code": "X01"}
    charged(
        [
            line(m, 1), line(w, 1),  # right
            line(m, 2, item_code="", item_name="妇科检查", category="检查费"),
            line(w, 2, item_code="", item_name="妇科检查", category="检查费"),  # right
            line(w, 3, item_code="", item_name="前列腺特异抗原", category="化验费"),
            line(w, 4, item_code="", item_name="新生儿听力筛查", category="检查费"),
            line(m, 5, item_code="250101", item_name="血常规", category="治疗费"),
            line(m, 6, **medicine, item_name="保健枸杞茶"),
            line(m, 7, **medicine, item_name="阿莫西林"),  # the same thing by another name
        ],
        here,
    )  # fmt: skip
    by_claim = {
        numbers(one)[0]: {row["line"]: row["why"] for row in one.facts["charges"]} for one in found("swapped_item")
    }
    assert by_claim == {m: {"2": "sex", "5": "category", "6": "name"}, w: {"3": "sex", "4": "age"}}


# -- told twice


def test_claimed_twice(here: Here) -> None:
    same = stay(1, "03-01", "03-08")
    reversed_ = stay(5, "05-01", "05-08", 3)
    settled(
        [
            same, same | {"claim_no": "S2"}, same | {"claim_no": "S3", "fund_yuan": "3000", "self_paid_yuan": "2000"},
            stay(4, "03-01", "03-08", 2),
            reversed_, back(reversed_, "S5R"), reversed_ | {"claim_no": "S6"},  # settled anew after a reversal
            claim(7, 4, setting="pharmacy", institution_name="药店"),
            claim(8, 4, setting="pharmacy", institution_name="药店"),
        ],
        here,
    )  # fmt: skip
    [one] = found("claimed_twice")
    assert (numbers(one), one.amount_fen) == (["S1", "S2"], 350_000)


@pytest.mark.parametrize(
    ("kinds", "hit"),
    [
        (["02", "01", "02"], True),
        (["02", "02", "01"], False),  # a change of insurance
        (["01", "02", "01", "02"], True),
        (["02", "07", "02"], False),  # paid himself once
    ],
)
def test_insured_twice(here: Here, kinds: list[str], hit: bool) -> None:
    settled([stay(n, f"0{n + 1}-01", f"0{n + 1}-05", insurance_kind=kind) for n, kind in enumerate(kinds)], here)
    one = found("insured_twice")
    assert len(one) == hit
    if hit:
        assert one[0].amount_fen == 350_000 * min(kinds.count("01"), kinds.count("02"))


def test_insured_in_two_places(here: Here) -> None:
    divisions = ["", "320505", "", "310101"]
    settled([stay(n, f"0{n + 1}-01", f"0{n + 1}-05", insured_division=d) for n, d in enumerate(divisions)], here)
    [one] = found("insured_twice")
    assert one.facts["about"] == "division" and {one.facts["lesser"], one.facts["more"]} == {"", "320505"}


def test_reversals_that_do_not_fit(here: Here) -> None:
    first, second, third = claim(1), claim(2, 2), claim(3, 3)
    half = {"total_yuan": "-3000", "fund_yuan": "-2000", "self_paid_yuan": "-1000"}
    settled(
        [
            first, back(first, "S1R"),
            second, back(second, "S2A", **half), back(second, "S2B", **half),  # 4,000.00 of 3,500.00
            third, back(third, "S3A", **half),
            back(claim(9, 4), "S9R"),
            claim(5, 5), back(claim(5, 6, claim_no="S5"), "S5R"),
        ],
        here,
    )  # fmt: skip
    by = {one.facts["no"]: (one.facts["why"], one.amount_fen) for one in found("unfit_reversal")}
    assert by == {"S2": ("more", 50_000), "S9": ("lost", 350_000), "S5": ("another", 350_000)}


def test_who_keeps_the_funds_money_stays_in_sight(here: Here) -> None:
    """A claim taken back in total whose fund payment was kept is not taken back: every screen still sees it."""
    first = stay(1, "03-01", "03-08")
    settled([first, stay(2, "03-05", "03-07"), back(first, "S1R", fund_yuan="0", self_paid_yuan="-5000")], here)
    assert [numbers(one) for one in found("overlapping_stay")] == [["S1", "S2"]]
    settled([back(first, "S1S", total_yuan="0", self_paid_yuan="0", fund_yuan="0")], here, name="nothing.csv")
    assert [numbers(one) for one in found("overlapping_stay")] == [["S1", "S2"]]
    settled([back(first, "S1S", total_yuan="-3500", self_paid_yuan="0")], here, name="rest.csv")
    assert found("overlapping_stay") == []


def test_every_screen_tells_in_both_languages(here: Here) -> None:
    from django.utils.translation import override

    assert set(screens()) == {
        "split_admission", "overlapping_stay", "after_death", "hanging_bed", "repeat_charge", "over_standard",
        "swapped_item", "claimed_twice", "insured_twice", "unfit_reversal",
    }  # fmt: skip
    settled([stay(1, "03-01", "03-08"), stay(2, "03-09", "03-12")], here)
    [one] = found("split_admission")
    with override("en"):
        english = told(one)
    assert "S1" in english and "疑" not in english


def test_what_was_charged_is_told_to_prices(here: Here) -> None:
    """By institution and item, without what was taken back; the fund's part of its claims."""
    from decimal import Decimal

    from yigongti.domains.money.claims.usage import quantities

    undone = stay(3, "03-01", "03-08", 3)
    settled(
        [
            stay(1, "03-01", "03-08"),
            stay(2, "03-01", "03-08", 2, institution_name="某镇卫生院"),
            undone,
            back(undone, "S3R"),
        ],
        here,
    )
    charged([line("S1", 1, quantity="2.5"), line("S1", 2), line("S2", 1), line("S3", 1, quantity="9")], here)
    found = {
        (one.institution_id, one.code): (one.quantity, one.fund_percent)
        for one in quantities(*YEAR, ["110200005", "x"])
    }
    assert found == {
        (here.hospital, "110200005"): (Decimal("3.5"), Decimal(70)),
        (here.centre, "110200005"): (Decimal(1), Decimal(70)),
    }
    assert list(quantities(date(2025, 3, 3), YEAR[1], ["110200005"])) == []
