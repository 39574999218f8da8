"""The statement as tables for people: rows of figures, a column per holder, each figure opening to its own page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from yigongti.domains.money.insurance_fund.gathering import Gathered
from yigongti.domains.money.insurance_fund.statement import Line, key
from yigongti.domains.money.insurance_fund.words import LINES

FUND_LINES = ("pool", "risk_adjustment", "quality_deposit", "critical_illness", "available", "shared", "undistributed")
BUDGET_LINES = ("budget", "deposit", "prepaid")
CLEARING_LINES = (
    "budget", "adjustment", "settle", "use_own", "use_other_holder", "use_other_inside", "use_outside", "use_pharmacy",
    "use", "corrections", "delta", "surplus_kept", "surplus_returned", "overspend_fund", "overspend_borne",
    "deposit_returned", "deposit_forfeited", "entitled", "paid_out", "position", "balance",
)  # fmt: skip
TOTALS = frozenset({"settle", "use", "delta", "balance"})
WHOLE_LINES = ("claims", "beyond_budgets", "unassigned")


@dataclass(frozen=True)
class Cell:
    fen: int | None
    href: str = ""


@dataclass(frozen=True)
class Row:
    """``strong``: a sum, shown as one."""

    label: str
    cells: tuple[Cell, ...]
    strong: bool = False


def line_address(found: Gathered, line_key: str) -> str:
    return reverse("insurance_fund:line", args=[found.year.pk, line_key])


def fund_rows(found: Gathered) -> list[Row]:
    """The fund's own lines: pool, what is set aside, what is shared."""
    return [_single(found, line) for name in FUND_LINES if (line := _line(found, name))]


def whole_rows(found: Gathered) -> list[Row]:
    """What the fund paid in all."""
    return [_single(found, line) for name in WHOLE_LINES if (line := _line(found, name))]


def patient_rows(found: Gathered) -> list[dict[str, Any]]:
    """Patients' reimbursement: inside, and outside with and without a referral, or where none is needed."""
    made = []
    for name in ("reimbursed_inside", "reimbursed_referred", "reimbursed_unreferred", "reimbursed_exempt"):
        line = _line(found, name)
        if line is None:
            continue
        total = int(dict(line.inputs)["total_fen"])
        made.append({
            "label": str(LINES[name]), "services": int(dict(line.inputs)["services"]), "total": total, "fund": line.fen,
            "share": line.fen / total if total else None, "href": line_address(found, line.key),
        })  # fmt: skip
    return made


def referral_rows(found: Gathered) -> list[Row]:
    """What the lack of a referral came to; nothing in years closed before that was compared."""
    wanted = ("reimbursed_unreferred", "had_referral", "referral_missed")
    lines = [line for name in wanted if (line := _line(found, name))]
    return [_single(found, line) for line in lines] if len(lines) == len(wanted) else []


def holder_rows(found: Gathered, names: Sequence[str]) -> list[Row]:
    """A row per figure, a cell per holder, then all of them together. Rows nobody has are left out."""
    made = []
    for name in names:
        cells = [_of(found, name, holder.id) for holder in found.inputs.holders]
        known = [cell.fen for cell in cells if cell.fen is not None]
        if known:
            made.append(Row(str(LINES[name]), (*cells, Cell(sum(known))), name in TOTALS))
    return made


def between_rows(found: Gathered) -> list[dict[str, Any]]:
    """Who owes whom: gross, and netted."""
    names = {h.id: h.name for h in found.inputs.holders}
    lines = [*found.statement.named("owes"), *found.statement.named("net_owes")] if found.statement else []
    return [
        {"debtor": names.get(line.of or 0, ""), "creditor": names.get(line.nth or 0, ""), "fen": line.fen,
         "net": line.name == "net_owes", "href": line_address(found, line.key)}
        for line in lines
    ]  # fmt: skip


def member_rows(found: Gathered) -> list[dict[str, Any]]:
    """Each member's own figures under its holder."""
    holders = {h.id: h.name for h in found.inputs.holders}
    made = []
    for member in found.inputs.members:
        paid = _line(found, "member_paid", member.id, member.holder_id)
        shared = _line(found, "distribution", member.id, member.holder_id)
        borne = _line(found, "bears", member.id, member.holder_id)
        services = int(dict(paid.inputs)["services"]) if paid else 0
        if not member.tier and not (paid and paid.fen):
            continue
        made.append({
            "name": member.name, "holder": holders.get(member.holder_id, ""), "tier": member.tier, "services": services,
            "points": member.points, "paid": paid.fen if paid else None,
            "paid_href": line_address(found, paid.key) if paid else "",
            "share": shared.fen if shared else None, "share_href": line_address(found, shared.key) if shared else "",
            "borne": borne.fen if borne else None, "borne_href": line_address(found, borne.key) if borne else "",
        })  # fmt: skip
    return made


def _of(found: Gathered, name: str, holder: int) -> Cell:
    if name == "adjustment":
        lines = [line for line in (found.statement.lines if found.statement else ())
                 if line.name == name and line.of == holder]  # fmt: skip
        if not lines:
            return Cell(None)
        return Cell(sum(line.fen for line in lines), line_address(found, key("settle", holder)))
    line = _line(found, name, holder)
    return Cell(line.fen, line_address(found, line.key)) if line else Cell(None)


def _line(found: Gathered, name: str, of: int | None = None, nth: int | None = None) -> Line | None:
    return found.statement.get(name, of, nth) if found.statement else None


def _single(found: Gathered, line: Line) -> Row:
    return Row(
        str(LINES[line.name]), (Cell(line.fen, line_address(found, line.key)),), line.name in ("available", "claims")
    )
