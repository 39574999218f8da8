"""Between holders: whose insured were treated where, netted pair by pair. What all owe and are owed sums to zero."""

from collections.abc import Iterable, Mapping


def net(debts: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """From debts (debtor, creditor) → fen to one debt per pair, in the direction that remains, positive. Pairs that are
    even are left out."""
    pairs: dict[tuple[int, int], int] = {}
    for (debtor, creditor), amount in debts.items():
        if debtor == creditor or not amount:
            continue
        key, signed = ((debtor, creditor), amount) if debtor < creditor else ((creditor, debtor), -amount)
        pairs[key] = pairs.get(key, 0) + signed
    return {(a, b) if amount > 0 else (b, a): abs(amount) for (a, b), amount in sorted(pairs.items()) if amount}


def positions(debts: Mapping[tuple[int, int], int], holders: Iterable[int]) -> dict[int, int]:
    """What each holder is owed on balance (negative: owes). They sum to zero."""
    found = dict.fromkeys(holders, 0)
    for (debtor, creditor), amount in debts.items():
        found[debtor] = found.get(debtor, 0) - amount
        found[creditor] = found.get(creditor, 0) + amount
    return found
