"""A case before it is settled: its group, its payment, and what further documented diagnoses would change.

A check of the documentation: a diagnosis that was made and treated but not written down. Nothing here is a reason to
write one that was not; the page says so.
"""

from dataclasses import dataclass, replace
from datetime import date

from yigongti.domains.money.drg.coefficients import Held
from yigongti.domains.money.drg.formulas import Bill
from yigongti.domains.money.drg.grouping.case import Case
from yigongti.domains.money.drg.grouping.one import Grouped, group
from yigongti.domains.money.drg.grouping.reasons import Status
from yigongti.domains.money.drg.payment import Account, account, rules_of
from yigongti.domains.money.drg.scheme.rules import Level
from yigongti.domains.money.drg.scheme.scheme import Scheme

MOST_CODES = 40
MOST_TRIED = 300
"""Codes listed and tried: half of those tried are the nearest, the others spread over the rest."""


@dataclass(frozen=True)
class Change:
    """What a further diagnosis of a level would lead to: the group then, codes that come to it (each was tried), and
    how many of the level would count beside the principal diagnosis.
    """

    level: Level
    grouped: Grouped
    drg_name: str
    codes: tuple[tuple[str, str], ...]
    of: int
    difference_fen: int


@dataclass(frozen=True)
class Tried:
    grouped: Grouped
    drg_name: str
    weight: str
    account: Account | None
    changes: tuple[Change, ...]


def attempt(
    case: Case, bill: Bill | None, scheme: Scheme, *, place: str, on: date, tier: str, insurance_kind: str,
    institution_id: int | None = None,
) -> Tried:  # fmt: skip
    """Group a case that is still open, with a bill its payment too. Raises PolicyGap."""
    found = group(case, scheme)
    rules = rules_of(place, on, tier=tier, insurance_kind=insurance_kind)
    rules = rules.of(Held(place).of(institution_id, on))

    def paid(one: Grouped) -> Account | None:
        return account(scheme, one.drg, one.mdc, one.status, bill, rules, on) if bill else None

    now = paid(found)
    changes = []
    for level in (Level.MCC, Level.CC):
        codes = _counting(case, scheme, level)
        if not codes or found.status is not Status.GROUPED:
            continue
        changed = _changed(case, found, codes, scheme)
        then = next(iter(changed.values()), None)
        if then is None:
            continue
        worth = paid(then)
        changes.append(
            Change(
                level,
                then,
                _name(scheme, then.drg),
                tuple((code, scheme.diagnosis_name(code)) for code in changed),
                len(codes),
                worth.payment.fund_fen - now.payment.fund_fen if worth and now else 0,
            )
        )
    weight = scheme.weight(found.drg, on)
    return Tried(
        found, _name(scheme, found.drg), f"{weight.weight_e4 / 10_000:.4f}" if weight else "", now, tuple(changes)
    )


def _name(scheme: Scheme, drg: str) -> str:
    found = scheme.drgs.get(drg)
    return found.name if found else ""


def _counting(case: Case, scheme: Scheme, level: Level) -> list[str]:
    """Complications of a level that would count beside the case's principal diagnosis and are not among its own."""
    principal = scheme.principal(case.principal_diagnosis) or ""
    table = scheme.exclusions.get(principal)
    own = {principal, *(scheme.diagnosis(code) for code in case.other_diagnoses)}
    return [
        code
        for code, one in scheme.complications.items()
        if one.level is level and code not in own and not (one.table and one.table == table)
    ]


def _changed(case: Case, found: Grouped, codes: list[str], scheme: Scheme) -> dict[str, Grouped]:
    """Codes with any of which the case comes to one other DRG of its ADRG, those most like what is written first.

    Each is tried: a further injury may make it a case of several body sites, which is another group altogether.
    """
    ordered = _nearest(case, codes)
    further = ordered[MOST_TRIED // 2 :]
    tried = ordered[: MOST_TRIED // 2] + further[:: max(-(-2 * len(further) // MOST_TRIED), 1)]
    changed: dict[str, Grouped] = {}
    for code in tried:
        then = group(replace(case, other_diagnoses=(*case.other_diagnoses, code)), scheme)
        if then.adrg == found.adrg and then.drg != found.drg:
            first = next(iter(changed.values()), then)
            if then.drg == first.drg:
                changed[code] = then
        if len(changed) == MOST_CODES:
            break
    return changed


def _nearest(case: Case, codes: list[str]) -> list[str]:
    """Those that stand nearest to what is already written (the same category, then the same chapter) first."""
    written = (case.principal_diagnosis, *case.other_diagnoses)
    categories, letters = {code[:3] for code in written}, {code[:1] for code in written}
    return sorted(codes, key=lambda code: (code[:3] not in categories, code[:1] not in letters, code))
