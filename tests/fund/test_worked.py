"""Two years worked out by hand from the plans, line by line, and again by ``plain``: Xuchang and Kunshan."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.fund import plain
from yigongti.domains.money.insurance_fund import rules
from yigongti.domains.money.insurance_fund.computing import compute
from yigongti.domains.money.insurance_fund.inputs import Cell, ClaimSums, Holder, Member, Past, YearInputs

YUAN = 100
MILLION = 1_000_000 * YUAN
A, B = 1, 2
A_HOSPITAL, A_TOWN, A_VILLAGE, B_HOSPITAL = 11, 12, 13, 21
JANUARY = date(2021, 1, 1)


def past(year, payments, services):
    return tuple(
        Past(year - n, p * MILLION, s) for n, (p, s) in enumerate(zip(payments, services, strict=True), start=1)
    )


def county(year=2021, score_a=Decimal(92), score_b=Decimal(75), place="xuchang"):
    """Two consortia: 300,000 and 200,000 insured residents at 280 + 550 yuan."""
    return YearInputs(
        place=place, year=year, fund_kind="residents", individual_fen=280 * YUAN, subsidy_fen=550 * YUAN,
        holders=(
            Holder(A, "甲医共体", 300_000, past=past(year, (200, 180, 160), (600_000,) * 3), score=score_a),
            Holder(B, "乙医共体", 200_000, past=past(year, (100, 100, 100), (400_000,) * 3), score=score_b),
        ),
        members=(
            Member(A_HOSPITAL, A, "县医院", "secondary"), Member(A_TOWN, A, "卫生院", "primary"),
            Member(A_VILLAGE, A, "卫生室", "village"), Member(B_HOSPITAL, B, "二院", "secondary"),
        ),
    )  # fmt: skip


ROWS = [  # home, treated, institution, setting, inside, millions of yuan, services
    (A, A, A_HOSPITAL, "inpatient", True, 100, 20_000),
    (A, A, A_TOWN, "outpatient", True, 40, 60_000),
    (A, A, A_VILLAGE, "outpatient", True, 10, 20_000),
    (A, B, B_HOSPITAL, "inpatient", True, 10, 1_000),
    (A, None, 91, "inpatient", False, 30, 500),
    (A, None, 92, "inpatient", True, 5, 300),
    (A, None, None, "pharmacy", True, 4, 9_000),
    (B, B, B_HOSPITAL, "inpatient", True, 120, 30_000),
    (B, A, A_HOSPITAL, "inpatient", True, 8, 800),
    (B, None, 91, "inpatient", False, 6, 100),
]


def sums():
    def where(home, treated, setting, inside):
        if treated is not None:
            return "own" if treated == home else "other_holder"
        return "pharmacy" if setting == "pharmacy" else ("other_inside" if inside else "outside")

    return ClaimSums(
        tuple(
            Cell(h, t, i, where(h, t, s, inside), JANUARY, False, n, m * MILLION, 2 * m * MILLION)
            for h, t, i, s, inside, m, n in ROWS
        ),
        (JANUARY,),
    )


def test_xuchang_by_hand():
    made = compute(rules.read("xuchang", date(2021, 1, 1)), county(), sums())
    # F = 500,000 × 830 = 415,000,000 yuan;  R = 5 % = 20,750,000;  Q = 3 % = 12,450,000;  D = 80 × 500,000 = 40,000,000
    assert made.fen("pool") == 415 * MILLION
    assert made.fen("risk_adjustment") == 20_750_000 * YUAN
    assert made.fen("quality_deposit") == 12_450_000 * YUAN
    assert made.fen("critical_illness") == 40 * MILLION
    # G = 415,000,000 − 20,750,000 − 12,450,000 − 40,000,000 = 341,800,000
    assert made.fen("available") == made.fen("shared") == 341_800_000 * YUAN
    # payments, 0.7/0.2/0.1: A 140 + 36 + 16 = 192, B 100 → A 192/292 = 48/73;  services: A 0.6
    # H of A = 0.5 × 0.6 + 0.5 × 48/73;  persons of A 0.6;  share = 0.5 × 0.6 + 0.5 × H = 0.45 + 12/73 = 44.85/73
    # 341,800,000 × 44.85 ÷ 73 = 209,996,301.3698… → 209,996,301.37, and 131,803,698.63 for B
    assert made.fen("budget", A) == 20_999_630_137
    assert made.fen("budget", B) == 13_180_369_863
    # × 95 % = 199,496,486.30;  ÷ 12 = 16,624,707.19 eleven times = 182,871,779.09, the last 16,624,707.21
    months = [made.fen("prepayment", A, m) for m in range(1, 13)]
    assert months == [1_662_470_719] * 11 + [1_662_470_721]
    # use of A 150 + 10 + 30 + 5 + 4 = 199 million;  Δ = 10,996,301.37, all kept
    assert made.fen("use", A) == 199 * MILLION
    assert made.fen("delta", A) == made.fen("surplus_kept", A) == 1_099_630_137
    assert made.fen("surplus_returned", A) == 0
    # use of B 120 + 8 + 6 = 134 million against 131,803,698.63: 2,196,301.37 over, not compensated
    assert made.fen("delta", B) == -219_630_137
    assert (made.fen("overspend_fund", B), made.fen("overspend_borne", B)) == (0, 219_630_137)
    # deposit of A 12,450,000 × 209,996,301.37 ÷ 341,800,000 = 7,649,075.3425 → score 92: all of 7,649,075.34;
    # of B 4,800,924.66 → score 75: 3,600,693.495 → 3,600,693.50 (half a fen up)
    assert made.fen("deposit", A) == made.fen("deposit_returned", A) == 764_907_534
    assert made.fen("deposit", B) == 480_092_466
    assert made.fen("deposit_returned", B) == 360_069_350
    # A owes B 10, B owes A 8: net A owes B 2 million
    assert made.fen("net_owes", A, B) == 2 * MILLION
    assert (made.fen("position", A), made.fen("position", B)) == (-2 * MILLION, 2 * MILLION)
    # Xuchang: the lead settles elsewhere out of the prepayments: 209,996,301.37 − 199,496,486.30 = 10,499,815.07
    assert made.fen("balance", A) == 20_999_630_137 - 19_949_648_630 == 1_049_981_507
    # grass-roots first: 60 % of 10,996,301.37 = 6,597,780.822 → 6,597,780.82, by services 60,000 : 20,000
    #   = 4,948,335.615 and 1,649,445.205: the fen left goes to the earlier → 4,948,335.62 and 1,649,445.20
    # the rest 4,398,520.55 among all by services 20,800 (800 of them for B's insured) : 60,000 : 20,000
    #   = 907,631.2246, 2,618,166.9940, 872,722.3313 → 907,631.23, 2,618,166.99, 872,722.33
    assert [made.fen("distribution", m, A) for m in (A_HOSPITAL, A_TOWN, A_VILLAGE)] == [
        90_763_123,
        261_816_699 + 494_833_562,
        87_272_233 + 164_944_520,
    ]
    assert made.get("distribution", B_HOSPITAL, B) is None  # nothing is shared out of an overspend
    assert made.lacking == ()


def test_kunshan_by_hand():
    """One budget per management area; members as at the end of 2025. The same money, Kunshan's rules."""
    made = compute(rules.read("kunshan", date(2025, 1, 1)), county(2025, place="kunshan"), sums())
    # G as before. Only payments count as history (services weight 0): A 0.5 × 0.6 + 0.5 × 48/73 = 0.3 + 24/73 = 45.9/73
    # 341,800,000 × 45.9 ÷ 73 = 214,912,602.7397… → 214,912,602.74; B 126,887,397.26
    assert (made.fen("budget", A), made.fen("budget", B)) == (21_491_260_274, 12_688_739_726)
    # A: 214,912,602.74 − 199,000,000 = 15,912,602.74 kept
    assert made.fen("surplus_kept", A) == 1_591_260_274
    # B: 126,887,397.26 − 134,000,000 = −7,112,602.74.  Reasonable up to 10 % of the budget = 12,688,739.73: all of it.
    # The fund's half: 3,556,301.37; the area bears 3,556,301.37
    assert made.fen("delta", B) == -711_260_274
    assert (made.fen("overspend_fund", B), made.fen("overspend_borne", B)) == (355_630_137, 355_630_137)
    # the insurance body settles elsewhere itself: due to B 126,887,397.26 + 3,556,301.37 = 130,443,698.63
    #   − prepaid 95 % = 120,543,027.397 → 120,543,027.40 − paid for it elsewhere 8 + 6 million + for A's insured 10
    assert made.fen("prepaid", B) == 12_054_302_740
    assert made.fen("balance", B) == 13_044_369_863 - 12_054_302_740 - 14 * MILLION + 10 * MILLION == 590_067_123


def test_two_implementations_agree():
    """The same rows through the code and through plain Fractions, for both plans."""
    for place, year, sigma in (("xuchang", 2021, Fraction(1, 2)), ("kunshan", 2025, Fraction(0))):
        inputs = county(year, place=place)
        made = compute(rules.read(place, date(year, 1, 1)), inputs, sums())
        independent = plain.budgets(
            {h.id: h.persons for h in inputs.holders}, 83_000, (5, 3, 8_000), Fraction(1, 2), sigma,
            {h.id: [p.payments_fen for p in h.past] for h in inputs.holders},
            {h.id: [p.services for p in h.past] for h in inputs.holders},
            ("0.7", "0.2", "0.1"),
        )  # fmt: skip
        rows = [(h, t, i, s, inside, m * MILLION) for h, t, i, s, inside, m, _n in ROWS]
        for holder in inputs.holders:
            use = plain.uses(rows, holder.id)
            budget = independent["budget"][holder.id]
            assert made.fen("budget", holder.id) == budget
            assert {w: made.fen(f"use_{w}", holder.id) for w in use} == use
            total = sum(use.values())
            kept, paid = plain.xuchang(budget, total) if place == "xuchang" else plain.kunshan(budget, total, 10, 50)
            assert (made.get("surplus_kept", holder.id) or _Nothing).fen == kept
            assert (made.get("overspend_fund", holder.id) or _Nothing).fen == paid
            back = plain.deposit_back(independent["deposits"][holder.id], holder.score)
            assert made.fen("deposit_returned", holder.id) == back


class _Nothing:
    fen = 0


def test_every_place_computes_or_names_what_is_missing():
    for place in ("wuhua", "lincang"):
        made = compute(rules.read(place, date(2025, 1, 1)), county(2025, place=place), sums())
        lacking = dict(made.lacking)
        # neither plan says who keeps a surplus or bears an overspend
        assert "insurance_fund.surplus.rule" in lacking[f"outcome.{A}"]
        assert "insurance_fund.overspend.rule" in lacking[f"outcome.{B}"]
        assert made.get("surplus_kept", A) is None and made.get("distribution", A_TOWN, A) is None
        assert made.get("balance", A) is None
        assert made.fen("delta", A) == made.fen("settle", A) - made.fen("use", A)
    for place, year in (("xuchang", 2021), ("kunshan", 2025)):
        assert compute(rules.read(place, date(year, 1, 1)), county(year, place=place), sums()).lacking == ()


def test_a_year_before_the_plan_names_the_gap():
    made = compute(rules.read("xuchang", date(2020, 10, 8)), county(2020), sums())
    assert "2020-10-08" in dict(made.lacking)[f"outcome.{A}"]


def test_another_rule_is_another_value_and_no_python():
    """Kunshan under every surplus and overspend rule, by hand."""
    at = rules.read("kunshan", date(2025, 1, 1))
    inputs = county(2025, place="kunshan")

    def with_(**changes):
        return compute(at.trying({f"insurance_fund.{k.replace('__', '.')}": v for k, v in changes.items()}), inputs,
                       sums())  # fmt: skip

    # subject to assessment: A has 92 points: all; with 80 points 80 %
    assert with_(surplus__rule="kept_subject_to_assessment").fen("surplus_kept", A) == 1_591_260_274
    # in a band of 95–105 %, half: 5 % of 214,912,602.74 = 10,745,630.137, half of it 5,372,815.0685 → 5,372,815.07
    band = {"surplus__rule": "shared_in_band", "overspend__rule": "shared_in_band", "band__lower": Decimal(95),
            "band__upper": Decimal(105)}  # fmt: skip
    made = with_(**band)
    assert made.fen("surplus_kept", A) == 537_281_507
    assert made.fen("surplus_returned", A) == 1_591_260_274 - 537_281_507
    # B: 5 % of 126,887,397.26 = 6,344,369.863, half of it 3,172,184.9315 → 3,172,184.93; the rest it bears
    assert made.fen("overspend_fund", B) == 317_218_493
    # county : town : village = 6 : 3 : 1 of 15,912,602.74 → 9,547,561.644, 4,773,780.822, 1,591,260.274; the
    # fen left goes to the earlier of the two largest remainders
    made = with_(distribution__rule="tier_ratio")
    assert [made.fen("distribution", m, A) for m in (A_HOSPITAL, A_TOWN, A_VILLAGE)] == [
        954_756_165, 477_378_082, 159_126_027,
    ]  # fmt: skip
    # persons alone: 60 %
    assert with_(budget__allocation="persons_alone").fen("budget", A) == 20_508_000_000
    # a reasonable part that must be assessed first is not guessed
    made = with_(overspend__reasonable="assessed_amount")
    assert made.get("overspend_fund", B) is None and "合理超支" in dict(made.lacking)[f"outcome.{B}"]
    # points that nobody has given
    assert f"distribution.{A}" in dict(with_(distribution__rule="assessment_points").lacking)
