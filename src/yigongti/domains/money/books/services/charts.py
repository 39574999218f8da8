"""A place's own accounts, from a file: checked by line, proposed by one, approved by another, opened in every book."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.books.chart import ACCUMULATED, DISTRIBUTION, EARLIER_YEARS, SURPLUS, chart_of
from yigongti.domains.money.books.models import ChartAccount, ChartProposal, Voucher, VoucherLine
from yigongti.domains.money.books.permissions import APPROVE_CHART, CHART
from yigongti.domains.money.books.postings import TEMPLATES
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.intake.sheets import BadLine, Row, read
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import AccountKind, AccountSpec, EntryRefused
from yigongti.kernel.ledger.models import Account, Line
from yigongti.kernel.workflow.api import StepRefused, open_case

HEADERS = {
    "code": ("科目编码", "编码", "code"),
    "name": ("科目名称", "名称", "name"),
    "kind": ("类别", "kind"),
    "internal": ("医共体内部往来", "internal"),
}
KINDS = {
    "资产": AccountKind.ASSET, "负债": AccountKind.LIABILITY, "净资产": AccountKind.NET_ASSET,
    "收入": AccountKind.INCOME, "费用": AccountKind.EXPENSE,
} | {str(kind.value): kind for kind in AccountKind}  # fmt: skip
FIRST_DIGIT = dict(zip("12345", AccountKind, strict=True))
YES = ("是", "yes", "1", "true")
CLOSING = {SURPLUS, DISTRIBUTION, ACCUMULATED, EARLIER_YEARS}  # the year is carried to these themselves
POSTED_BY_TEMPLATES = CLOSING | {code for one in TEMPLATES.values() for code, _amount in one.debits + one.credits}
_CODE = re.compile(r"[1-5][0-9]{3,19}")


@dataclass(frozen=True)
class ChartReading:
    """A file, judged: it may be taken when nothing is bad."""

    accounts: tuple[AccountSpec, ...]
    bad: tuple[BadLine, ...]


def read_file(data: bytes, *, place: str) -> ChartReading:
    """Judge a file of accounts. Raises SheetRefused for what is wrong with it as a whole."""
    known = {spec.code: spec for spec in chart_of(place)}
    good: list[AccountSpec] = []
    bad: list[BadLine] = []
    for row in read(data, HEADERS, ("code", "name", "kind")):
        try:
            spec = _spec(row)
            _check(spec, known)
        except ValueError as error:
            bad.append(BadLine(row.number, row.text, str(error)))
        else:
            known[spec.code] = spec
            good.append(spec)
    return ChartReading(tuple(good), tuple(bad))


def propose(place: str, accounts: Sequence[AccountSpec], *, document: str, actor: Actor) -> ChartProposal:
    """Propose accounts for a place's chart; another person, appointed to the whole place, approves them. Raises
    Forbidden, EntryRefused."""
    actor.require(CHART)
    if not document.strip():
        raise EntryRefused(_("请写明依据文件。"))
    if not accounts:
        raise EntryRefused(_("没有要增加的科目。"))
    _check_all(place, accounts)
    tops = _tops(place)
    if not tops:
        raise EntryRefused(_("这个地方还没有机构。"))
    proposal = ChartProposal(
        organisation_id=tops[0], place=place, document=document.strip()[:200],
        accounts=[[spec.code, spec.name, str(spec.kind), spec.internal] for spec in accounts],
    )  # fmt: skip
    return open_case(proposal, actor=actor)


def approve(case: ChartProposal, actor: Actor, answers: Any) -> None:
    """Open the accounts in the chart and in all books of the place, all or none. Raises StepRefused."""
    if not all(actor.may(APPROVE_CHART, top) for top in _tops(case.place)):
        raise StepRefused(_("科目表由管全部单位的人批准。"))
    books = ledger.books(place=case.place)
    for book in books:
        ledger.held(book.id)  # nothing is posted to what becomes a heading meanwhile
    accounts = case.specs
    try:
        _check_all(case.place, accounts)
        ChartAccount.objects.bulk_create(
            ChartAccount(
                place=case.place, code=spec.code, name=spec.name, kind=spec.kind, internal=spec.internal,
                document=case.document, proposal=case,
            )
            for spec in accounts
        )  # fmt: skip
        for book in books:
            ledger.add_accounts(book.id, accounts, actor=actor)
    except EntryRefused as refused:
        raise StepRefused(str(refused)) from refused
    case.approved_by_id = actor.id
    record(
        actor=actor, act="books.import_chart", subject=f"chart:{case.place}",
        detail={"codes": [spec.code for spec in accounts], "proposal": case.pk},
    )  # fmt: skip


def withdraw(case: ChartProposal, actor: Actor, answers: Any) -> None:
    """Only who proposed it takes it back. Raises StepRefused."""
    if actor.id is None or actor.id != case.opened_by_id:
        raise StepRefused(_("由提出的人撤回。"))


def align(*, actor: Actor) -> list[str]:
    """Open in every book what its chart has and it lacks: accounts the platform ships since it was opened, or the place
    approved. Gives what could not be opened, a line each in English."""
    left: list[str] = []
    for book in ledger.books():
        known = {account.code: account for account in ledger.accounts(book.id)}
        fresh = [spec for spec in chart_of(book.place) if spec.code not in known]
        above = {code for spec in fresh for code in known if spec.code.startswith(code)}
        posted = set(
            Line.objects.unscoped("whether an account is used")
            .filter(account__book_id=book.id, account__code__in=above)
            .values_list("account__code", flat=True)
            .distinct()
        )
        drafted = VoucherLine.objects.filter(
            account__book_id=book.id, account__code__in=above, voucher__state__in=Voucher.UNDER_WAY
        )
        posted |= set(drafted.values_list("account__code", flat=True))
        stuck = {spec.code for spec in fresh if any(spec.code.startswith(code) for code in posted)}
        left += [
            f"{book.name}: {code} is not opened, lines or drafts stand in the account above it"
            for code in sorted(stuck)
        ]
        if wanted := [spec for spec in fresh if spec.code not in stuck]:
            ledger.add_accounts(book.id, wanted, actor=actor)
    return left


def _check_all(place: str, accounts: Sequence[AccountSpec]) -> None:
    """Each fits the chart and those before it, and makes no heading of what is posted to. Raises EntryRefused."""
    known = {spec.code: spec for spec in chart_of(place)}
    for spec in accounts:
        try:
            _check(spec, known)
        except ValueError as error:
            raise EntryRefused(f"{spec.code}：{error}") from error
        known[spec.code] = spec
    if used := _used_headings(place, [spec.code for spec in accounts]):
        raise EntryRefused(_("科目%(code)s的上级科目已经记过账，不能再设明细。") % {"code": used[0]})


def _tops(place: str) -> list[int]:
    return [view.id for view in organisation.organisations(place) if view.parent_id is None]


def _spec(row: Row) -> AccountSpec:
    code, name = row.said["code"], row.said["name"]
    if not _CODE.fullmatch(code):
        raise ValueError(_("科目编码要以1到5开头，4到20位数字"))
    if not name:
        raise ValueError(_("没有科目名称"))
    kind = KINDS.get(row.said["kind"])
    if kind is None:
        raise ValueError(_("类别要写资产、负债、净资产、收入或费用"))
    if kind != FIRST_DIGIT[code[0]]:
        raise ValueError(
            _("编码以%(digit)s开头的科目应是%(kind)s") % {"digit": code[0], "kind": FIRST_DIGIT[code[0]].label}
        )
    return AccountSpec(code, name[:100], kind, row.said["internal"].casefold() in YES)


def _check(spec: AccountSpec, known: dict[str, AccountSpec]) -> None:
    if spec.code in known:
        raise ValueError(_("已有科目%(code)s") % {"code": spec.code})
    if any(code.startswith(spec.code) for code in known):
        raise ValueError(_("科目%(code)s下面已有明细科目") % {"code": spec.code})
    if any(spec.code.startswith(code) for code in POSTED_BY_TEMPLATES):
        raise ValueError(_("平台按上级科目自动记账，不能再设明细"))
    if len(spec.code) > 4 and not any(spec.code.startswith(code) for code in known):
        raise ValueError(_("没有上级科目"))


def _used_headings(place: str, codes: Sequence[str]) -> list[str]:
    """Those of the codes above which an account has been posted to, or is about to be, in any book of the place."""
    books = [book.id for book in ledger.books(place=place)]
    above = {code[:length] for code in codes for length in range(4, len(code))}
    accounts = Account.objects.unscoped("whether an account is used").filter(book_id__in=books, code__in=above)
    posted = Line.objects.unscoped("the same").filter(account__in=accounts)
    drafted = VoucherLine.objects.filter(account__in=accounts, voucher__state__in=Voucher.UNDER_WAY)
    used = {code for rows in (posted, drafted) for code in rows.values_list("account__code", flat=True).distinct()}
    return [code for code in codes if any(code.startswith(one) and code != one for one in used)]
