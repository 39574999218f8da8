"""What charges are compared with: the prices in force, the names items have, and which category a code belongs to."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from yigongti.domains.money.prices import api as prices
from yigongti.kernel import clock

CATEGORY_OF_CODE: tuple[tuple[str, frozenset[str]], ...] = (
    ("1101", frozenset({"registration", "general"})),
    ("1102", frozenset({"consultation", "general"})),
    ("1109", frozenset({"bed"})),
    ("1201", frozenset({"nursing"})),
    ("21", frozenset({"examination"})),
    ("22", frozenset({"examination"})),
    ("23", frozenset({"examination"})),
    ("25", frozenset({"laboratory"})),
    ("26", frozenset({"laboratory"})),
    ("27", frozenset({"examination", "laboratory"})),
    ("33", frozenset({"surgery", "treatment"})),
)
"""How the codes of the national list of medical services (全国医疗服务价格项目规范) begin, and the settlement list's
categories such an item is charged under. Recalled (R-M): only beginnings that leave no doubt."""

NOT_FOR_MEN = ("妇科", "子宫", "宫颈", "阴道", "卵巢", "分娩", "接生", "剖宫产", "产科", "孕")
NOT_FOR_WOMEN = ("前列腺", "睾丸", "阴茎", "包皮", "精囊", "输精管")
FOR_CHILDREN = ("新生儿", "小儿", "婴儿", "儿科")
"""Words in an item's name that fit only one sex, or only children."""


def categories_of(code: str) -> frozenset[str]:
    """The categories an item of this code is charged under; empty where its beginning says nothing."""
    return next((found for start, found in CATEGORY_OF_CODE if code.startswith(start)), frozenset())


def names_of(codes: Collection[str]) -> dict[str, str]:
    """What the place's list calls these items; codes it doesn't have are left out."""
    return prices.item_names(codes) if codes else {}


def prices_of(wanted: Iterable[tuple[str, date, str]], *, place: str) -> Mapping[tuple[str, date, str], int]:
    """What items cost, in fen, by (code, day, tier); what has no price is left out.

    Prices change seldom: a tier's are asked for at the ends of each month, and day by day only where those differ.
    """
    by_month: dict[tuple[date, str], dict[date, set[str]]] = {}
    for code, on, tier in wanted:
        by_month.setdefault((clock.month_of(on), tier), {}).setdefault(on, set()).add(code)
    found: dict[tuple[str, date, str], int] = {}
    for (_month, tier), days in by_month.items():
        codes = set().union(*days.values())
        first = prices.price_at(codes, min(days), tier, place=place)
        last = prices.price_at(codes, max(days), tier, place=place)
        for on, own in days.items():
            then = first if first == last else prices.price_at(own, on, tier, place=place)
            found |= {(code, on, tier): then[code] for code in own if code in then}
    return found
