"""The clearing once more, in plain Fractions over raw rows, written from the plans and not from the code under test.

A row is (home, treated, institution, setting, inside, fund_fen): whose insured, at whose member, in which institution.
Only what the two plans say, with the rates given: no bounds, no growth.
"""

from fractions import Fraction


def shared_out(total, exact):
    """Largest remainder: each part rounded down, the fen left go to the largest remainders, the earlier first."""
    floors = [int(e) for e in exact]
    rest = total - sum(floors)
    order = sorted(range(len(exact)), key=lambda i: (-(exact[i] - floors[i]), i))
    for i in order[:rest]:
        floors[i] += 1
    return floors


def half_up(x):
    return int(x + Fraction(1, 2)) if x >= 0 else -int(-x + Fraction(1, 2))


def budgets(persons, contribution, rates, alpha, sigma, payments, services, weights):
    """persons: {holder: n}; payments, services: {holder: [t-1, t-2, t-3]}; rates: risk %, deposit %, per head (fen)."""
    holders = list(persons)
    n = sum(persons.values())
    pool = n * contribution
    risk, deposit, illness = (
        half_up(Fraction(pool * rates[0], 100)),
        half_up(Fraction(pool * rates[1], 100)),
        n * rates[2],
    )
    available = pool - risk - deposit - illness

    def mean(years):
        return sum(Fraction(w) * y for w, y in zip(weights, years, strict=False)) / sum(
            Fraction(w) for w in weights[: len(years)]
        )

    paid, served = {h: mean(payments[h]) for h in holders}, {h: mean(services[h]) for h in holders}
    shares = [
        alpha * Fraction(persons[h], n)
        + (1 - alpha) * (sigma * served[h] / sum(served.values()) + (1 - sigma) * paid[h] / sum(paid.values()))
        for h in holders
    ]
    parts = shared_out(available, [available * s for s in shares])
    deposits = shared_out(deposit, [Fraction(deposit * p, sum(parts)) for p in parts])
    return {
        "pool": pool, "available": available, "deposit": deposit,
        "budget": dict(zip(holders, parts, strict=True)), "deposits": dict(zip(holders, deposits, strict=True)),
    }  # fmt: skip


def uses(rows, holder):
    """own, other holders, outside, other inside, pharmacy."""
    found = dict.fromkeys(("own", "other_holder", "outside", "other_inside", "pharmacy"), 0)
    for home, treated, _institution, setting, inside, fund in rows:
        if home != holder:
            continue
        if treated == home:
            found["own"] += fund
        elif treated is not None:
            found["other_holder"] += fund
        elif setting == "pharmacy":
            found["pharmacy"] += fund
        elif inside:
            found["other_inside"] += fund
        else:
            found["outside"] += fund
    return found


def xuchang(budget, use):
    """结余留用、超支不补: (kept, paid by the fund)."""
    return max(budget - use, 0), 0


def kunshan(budget, use, limit, share):
    """结余留用、合理超支分担, reasonable being up to ``limit`` % of the budget: (kept, paid by the fund)."""
    if use <= budget:
        return budget - use, 0
    reasonable = min(use - budget, half_up(Fraction(budget * limit, 100)))
    return 0, half_up(Fraction(reasonable * share, 100))


def deposit_back(deposit, score):
    if score >= 90:
        return deposit
    return 0 if score < 60 else half_up(Fraction(deposit) * Fraction(score) / 100)
