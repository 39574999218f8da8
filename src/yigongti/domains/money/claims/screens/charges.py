"""Screens over charge lines: hanging beds, repeat charges, charges above the price in force, swapped items."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.claims import references
from yigongti.domains.money.claims.codes import Category
from yigongti.domains.money.claims.policy import (
    BED_LEAST_DAYS,
    BED_SHARE,
    CARE,
    CHARGED_AS,
    FOR_CHILDREN,
    NOT_FOR_MEN,
    NOT_FOR_WOMEN,
    ONCE_A_DAY,
    OVER_LEAST_FEN,
    REPEAT_LEAST_FEN,
    SEX_AND_AGE,
)
from yigongti.domains.money.claims.screens.rules import (
    ClaimRef,
    Facts,
    Hit,
    Run,
    Screen,
    Told,
    key_of_claims,
    part,
    register,
)
from yigongti.domains.money.claims.screens.stays import ARTICLES
from yigongti.kernel.money import yuan

LINES_SHOWN = 20

_OF_CLAIM = """c.id, c.source_id, c.record_no, c.resident_id, c.institution_id, c.institution_name, c.fund_fen,
    c.total_fen, c.happened_on, c.service_start, c.service_end, c.tier, c.sex, c.age_years"""


def _hit(row: Mapping[str, Any], *, amount: int, risk: int, facts: dict[str, Any], listed: int | None = None) -> Hit:
    """A finding about one claim; ``listed``: the part of charges in question that the insurance list covers."""
    claim = ClaimRef(row["source_id"], row["record_no"], row["id"], amount, listed)
    return Hit(
        key=key_of_claims(row["source_id"], (claim,)),
        claims=(claim,),
        resident_id=row["resident_id"],
        institution_id=row["institution_id"],
        institution_name=row["institution_name"],
        source_id=row["source_id"],
        amount_fen=amount,
        risk=risk,
        first_on=row["service_start"],
        last_on=max(row["service_end"] or row["service_start"], row["service_start"]),
        found_on=row["happened_on"],
        facts={"no": row["record_no"], "at": row["institution_name"], **facts},
    )


_CARED = f"""
    SELECT {_OF_CLAIM}, coalesce(list(DISTINCT l.happened_on) FILTER (l.category IN (SELECT unnest(?))), []) AS cared
    FROM standing c JOIN lines l ON l.source_id = c.source_id AND l.claim_no = c.record_no AND l.amount_fen > 0
    WHERE c.setting = 'inpatient' AND c.happened_on BETWEEN ? AND ?
      AND c.service_end - c.service_start >= CAST(? AS INTEGER)
    GROUP BY ALL ORDER BY c.id
"""  # noqa: S608  (constants)


def hanging_beds(run: Run) -> Iterator[Hit]:
    """Long stays with many days on which nobody did anything that is charged for. The day of leaving doesn't count;
    a stay without any charge line says nothing."""
    least, share = run.value(BED_LEAST_DAYS), run.value(BED_SHARE)
    care: tuple[str, ...] = run.value(CARE)
    for row in run.rows(_CARED, list(care), run.since, run.until, least):
        length = (row["service_end"] - row["service_start"]).days
        days = [row["service_start"] + timedelta(days=n) for n in range(length)]
        idle = sorted(set(days) - set(row["cared"]))
        if len(idle) * 100 < share * length:
            continue
        weekends = sum(on.weekday() >= 5 for on in idle)
        yield _hit(
            row,
            amount=part(row["fund_fen"], len(idle), length),
            risk=min(40 + len(idle) * 60 // length, 95),
            facts={
                "since": row["service_start"].isoformat(), "until": row["service_end"].isoformat(), "length": length,
                "idle": [on.isoformat() for on in idle], "weekends": weekends, "share": f"{share.normalize():f}",
            },
        )  # fmt: skip


def tell_hanging(facts: Facts) -> Told:
    idle = facts["idle"]
    told = [
        _("%(since)s 至 %(until)s 在%(at)s住院 %(length)d 天（结算单 %(no)s）。") % facts,
        _("其中 %(idle)d 天没有护理、检查、化验、治疗、手术和药品收费，达到政策规定的 %(share)s%%：%(days)s。")
        % {"idle": len(idle), "share": facts["share"], "days": "、".join(_ranges(idle))},
    ]
    if facts["weekends"]:
        told.append(_("这些天里有 %(n)d 天是周末。") % {"n": facts["weekends"]})
    told.append(_("请核实患者这些天是否在院；存疑金额按天数分摊基金支付。"))
    return tuple(told)


def _ranges(days: list[str]) -> list[str]:
    """Days that follow one another, written as from–to."""
    found: list[list[date]] = []
    for text in days:
        on = date.fromisoformat(text)
        if found and on - found[-1][-1] == timedelta(days=1):
            found[-1].append(on)
        else:
            found.append([on])
    return [one[0].isoformat() if len(one) == 1 else f"{one[0]}–{one[-1]}" for one in found]


# One item, one claim, one day: money given back on the same day counts against it.
_REPEATED = f"""
    SELECT {_OF_CLAIM}, l.happened_on AS on_day, coalesce(nullif(l.item_code, ''), l.item_name) AS item,
           min(l.item_name) AS item_name, min(l.category) AS category, count(*) AS n,
           sum(coalesce(l.quantity, CASE WHEN l.amount_fen < 0 THEN -1 ELSE 1 END)) AS quantity,
           sum(l.amount_fen) AS amount_fen, list(l.line_no ORDER BY l.line_no) AS line_nos,
           bool_and(l.pay_class = '3') AS own_expense
    FROM standing c JOIN lines l ON l.source_id = c.source_id AND l.claim_no = c.record_no
    WHERE l.category IN (SELECT unnest(?)) AND c.happened_on BETWEEN ? AND ?
    GROUP BY ALL HAVING sum(coalesce(l.quantity, CASE WHEN l.amount_fen < 0 THEN -1 ELSE 1 END)) > 1
        AND sum(l.amount_fen) > 0
    ORDER BY c.id, on_day, item
"""  # noqa: S608  (constants)


def repeat_charges(run: Run) -> Iterator[Hit]:
    """What is charged once a day, charged more often."""
    allowed: tuple[str, ...] = run.value(ONCE_A_DAY)
    least = run.value(REPEAT_LEAST_FEN)
    for rows in _by_claim(run.rows(_REPEATED, list(allowed), run.since, run.until)):
        found, listed = [], 0
        for row in rows:
            excess = row["amount_fen"] - _rounded_up(Decimal(row["amount_fen"]) / row["quantity"])
            listed += 0 if row["own_expense"] else excess
            found.append(
                {
                    "on": row["on_day"].isoformat(),
                    "item": row["item_name"],
                    "code": row["item"],
                    "category": row["category"],
                    "quantity": f"{row['quantity'].normalize():f}",
                    "amount": row["amount_fen"],
                    "excess": excess,
                    "lines": list(row["line_nos"])[:LINES_SHOWN],
                }
            )
        excess = sum(one["excess"] for one in found)
        if excess < least:
            continue
        yield _hit(rows[0], amount=excess, listed=listed, risk=min(50 + 5 * len(found), 85), facts={"charges": found})


def _rounded_up(amount: Decimal) -> int:
    return -int((-amount).to_integral_value(ROUND_FLOOR))


def _by_claim(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["id"]].append(row)
    yield from found.values()


def tell_repeat(facts: Facts) -> Told:
    told = [_("在%(at)s（结算单 %(no)s），下列项目一天只应收一次：") % facts]
    told += [
        _("%(on)s %(item)s（%(category)s）收了 %(quantity)s 次，共 %(amount)s 元，多收 %(excess)s 元。")
        % {
            **one,
            "category": Category(one["category"]).label,
            "amount": yuan(one["amount"]),
            "excess": yuan(one["excess"]),
        }
        for one in facts["charges"][:LINES_SHOWN]
    ]
    return (*told, *_rest(facts["charges"]))


def _rest(found: list[Any]) -> Told:
    more = len(found) - LINES_SHOWN
    return (_("另有 %(n)d 处。") % {"n": more},) if more > 0 else ()


_PAIRS = """
    SELECT DISTINCT l.item_code, l.happened_on AS on_day, c.tier
    FROM standing c JOIN lines l ON l.source_id = c.source_id AND l.claim_no = c.record_no
    WHERE l.item_code <> '' AND l.unit_price > 0 AND l.amount_fen > 0 AND c.tier NOT IN ('', 'outside')
      AND c.happened_on BETWEEN ? AND ?
"""
_PRICED = f"""
    SELECT {_OF_CLAIM}, l.line_no, l.happened_on AS on_day, l.item_code, l.item_name, l.quantity, l.unit_price, p.fen,
           CAST(floor((l.unit_price * 100 - p.fen)
                * coalesce(l.quantity, l.amount_fen / 100 / l.unit_price)) AS BIGINT) AS excess,
           l.pay_class = '3' AS own_expense
    FROM standing c JOIN lines l ON l.source_id = c.source_id AND l.claim_no = c.record_no
    JOIN prices p ON p.code = l.item_code AND p.on_day = l.happened_on AND p.tier = c.tier
    WHERE l.unit_price * 100 > p.fen AND l.amount_fen > 0 AND c.happened_on BETWEEN ? AND ?
    ORDER BY c.id, on_day, l.line_no
"""  # noqa: S608  (constants)
PRICES = pa.schema([("code", pa.string()), ("on_day", pa.date32()), ("tier", pa.string()), ("fen", pa.int64())])


def over_standard(run: Run) -> Iterator[Hit]:
    """A unit price above the one in force at the institution's tier on the day. What has no price is not judged."""
    least = run.value(OVER_LEAST_FEN)
    pairs = [(row["item_code"], row["on_day"], row["tier"]) for row in run.rows(_PAIRS, run.since, run.until)]
    known = references.prices_of(pairs, place=run.place)
    rows = [{"code": code, "on_day": on, "tier": tier, "fen": fen} for (code, on, tier), fen in known.items()]
    with run.beside("prices", rows, PRICES):
        over = run.rows(_PRICED, run.since, run.until)
    for own in _by_claim(over):
        excess = sum(row["excess"] for row in own)
        if excess < least:
            continue
        found = [
            {
                "on": row["on_day"].isoformat(),
                "item": row["item_name"],
                "code": row["item_code"],
                "line": row["line_no"],
                "charged": f"{row['unit_price'].normalize():f}",
                "price": row["fen"],
                "excess": row["excess"],
                "quantity": "" if row["quantity"] is None else f"{row['quantity'].normalize():f}",
            }
            for row in own
        ]
        facts = {"charges": found, "tier": own[0]["tier"]}
        listed = sum(row["excess"] for row in own if not row["own_expense"])
        yield _hit(own[0], amount=excess, listed=listed, risk=min(60 + 5 * len(found), 90), facts=facts)


def tell_over(facts: Facts) -> Told:
    told = [_("在%(at)s（结算单 %(no)s），下列收费高于当日执行的价格：") % facts]
    told += [
        _("%(on)s %(item)s（%(code)s）单价 %(charged)s 元，执行价格 %(price)s 元，多收 %(excess)s 元。")
        % {**one, "price": yuan(one["price"]), "excess": yuan(one["excess"])}
        for one in facts["charges"][:LINES_SHOWN]
    ]
    return (*told, *_rest(facts["charges"]))


_KINDS = """
    SELECT DISTINCT l.item_code, l.item_name, l.category
    FROM standing c JOIN lines l ON l.source_id = c.source_id AND l.claim_no = c.record_no
    WHERE l.item_code <> '' AND l.amount_fen > 0 AND c.happened_on BETWEEN ? AND ?
"""
_SWAPPED = f"""
    SELECT {_OF_CLAIM}, l.line_no, l.happened_on AS on_day, l.item_code, l.item_name, l.category, l.amount_fen,
           coalesce(o.listed, '') AS listed, l.pay_class = '3' AS own_expense,
           CASE WHEN c.sex = '1' AND regexp_matches(l.item_name, ?) THEN 'sex'
                WHEN c.sex = '2' AND regexp_matches(l.item_name, ?) THEN 'sex'
                WHEN c.age_years > CAST(? AS INTEGER) AND regexp_matches(l.item_name, ?) THEN 'age'
                ELSE o.why END AS reason
    FROM standing c JOIN lines l ON l.source_id = c.source_id AND l.claim_no = c.record_no
    LEFT JOIN odd o ON o.code = l.item_code AND o.name = l.item_name AND o.category = l.category
    WHERE l.amount_fen > 0 AND c.happened_on BETWEEN ? AND ? AND reason IS NOT NULL
    ORDER BY c.id, on_day, l.line_no
"""  # noqa: S608  (constants)
ODD = pa.schema([(name, pa.string()) for name in ("code", "name", "category", "why", "listed")])


def swapped_items(run: Run) -> Iterator[Hit]:
    """A charge that cannot be what its code says (another category, another name), or that cannot be this person's."""
    kinds = run.rows(_KINDS, run.since, run.until)
    names = references.names_of({row["item_code"] for row in kinds})
    charged_as = run.value(CHARGED_AS)
    odd = []
    for row in kinds:
        allowed = references.categories_of(row["item_code"], charged_as)
        why = _unfit(row["item_code"], row["item_name"], row["category"], allowed, names)
        if why:
            odd.append(
                {
                    "code": row["item_code"],
                    "name": row["item_name"],
                    "category": row["category"],
                    "why": why,
                    "listed": names.get(row["item_code"], ""),
                }
            )
    lists: list[tuple[str, ...]] = [run.value(one) for one in (NOT_FOR_MEN, NOT_FOR_WOMEN, FOR_CHILDREN)]
    words = [references.pattern_of(one) for one in lists]
    with run.beside("odd", odd, ODD):
        wrong = run.rows(_SWAPPED, words[0], words[1], run.value(SEX_AND_AGE), words[2], run.since, run.until)
    for own in _by_claim(wrong):
        found = [
            {
                "on": row["on_day"].isoformat(),
                "item": row["item_name"],
                "code": row["item_code"],
                "line": row["line_no"],
                "category": row["category"],
                "amount": row["amount_fen"],
                "why": row["reason"],
                "listed": row["listed"],
            }
            for row in own
        ]
        yield _hit(
            own[0],
            amount=sum(row["amount_fen"] for row in own),
            listed=sum(row["amount_fen"] for row in own if not row["own_expense"]),
            risk=85 if any(row["reason"] in ("sex", "age") for row in own) else 65,
            facts={"charges": found, "sex": own[0]["sex"], "age": own[0]["age_years"]},
        )


def _unfit(code: str, name: str, category: str, allowed: frozenset[str], names: Mapping[str, str]) -> str:
    """Why an item cannot be what its code says, or ""."""
    if allowed and category not in allowed:
        return "category"
    listed = names.get(code, "")
    return "name" if listed and not _alike(listed, name) else ""


def _alike(one: str, other: str) -> bool:
    """Whether two names may mean one item: one contains the other, or they share most of their characters."""
    one, other = ("".join(ch for ch in name if ch.isalnum()) for name in (one, other))
    if one in other or other in one:
        return True
    return len(set(one) & set(other)) * 2 >= min(len(set(one)), len(set(other)))


def tell_swapped(facts: Facts) -> Told:
    words = {
        "sex": _("与患者性别不符"),
        "age": _("与患者年龄（%(age)s 岁）不符") % facts,
        "category": _("编码所属类别与收费类别不符"),
        "name": _("与编码在目录中的名称不符"),
    }
    told = [_("在%(at)s（结算单 %(no)s），下列收费可能串换了项目：") % facts]
    for one in facts["charges"][:LINES_SHOWN]:
        said = _("%(on)s %(item)s（%(code)s，%(category)s）%(amount)s 元：%(why)s") % {
            **one, "category": Category(one["category"]).label, "amount": yuan(one["amount"]), "why": words[one["why"]],
        }  # fmt: skip
        told.append(said + (_("（目录名称：%(listed)s）。") % one if one["why"] == "name" else ""))
    return (*told, *_rest(facts["charges"]))


HANGING = register(Screen("hanging_bed", gettext_lazy("挂床住院"), ARTICLES, hanging_beds, tell_hanging, lines=True))
REPEAT = register(Screen("repeat_charge", gettext_lazy("重复收费"), ARTICLES, repeat_charges, tell_repeat, lines=True))
OVER = register(Screen("over_standard", gettext_lazy("超标准收费"), ARTICLES, over_standard, tell_over, lines=True))
SWAPPED = register(Screen("swapped_item", gettext_lazy("串换项目"), ARTICLES, swapped_items, tell_swapped, lines=True))
