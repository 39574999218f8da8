"""Reading price lists and quantities from a file: judged by line; what is good can be taken."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.prices import selectors
from yigongti.domains.money.prices.formulas import Quantity
from yigongti.domains.money.prices.models import TIERS
from yigongti.kernel.intake.sheets import BadLine, Row, fen_of, number_of, read

PRICE_HEADERS = {
    "code": ("项目编码", "编码", "item_code"),
    "name": ("项目名称", "名称", "item_name"),
    "unit": ("计价单位", "单位"),
    "tertiary": ("三级价格", "三级医院价格", "三级"),
    "secondary": ("二级价格", "二级医院价格", "二级"),
    "primary": ("一级价格", "基层价格", "一级"),
    "village": ("村级价格", "村级"),
}
USAGE_HEADERS = {
    "institution": ("机构", "机构名称", "institution_name"),
    "code": ("项目编码", "编码", "item_code"),
    "quantity": ("数量", "服务量", "count"),
    "fund_percent": ("基金支付比例（%）", "基金支付比例", "fund_share"),
}
STOPPED = ("停用", "取消", "stop")


@dataclass(frozen=True)
class NewPrice:
    """An item's price at a tier as the file says; ``fen`` None: no longer charged."""

    code: str
    name: str
    unit: str
    tier: str
    fen: int | None


@dataclass(frozen=True)
class PriceReading:
    """A price file, judged by line."""

    prices: tuple[NewPrice, ...]
    bad: tuple[BadLine, ...]
    items: int


@dataclass(frozen=True)
class UsageReading:
    """A file of quantities, judged by line."""

    usage: tuple[Quantity, ...]
    bad: tuple[BadLine, ...]


def read_prices(data: bytes) -> PriceReading:
    """Judge a price list: one line an item, a column a tier; an empty cell leaves the tier as it is, 停用 ends it.

    Raises SheetRefused for what is wrong with the file as a whole.
    """
    good: list[NewPrice] = []
    bad: list[BadLine] = []
    seen: dict[str, int] = {}
    for row in read(data, PRICE_HEADERS, ("code", "name")):
        try:
            prices = _prices(row)
            if (code := row.said["code"]) in seen:
                raise ValueError(_("与第 %(line)d 行重复") % {"line": seen[code]})
            seen[code] = row.number
        except ValueError as error:
            bad.append(BadLine(row.number, row.text, str(error)))
        else:
            good += prices
    return PriceReading(tuple(good), tuple(bad), len(seen))


def _prices(row: Row) -> list[NewPrice]:
    code, name = row.said["code"], row.said["name"]
    if not code or len(code) > 40 or not code.isprintable() or " " in code:
        raise ValueError(_("没有项目编码，或编码太长"))
    if not name:
        raise ValueError(_("没有项目名称"))
    found = []
    for tier in TIERS:
        said = row.said[tier]
        if not said:
            continue
        found.append(NewPrice(code, name[:200], row.said["unit"][:40], tier, price_of(said)))
    if not found:
        raise ValueError(_("没有写任何一级的价格"))
    return found


def price_of(text: str) -> int | None:
    """A price as typed: yuan in fen, None where it says the item is no longer charged. Raises ValueError."""
    if text in STOPPED:
        return None
    fen = fen_of(text)
    if fen < 0:
        raise ValueError(_("价格不能为负"))
    return fen


def read_usage(data: bytes, *, place: str, also: Collection[str] = ()) -> UsageReading:
    """Judge a file of quantities: institution, item, how often in the period, the fund's share of it. Items are those
    of the place's list, and ``also`` those of the adjustment itself."""
    good: list[Quantity] = []
    bad: list[BadLine] = []
    institutions: dict[str, int] = {}
    known = selectors.known_codes(place) | set(also)
    seen: dict[tuple[int, str], int] = {}
    for row in read(data, USAGE_HEADERS, ("institution", "code", "quantity")):
        try:
            one = _usage(row, place, institutions)
            if one.code not in known:
                raise ValueError(_("价格表里没有项目%(code)s") % {"code": one.code})
            if (key := (one.institution_id, one.code)) in seen:
                raise ValueError(_("与第 %(line)d 行重复") % {"line": seen[key]})
            seen[key] = row.number
        except ValueError as error:
            bad.append(BadLine(row.number, row.text, str(error)))
        else:
            good.append(one)
    return UsageReading(tuple(good), tuple(bad))


def _usage(row: Row, place: str, institutions: dict[str, int]) -> Quantity:
    text = row.said["institution"]
    if text not in institutions:
        try:
            found = organisation.find(text, place=place)
        except organisation.AmbiguousOrganisation as several:
            raise ValueError(str(several)) from several
        if found is None or not found.is_institution:
            raise ValueError(_("机构目录中没有“%(name)s”") % {"name": text})
        institutions[text] = found.id
    if not row.said["code"]:
        raise ValueError(_("没有项目编码，或编码太长"))
    quantity, share = _number(row.said["quantity"]), _share(row.said["fund_percent"])
    if not 0 <= quantity < 10**11:
        raise ValueError(_("数量不对：%(text)s") % {"text": row.said["quantity"][:40]})
    if not 0 <= share <= 100:
        raise ValueError(_("基金支付比例要在0和100之间"))
    return Quantity(institutions[text], row.said["code"][:40], quantity, share)


def _share(text: str) -> Decimal:
    """Percent. A bare share of at most 1 is as likely a fraction: it is not guessed."""
    share = _number(text.rstrip("%％") or "0")
    if 0 < share <= 1 and not text.endswith(("%", "％")):
        raise ValueError(_("“%(text)s”是百分之几？请带上百分号，如70%%") % {"text": text[:40]})
    return share


def _number(text: str) -> Decimal:
    number = number_of(text)
    if number != round(number, 2):
        raise ValueError(_("“%(text)s”不是数字，或小数多于两位") % {"text": text[:40]})
    return number
