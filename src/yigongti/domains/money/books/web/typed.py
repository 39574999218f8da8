"""A voucher as typed in the form or read from a file: every line judged, nothing lost."""

from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from yigongti.domains.money.books import selectors
from yigongti.domains.money.books.services.vouchers import DraftLine
from yigongti.domains.money.books.web import asked
from yigongti.kernel.intake.sheets import SheetRefused, fen_of, read
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import BookView
from yigongti.kernel.money import yuan

ROWS, MOST_ROWS = 4, 200
HEADERS = {
    "account": ("科目编码", "科目", "编码", "account"),
    "debit": ("借方金额（元）", "借方金额", "借方", "debit"),
    "credit": ("贷方金额（元）", "贷方金额", "贷方", "credit"),
    "other": ("往来单位", "counterparty"),
    "note": ("说明", "备注", "note"),
}


@dataclass
class TypedLine:
    """A line of the form as typed, and what is wrong with it."""

    number: int
    account: str = ""
    debit: str = ""
    credit: str = ""
    other: str = ""
    note: str = ""
    error: str = ""

    @property
    def empty(self) -> bool:
        return not any((self.account, self.debit, self.credit, self.other, self.note))


@dataclass
class Typed:
    """The whole form as typed, judged."""

    on: str
    summary: str
    rows: list[TypedLine]
    paper_no: str = ""
    errors: list[str] = field(default_factory=list)
    lines: list[DraftLine] = field(default_factory=list)

    @property
    def debit_fen(self) -> int:
        return sum(line.fen for line in self.lines if line.fen > 0)

    @property
    def credit_fen(self) -> int:
        return -sum(line.fen for line in self.lines if line.fen < 0)

    @property
    def difference_fen(self) -> int:
        return self.debit_fen - self.credit_fen

    @property
    def short_fen(self) -> int:
        """What the debits fall short of the credits by."""
        return -self.difference_fen

    @property
    def wrong(self) -> bool:
        return bool(self.errors) or any(row.error for row in self.rows)

    def judge(self, book: BookView) -> None:
        """Every line that says something becomes a draft line, or names what is wrong with it."""
        accounts = {account.code: account for account in ledger.accounts(book.id)}
        leaves = selectors.leaves(accounts.values())
        self.lines = []
        for row in self.rows:
            row.error = ""
            if row.empty:
                continue
            try:
                code = row.account.split(" ", 1)[0]
                if code not in accounts:
                    raise ValueError(_("请选择科目"))
                if code not in leaves:
                    raise ValueError(_("请选用明细科目"))
                if bool(row.debit) == bool(row.credit):
                    raise ValueError(_("借方和贷方填一个"))
                amount = fen_of(row.debit or row.credit)
                if amount <= 0:
                    raise ValueError(_("金额要大于零；减少就填在另一方"))
                other = asked.number(row.other)
                if (row.other or accounts[code].internal) and other is None:
                    raise ValueError(_("请选择往来单位"))
                if not accounts[code].internal and other is not None:
                    raise ValueError(_("这个科目不记往来单位"))
                self.lines.append(DraftLine(code, amount if row.debit else -amount, other, row.note))
            except ValueError as error:
                row.error = str(error)

    def take_rows(self, rows: list[TypedLine], book: BookView) -> None:
        """Put lines from a file in place of those typed."""
        self.rows = rows
        self.judge(book)


def read_typed(data: QueryDict, book: BookView) -> Typed:
    """What was typed in the form, judged."""
    clean = {key: data.get(key, "").replace("\0", "").strip()[:200] for key in data}
    count = min(max((asked.number(data.get("rows")) or ROWS), 2), MOST_ROWS)
    names = ("account", "debit", "credit", "other", "note")
    rows = [TypedLine(number, *(clean.get(f"{name}_{number}", "") for name in names)) for number in range(1, count + 1)]
    typed = Typed(clean.get("on", ""), clean.get("summary", ""), rows, clean.get("paper_no", "")[:60])
    typed.judge(book)
    return typed


def read_file(data: bytes, book: BookView) -> list[TypedLine]:
    """The lines of a file as if they had been typed; the other side by its name. Raises SheetRefused."""
    names = {account.code: str(account.name) for account in ledger.accounts(book.id)}
    others = {one.name: str(one.id) for one in ledger.books(place=book.place)}
    found = read(data, HEADERS, ("account", "debit", "credit"))
    if len(found) > MOST_ROWS:
        raise SheetRefused(_("一张凭证最多%(most)d行分录。") % {"most": MOST_ROWS})
    rows = []
    for number, row in enumerate(found, 1):
        said = {key: text[:200] for key, text in row.said.items()}
        code = said["account"].split(" ", 1)[0]
        account = f"{code} {names[code]}" if code in names else said["account"]
        debit, credit = ("" if text in ("0", "0.00", "0.0") else text for text in (said["debit"], said["credit"]))
        rows.append(TypedLine(number, account, debit, credit, others.get(said["other"], said["other"]), said["note"]))
    return rows


def fill(typed: Typed) -> None:
    """The difference into the first line that names an account without an amount."""
    row = next((row for row in typed.rows if row.account and not row.debit and not row.credit), None)
    if row is None or not typed.difference_fen:
        return
    amount = yuan(abs(typed.difference_fen))
    row.debit, row.credit = ("", amount) if typed.difference_fen > 0 else (amount, "")
    row.error = ""
    typed.lines.append(DraftLine(row.account.split(" ", 1)[0], -typed.difference_fen))
