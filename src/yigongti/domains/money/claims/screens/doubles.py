"""Screens over what is told twice: one bill under two numbers, one person insured twice, reversals that don't fit."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.claims.screens.rules import (
    ClaimRef,
    Facts,
    Hit,
    Run,
    Screen,
    Told,
    key_of_claims,
    number_told,
    ref,
    register,
)
from yigongti.domains.money.claims.screens.stays import ARTICLES
from yigongti.kernel.money import yuan
from yigongti.kernel.policy.api import place as place_named

KINDS = {"01": gettext_lazy("职工医保"), "02": gettext_lazy("居民医保")}
MOST_CLAIMS = 50

# Bills that agree in person, place, days, kind and amounts; the first that came in is taken for the true one.
_TWICE = """
    SELECT any_value(resident_id) AS resident_id, any_value(institution_id) AS institution_id, institution_name,
           setting, service_start, service_end, total_fen, fund_fen,
           list({'source_id': source_id, 'record_no': record_no, 'id': id, 'settled': happened_on}
                ORDER BY id) AS claims
    FROM standing SEMI JOIN (
        SELECT resident_id, service_start, total_fen FROM standing WHERE setting <> 'pharmacy' AND total_fen > 0
        GROUP BY ALL HAVING count(*) > 1
    ) doubtful USING (resident_id, service_start, total_fen)
    WHERE setting <> 'pharmacy' AND total_fen > 0
    GROUP BY resident_id, institution_id, institution_name, setting, service_start, service_end, total_fen, fund_fen,
             self_paid_fen, code
    HAVING count(*) > 1 AND max(happened_on) BETWEEN ? AND ?
    ORDER BY min(id)
"""


def claimed_twice(run: Run) -> Iterator[Hit]:
    """One bill settled under two numbers."""
    for row in run.rows(_TWICE, run.since, run.until):
        claims = tuple(ref(one, fen=row["fund_fen"] if n else 0) for n, one in enumerate(row["claims"]))
        payer = claims[0].source_id
        numbers = [number_told(one, payer) for one in claims]
        days = [one["settled"].isoformat() for one in row["claims"]]
        yield Hit(
            # not by the order they came in, which changes when one is sent anew
            key=key_of_claims(min(one.source_id for one in claims), sorted(claims, key=_by_number)),
            claims=claims,
            resident_id=row["resident_id"],
            institution_id=row["institution_id"],
            institution_name=row["institution_name"],
            source_id=payer,
            amount_fen=row["fund_fen"] * (len(claims) - 1),
            risk=90 if row["setting"] == "inpatient" else 60,
            first_on=row["service_start"],
            last_on=row["service_end"] or row["service_start"],
            found_on=max(one["settled"] for one in row["claims"]),
            facts={
                "numbers": numbers, "settled": days, "at": row["institution_name"], "total": row["total_fen"],
                "fund": row["fund_fen"], "start": row["service_start"].isoformat(),
                "end": row["service_end"].isoformat() if row["service_end"] else "",
            },
        )  # fmt: skip


def _by_number(one: ClaimRef) -> tuple[str, int]:
    return one.record_no, one.source_id


def tell_twice(facts: Facts) -> Told:
    return (
        _("同一人 %(start)s 在%(at)s的就医，按 %(n)d 个单号结算：%(numbers)s。")
        % {
            "start": facts["start"], "at": facts["at"], "n": len(facts["numbers"]),
            "numbers": "、".join(facts["numbers"]),
        },
        _("机构、日期、诊断、总费用（%(total)s 元）和基金支付（%(fund)s 元）都相同，没有冲销。")
        % {"total": yuan(facts["total"]), "fund": yuan(facts["fund"])},
        _("存疑金额按第一笔以外的基金支付计。"),
    )  # fmt: skip


# The claims of whoever was treated on two ways (kinds of insurance, places of insurance) in a year that the period
# touches, and of 400 days before: net of what was taken back, and read by years so that what is found doesn't depend
# on which days are looked at.
_YEARS = """
    CREATE OR REPLACE TEMP TABLE of_years AS
    WITH touched AS (
        SELECT DISTINCT resident_id, year(service_start) AS of_year FROM standing WHERE happened_on BETWEEN ? AND ?
    ), back AS (
        SELECT source_id, reverses, sum(total_fen)::BIGINT AS total_fen, sum(fund_fen)::BIGINT AS fund_fen
        FROM every_claim WHERE reverses <> '' GROUP BY ALL
    )
    SELECT t.of_year, c.resident_id, c.source_id, c.record_no, c.id, c.happened_on, c.service_start,
           c.fund_fen + coalesce(b.fund_fen, 0) AS fund_fen, c.insurance_kind AS kind,
           CASE WHEN c.insured_division = ? THEN '' ELSE c.insured_division END AS division,
           year(c.service_start) = t.of_year AS counts
    FROM every_claim c
    JOIN touched t ON t.resident_id = c.resident_id AND c.service_start <= make_date(t.of_year, 12, 31)
         AND c.service_start >= make_date(t.of_year, 1, 1) - 400
    LEFT JOIN back b ON b.source_id = c.source_id AND b.reverses = c.record_no
    WHERE c.place = ? AND c.reverses = ''
      AND (b.reverses IS NULL OR (greatest(c.total_fen + b.total_fen, c.fund_fen + b.fund_fen) > 0
                                  AND c.fund_fen + b.fund_fen >= 0))
"""
# Two ways whose claims lie among one another in time, still so in the year itself; a change of insurance does not.
_INSURED = """
    WITH said AS (
        SELECT of_year, resident_id, CASE WHEN ? = 'kind' THEN kind ELSE division END AS way, service_start
        FROM of_years WHERE ? <> 'kind' OR kind IN ('01', '02')
    ), spans AS (
        SELECT of_year, resident_id, way, min(service_start) AS first_on, max(service_start) AS last_on, count(*) AS n
        FROM said GROUP BY ALL
    )
    SELECT a.of_year, a.resident_id, a.way AS way, b.way AS other, a.n AS n, b.n AS other_n,
           greatest(a.first_on, b.first_on) AS since, least(a.last_on, b.last_on) AS until
    FROM spans a JOIN spans b ON a.of_year = b.of_year AND a.resident_id = b.resident_id AND a.way < b.way
        AND a.first_on < b.last_on AND b.first_on < a.last_on
    WHERE year(least(a.last_on, b.last_on)) = a.of_year
    ORDER BY a.of_year, a.resident_id, a.way, b.way
"""
_OF_PERSONS = """
    SELECT * FROM of_years WHERE counts AND resident_id IN (SELECT unnest(?)) ORDER BY service_start, id
"""


def insured_twice(run: Run) -> Iterator[Hit]:
    """One person who draws on two insurances, or on two places, at the same time."""
    run.backend.con.execute(_YEARS, [run.since, run.until, place_named(run.place).division, run.place])
    try:
        found = [(about, row) for about in ("kind", "division") for row in run.rows(_INSURED, about, about)]
        people = sorted({row["resident_id"] for _about, row in found})
        claims: dict[tuple[int, int], list[dict[str, Any]]] = {}
        for row in run.rows(_OF_PERSONS, people) if people else []:
            claims.setdefault((row["of_year"], row["resident_id"]), []).append(row)
    finally:
        run.backend.con.execute("DROP TABLE of_years")
    for about, row in found:
        lesser, more = (row["way"], row["other"]) if (row["n"], row["way"]) < (row["other_n"], row["other"]) else (
            row["other"], row["way"]
        )  # fmt: skip
        own = [one for one in claims[row["of_year"], row["resident_id"]] if one[about] in (lesser, more)]
        if not any(run.since <= one["happened_on"] <= run.until for one in own):
            continue
        of_lesser = [one for one in own if one[about] == lesser]
        named = [one for one in own if one[about] == more][:MOST_CLAIMS] + of_lesser
        yield Hit(
            key=f"{about}|{row['resident_id']}|{row['way']}|{row['other']}|{row['of_year']}",
            claims=tuple(
                ref(one, fen=one["fund_fen"] if one[about] == lesser else 0)
                for one in sorted(named, key=lambda one: (one["service_start"], one["id"]))
            ),
            resident_id=row["resident_id"],
            institution_id=None,
            institution_name="",
            source_id=own[0]["source_id"],
            amount_fen=sum(one["fund_fen"] for one in of_lesser),
            risk=70,
            first_on=min(one["service_start"] for one in own),
            last_on=max(one["service_start"] for one in own),
            found_on=max(one["happened_on"] for one in own),
            facts={
                "about": about, "lesser": lesser, "more": more, "lesser_n": len(of_lesser),
                "more_n": len(own) - len(of_lesser), "since": row["since"].isoformat(),
                "until": row["until"].isoformat(),
                "numbers": [number_told(ref(one), own[0]["source_id"]) for one in of_lesser[:20]],
            },
        )  # fmt: skip


def tell_insured(facts: Facts) -> Told:
    def called(way: str) -> str:
        if facts["about"] == "kind":
            return str(KINDS.get(way, way))
        return way or _("本地")

    return (
        _("%(since)s 至 %(until)s，同一人既按%(more)s结算（%(more_n)d 笔），又按%(lesser)s结算（%(lesser_n)d 笔）。")
        % {**facts, "more": called(facts["more"]), "lesser": called(facts["lesser"])},
        _("两种待遇的结算前后交错，不像中途换了参保。请核对参保信息；存疑金额按笔数少的一方的基金支付计。"),
        _("涉及结算单：%(numbers)s。") % {"numbers": "、".join(facts["numbers"])},
    )  # fmt: skip


# What reversals take back, against what there was to take back.
_REVERSALS = """
    WITH back AS (
        SELECT source_id, reverses, sum(total_fen) AS total_fen, sum(fund_fen) AS fund_fen,
               min(happened_on) AS first_on, max(happened_on) AS last_on, any_value(resident_id) AS resident_id,
               any_value(institution_id) AS institution_id, any_value(institution_name) AS institution_name,
               list({'source_id': source_id, 'record_no': record_no, 'id': id} ORDER BY id) AS claims
        FROM every_claim WHERE reverses <> '' AND place = ? GROUP BY source_id, reverses
        HAVING max(happened_on) BETWEEN ? AND ?
    )
    SELECT b.*, o.id AS o_id, o.total_fen AS o_total, o.fund_fen AS o_fund, o.resident_id AS o_resident,
           o.reverses AS o_reverses
    FROM back b LEFT JOIN every_claim o ON o.source_id = b.source_id AND o.record_no = b.reverses
    WHERE o.id IS NULL OR o.reverses <> '' OR o.total_fen + b.total_fen < 0 OR o.fund_fen + b.fund_fen < 0
       OR o.resident_id <> b.resident_id
    ORDER BY b.source_id, b.reverses
"""


def unfit_reversals(run: Run) -> Iterator[Hit]:
    """Reversals of what nobody sent, of a reversal, of more than there was, or of somebody else's bill."""
    for row in run.rows(_REVERSALS, run.place, run.since, run.until):
        why = (
            "lost" if row["o_id"] is None
            else "reversal" if row["o_reverses"]
            else "another" if row["o_resident"] != row["resident_id"]
            else "more"
        )  # fmt: skip
        claims = tuple(ref(one) for one in row["claims"])
        if row["o_id"] is not None:
            claims = (ClaimRef(row["source_id"], row["reverses"], row["o_id"]), *claims)
        left = (row["o_fund"] or 0) + row["fund_fen"]
        facts = {
            "why": why, "no": row["reverses"], "numbers": [one.record_no for one in map(ref, row["claims"])],
            "back": row["fund_fen"], "was": row["o_fund"],
        }  # fmt: skip
        if why == "more" and left >= 0:
            facts |= {"why": "more_total", "back": row["total_fen"], "was": row["o_total"]}
        yield Hit(
            key=key_of_claims(row["source_id"], (ClaimRef(row["source_id"], row["reverses"], 0),)),
            claims=claims,
            resident_id=row["resident_id"],
            institution_id=row["institution_id"],
            institution_name=row["institution_name"],
            source_id=row["source_id"],
            amount_fen=-row["fund_fen"] if why in ("another", "reversal") else max(-left, 0),
            risk=50,
            first_on=row["first_on"],
            last_on=row["last_on"],
            found_on=row["last_on"],
            facts=facts,
        )


def tell_reversal(facts: Facts) -> Told:
    numbers = {"numbers": "、".join(facts["numbers"]), "no": facts["no"]}
    first = _("冲销 %(numbers)s 写明冲销结算单 %(no)s。") % numbers
    if facts["why"] == "lost":
        return (first, _("没有收到过这张结算单，冲销的 %(back)s 元没有对应的支付。") % {"back": yuan(-facts["back"])})
    if facts["why"] == "reversal":
        return (first, _("这张结算单本身就是一笔冲销，又被冲销 %(back)s 元。") % {"back": yuan(-facts["back"])})
    if facts["why"] == "more_total":
        return (
            first,
            _("这张结算单总费用 %(was)s 元，冲销合计 %(back)s 元，冲销多于原来。")
            % {"was": yuan(facts["was"]), "back": yuan(-facts["back"])},
        )
    if facts["why"] == "another":
        return (first, _("这张结算单是另一人的。"))
    return (
        first,
        _("这张结算单基金支付 %(was)s 元，冲销合计 %(back)s 元，冲销多于原来。")
        % {"was": yuan(facts["was"]), "back": yuan(-facts["back"])},
    )


CLEARED = gettext_lazy("数据核对：冲销须与原结算一致")
INSURED = gettext_lazy("参保核对：同一时期不得重复享受待遇")
TWICE = register(Screen("claimed_twice", gettext_lazy("一次就医两次结算"), ARTICLES, claimed_twice, tell_twice))
INSURED_TWICE = register(Screen("insured_twice", gettext_lazy("重复参保"), INSURED, insured_twice, tell_insured))
REVERSALS = register(Screen("unfit_reversal", gettext_lazy("冲销不符"), CLEARED, unfit_reversals, tell_reversal))
