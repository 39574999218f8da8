"""What must hold for any inputs: parts sum to the fen, nothing is lost between the fund and its holders."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from yigongti.domains.money.insurance_fund import rules
from yigongti.domains.money.insurance_fund.computing import compute
from yigongti.domains.money.insurance_fund.formulas import budget as f
from yigongti.domains.money.insurance_fund.formulas import clearing, distribution, netting
from yigongti.domains.money.insurance_fund.inputs import Adjustment, Cell, ClaimSums, Holder, Member, Past, YearInputs

MONTHS = tuple(date(2025, m, 1) for m in range(1, 13))
score = st.none() | st.decimals(0, 100, places=1)
TIERS = ("tertiary", "secondary", "primary", "village", "")


@st.composite
def years(draw):
    n = draw(st.integers(1, 5))
    holders = tuple(
        Holder(
            id=h, name=f"H{h}", persons=draw(st.integers(1, 10**6)), factor=draw(st.decimals("0.5", 2, places=2)),
            growth=draw(st.decimals(-10, 10, places=1)),
            last_budget_fen=draw(st.none() | st.integers(0, 10**12)),
            past=tuple(Past(2025 - k, draw(st.integers(1, 10**12)), draw(st.integers(1, 10**6)))
                       for k in range(1, draw(st.integers(1, 4)) + 1)),
            score=draw(score), quarters=tuple(draw(score) for _ in range(4)),
            adjustments=tuple(Adjustment(a, "x") for a in draw(st.lists(st.integers(-(10**9), 10**9), max_size=2))),
            paid=draw(st.none() | st.just(()) | st.lists(st.integers(0, 10**9), max_size=12).map(
                lambda amounts: tuple(enumerate(amounts, start=1)))),
            reasonable_fen=draw(st.none() | st.integers(0, 10**12)),
            overspend_choice=draw(st.sampled_from(["", "record_only", "share_by_formula", "carry_forward"])),
        )
        for h in range(1, n + 1)
    )  # fmt: skip
    members = tuple(
        Member(
            100 + m, draw(st.integers(1, n)), f"M{m}", draw(st.sampled_from(TIERS)), draw(st.decimals(1, 100, places=1))
        )
        for m in range(draw(st.integers(0, 8)))
    )
    ids = st.none() | st.integers(1, n)
    cells = []
    for _ in range(draw(st.integers(0, 25))):
        home, treated = draw(ids), draw(ids)
        elsewhere = draw(st.sampled_from(["outside", "other_inside", "pharmacy"]))
        where = elsewhere if treated is None else "own" if treated == home else "other_holder"
        institution = draw(st.sampled_from([m.id for m in members if m.holder_id == treated] or [900]))
        cells.append(
            Cell(home, treated, institution, where, draw(st.sampled_from(MONTHS)), draw(st.booleans()),
                 draw(st.integers(-5, 100)), draw(st.integers(-(10**8), 10**11)), 10**11)
        )  # fmt: skip
    inputs = YearInputs("kunshan", 2025, "residents", holders, members, draw(st.integers(0, 10**5)),
                        draw(st.integers(40_000, 10**5)))  # fmt: skip
    return inputs, ClaimSums(tuple(cells), MONTHS)


CHOICES = st.fixed_dictionaries(
    {
        "insurance_fund.budget.allocation": st.sampled_from(sorted(f.ALLOCATIONS)),
        "insurance_fund.budget.persons_weight": st.decimals(0, 1, places=3),
        "insurance_fund.budget.services_weight": st.decimals(0, 1, places=3),
        "insurance_fund.prepayment.formula": st.sampled_from(sorted(f.PREPAYMENTS)),
        "insurance_fund.budget.covers": st.sampled_from(sorted(clearing.COVERS)),
        "insurance_fund.surplus.rule": st.sampled_from(sorted(clearing.SURPLUS)),
        "insurance_fund.overspend.rule": st.sampled_from(sorted(clearing.OVERSPEND)),
        "insurance_fund.overspend.reasonable": st.sampled_from(sorted(clearing.REASONABLE)),
        "insurance_fund.deposit.rule": st.sampled_from(sorted(clearing.DEPOSITS)),
        "insurance_fund.distribution.rule": st.sampled_from(sorted(distribution.DISTRIBUTIONS)),
        "insurance_fund.distribution.within_tier": st.sampled_from(sorted(distribution.WITHIN)),
        "insurance_fund.settlement.elsewhere_paid_by": st.sampled_from(["lead_institution", "insurance_body"]),
    }
)


@settings(max_examples=120, deadline=None)
@given(years(), CHOICES)
def test_nothing_is_lost(made_up, changes):
    inputs, sums = made_up
    made = compute(rules.read("kunshan", date(2025, 1, 1)).trying(changes), inputs, sums)

    def all_of(name):
        return sum(line.fen for line in made.named(name))

    pool = made.fen("pool")
    aside = sum(made.fen(n) for n in ("risk_adjustment", "quality_deposit", "critical_illness"))
    assert pool == aside + all_of("budget") + made.fen("undistributed")
    assert all_of("deposit") == made.fen("quality_deposit") or all_of("budget") == 0
    # clearing total = fund: every fen the fund paid is on exactly one line
    assert made.fen("claims") == all_of("use") + made.fen("beyond_budgets") + made.fen("unassigned")
    assert made.fen("claims") == sum(c.fund_fen for c in sums.cells)
    assert sum(made.fen(f"reimbursed_{n}") for n in ("inside", "referred", "unreferred")) == made.fen("claims")
    assert all_of("position") == 0
    assert all_of("budget") + all_of("adjustment") == all_of("settle") == all_of("use") + all_of("delta")
    for holder in inputs.holders:
        h = holder.id
        months = [made.fen("prepayment", h, m) for m in range(1, 13)]
        assert sum(months) == made.fen("prepaid", h)
        delta = made.fen("delta", h)
        outcome = [(made.get(n, h) or _None).fen for n in ("surplus_kept", "surplus_returned", "overspend_fund",
                                                           "overspend_borne")]  # fmt: skip
        if f"outcome.{h}" in dict(made.lacking):
            assert outcome == [0, 0, 0, 0] and made.get("balance", h) is None
        else:
            assert outcome[0] + outcome[1] - outcome[2] - outcome[3] == delta
            assert (outcome[0] == outcome[1] == 0) if delta < 0 else (outcome[2] == outcome[3] == 0)
        if holder.score is not None:
            assert made.fen("deposit_returned", h) + made.fen("deposit_forfeited", h) == made.fen("deposit", h)
        shared = [line.fen for line in made.named("distribution") if line.nth == h]
        assert not shared or (sum(shared) == outcome[0] and delta > 0 and min(shared) >= 0)
        borne = [line.fen for line in made.named("bears") if line.nth == h]
        assert not borne or (sum(borne) == outcome[3] and holder.overspend_choice == "share_by_formula")
    for line in made.lines:
        assert all(made.line(k) is not None for k in line.below), line
        assert all(name in made.rules.values for name in line.rules), line


class _None:
    fen = 0


@settings(max_examples=60, deadline=None)
@given(years(), st.randoms())
def test_the_order_of_claims_changes_nothing(made_up, chance):
    inputs, sums = made_up
    at = rules.read("kunshan", date(2025, 1, 1))
    shuffled = list(sums.cells)
    chance.shuffle(shuffled)
    again = compute(at, inputs, ClaimSums(tuple(shuffled), MONTHS))
    assert again.as_json() == compute(at, inputs, sums).as_json()


@settings(max_examples=60, deadline=None)
@given(years())
def test_what_is_frozen_comes_back(made_up):
    import json

    inputs, sums = made_up
    at = rules.read("xuchang", date(2025, 1, 1))
    made = compute(at, inputs, sums)
    kept = json.loads(json.dumps([at.as_json(), inputs.as_json(), sums.as_json(), made.as_json()]))
    again_rules = rules.Rules.from_json(kept[0])
    again = compute(again_rules, YearInputs.from_json(kept[1]), ClaimSums.from_json(kept[2]))
    assert again.as_json() == made.as_json()
    assert json.loads(json.dumps(again.as_json())) == kept[3]


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 10**12), st.lists(st.tuples(st.fractions(0, 10), st.integers(0, 10**11), st.integers(0, 10**11)),
                                        min_size=1, max_size=6))  # fmt: skip
def test_bounds_hold_wherever_they_can(total, holders):
    weights = [w for w, _, _ in holders]
    lows = [Fraction(min(a, b)) for _, a, b in holders]
    highs = [Fraction(max(a, b)) for _, a, b in holders]
    parts, relaxed = f.within_bounds(total, weights, lows, highs)
    assert sum(parts) == total
    if not relaxed:
        assert all(low <= part <= high for low, part, high in zip(lows, parts, highs, strict=True))
        free = {part / w for w, low, part, high in zip(weights, lows, parts, highs, strict=True) if low < part < high}
        assert len(free) <= 1  # whoever is not held by a bound has the same amount for its weight
    elif all(w > 0 for w in weights):
        assert sum(lows) > total or sum(highs) < total


@given(st.dictionaries(st.tuples(st.integers(1, 4), st.integers(1, 4)), st.integers(0, 10**9)))
def test_netting_keeps_everybodys_position(debts):
    debts = {pair: amount for pair, amount in debts.items() if pair[0] != pair[1]}
    netted = netting.net(debts)
    assert netting.positions(netted, range(1, 5)) == netting.positions(debts, range(1, 5))
    assert sum(netting.positions(debts, range(1, 5)).values()) == 0
    assert all(amount > 0 and (b, a) not in netted for (a, b), amount in netted.items())


def test_prepayments_by_days_know_the_leap_day():
    # 366 days: 36,600 fen at 100 % are 100 a day
    assert f.by_days(36_600, Decimal(100), 2028)[1] == 2_900
    assert f.by_days(36_500, Decimal(100), 2025)[1] == 2_800
