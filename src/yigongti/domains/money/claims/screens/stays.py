"""Screens over stays in hospital: split admissions, overlapping stays, care after death."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.terminology import api as terminology
from yigongti.domains.money.claims.policy import PLANNED, READMISSION_DAYS
from yigongti.domains.money.claims.screens.rules import (
    Facts,
    Hit,
    Run,
    Screen,
    Told,
    key_of_claims,
    number_told,
    part,
    ref,
    register,
)

ARTICLES = gettext_lazy("《医疗保障基金使用监督管理条例》第十五条、第三十八条")
FALSE_CARE = gettext_lazy("《医疗保障基金使用监督管理条例》第十六条、第四十条")

# Each stay with those of the same person that ended shortly before it began, at the same place or in the same
# consortium, the nearest first. Being sent on (离院方式 2, 3) to another institution is no readmission.
_SPLIT = """
    SELECT b.*, a.id AS a_id, a.source_id AS a_source_id, a.record_no AS a_record_no, a.service_start AS a_start,
           a.service_end AS a_end, a.happened_on AS a_settled, a.code AS a_code, a.category AS a_category,
           a.institution_id AS a_institution_id, a.institution_name AS a_institution
    FROM standing b
    JOIN standing a ON a.resident_id = b.resident_id AND a.id <> b.id AND a.setting = 'inpatient'
         AND a.service_end IS NOT NULL AND a.service_start <= b.service_start
         AND b.service_start BETWEEN a.service_end AND a.service_end + CAST(? AS INTEGER)
         AND NOT (a.service_start = b.service_start AND a.service_end = coalesce(b.service_end, b.service_start))
    LEFT JOIN holders ha ON ha.institution_id = a.institution_id
    LEFT JOIN holders hb ON hb.institution_id = b.institution_id
    WHERE b.setting = 'inpatient' AND b.happened_on BETWEEN ? AND ?
      AND (a.institution_id = b.institution_id OR ha.holder_id = hb.holder_id
           OR (a.institution_id IS NULL AND b.institution_id IS NULL AND a.institution_name = b.institution_name))
      AND (a.institution_id IS NOT DISTINCT FROM b.institution_id OR a.discharge_way NOT IN ('2', '3'))
      AND b.category <> '' AND a.category <> '' AND b.category NOT IN (SELECT unnest(?))
    ORDER BY b.id, a.service_end DESC, a.id DESC
"""


def split_admissions(run: Run) -> Iterator[Hit]:
    """The same person back in hospital with the same or a similar disease within so many days (policy): told of the
    nearest such stay, whatever else was treated in between."""
    days, planned = run.value(READMISSION_DAYS), [one for one in run.value(PLANNED).split("|") if one]
    told: set[int] = set()
    for row in run.rows(_SPLIT, days, run.since, run.until, planned):
        same = row["category"] == row["a_category"]
        if row["id"] in told or (not same and not _similar(row["category"], row["a_category"])):
            continue
        told.add(row["id"])
        here = row["institution_id"] == row["a_institution_id"]
        gap = (row["service_start"] - row["a_end"]).days
        risk = (80 if same else 60) - (0 if here else 15) + (10 if gap <= 1 else 5 if gap <= 3 else 0)
        yield Hit(
            key=key_of_claims(row["source_id"], (ref(row, "a_"), ref(row))),
            claims=(ref(row, "a_"), ref(row, fen=row["fund_fen"])),
            resident_id=row["resident_id"],
            institution_id=row["institution_id"],
            institution_name=row["institution_name"],
            source_id=row["source_id"],
            amount_fen=row["fund_fen"],
            risk=risk,
            first_on=row["a_start"],
            last_on=row["service_end"] or row["service_start"],
            found_on=row["happened_on"],
            settled_last=max(row["happened_on"], row["a_settled"]),
            facts={
                "first_no": number_told(ref(row, "a_"), row["source_id"]), "second_no": row["record_no"],
                "left_on": row["a_end"].isoformat(),
                "back_on": row["service_start"].isoformat(), "gap": gap, "days": days, "same": same, "here": here,
                "first_code": row["a_code"], "second_code": row["code"], "first_at": row["a_institution"],
                "second_at": row["institution_name"],
            },
        )  # fmt: skip


def _similar(one: str, other: str) -> bool:
    """Whether two three-character categories belong to one group of diseases."""
    group = terminology.disease_group(one).key
    return group != terminology.UNCODED and group == terminology.disease_group(other).key


def tell_split(facts: Facts) -> Told:
    told = [
        _("%(left)s 从%(at)s出院（结算单 %(no)s，诊断 %(code)s）。")
        % {"left": facts["left_on"], "at": facts["first_at"], "no": facts["first_no"], "code": facts["first_code"]},
        _("%(back)s 又在%(at)s住院（结算单 %(no)s，诊断 %(code)s），只隔 %(gap)d 天。")
        % {"back": facts["back_on"], "at": facts["second_at"], "no": facts["second_no"], "code": facts["second_code"],
           "gap": facts["gap"]},
        _("两次住院是同一种疾病。") if facts["same"] else _("两次住院的疾病属于同一组。"),
        _("政策规定出院后 %(days)d 天内因同类疾病再次住院的要核实有没有分解住院；存疑金额按后一次住院的基金支付计。")
        % {"days": facts["days"]},
    ]  # fmt: skip
    if not facts["here"]:
        told.insert(2, _("两家机构属于同一医共体。"))
    return tuple(told)


_OVERLAP = """
    SELECT b.*, a.id AS a_id, a.source_id AS a_source_id, a.record_no AS a_record_no, a.service_start AS a_start,
           a.service_end AS a_end, a.happened_on AS a_settled, a.institution_name AS a_institution,
           least(a.service_end, b.service_end) - greatest(a.service_start, b.service_start) AS both_days
    FROM standing b
    JOIN standing a ON a.resident_id = b.resident_id AND a.setting = 'inpatient'
         AND (a.service_start, a.id) < (b.service_start, b.id)
         AND a.service_start < b.service_end AND b.service_start < a.service_end
    WHERE b.setting = 'inpatient' AND (b.happened_on BETWEEN ? AND ? OR a.happened_on BETWEEN ? AND ?)
      AND NOT (a.service_start = b.service_start AND a.service_end = b.service_end AND a.total_fen = b.total_fen
               AND a.institution_name = b.institution_name)
    ORDER BY b.id, a.id
"""
"""A stay that ends on the day another begins doesn't overlap; what is one stay settled twice is another screen's."""


def overlapping_stays(run: Run) -> Iterator[Hit]:
    """One person in two beds at once."""
    for row in run.rows(_OVERLAP, run.since, run.until, run.since, run.until):
        stay = max((row["service_end"] - row["service_start"]).days, 1)
        amount = part(row["fund_fen"], row["both_days"], stay)
        yield Hit(
            key=key_of_claims(row["source_id"], (ref(row, "a_"), ref(row))),
            claims=(ref(row, "a_"), ref(row, fen=amount)),
            resident_id=row["resident_id"],
            institution_id=row["institution_id"],
            institution_name=row["institution_name"],
            source_id=row["source_id"],
            amount_fen=amount,
            risk=min(70 + row["both_days"] * 3, 95),
            first_on=row["a_start"],
            last_on=max(row["service_end"], row["a_end"]),
            found_on=row["happened_on"],
            settled_last=max(row["happened_on"], row["a_settled"]),
            facts={
                "first_no": number_told(ref(row, "a_"), row["source_id"]), "first_at": row["a_institution"],
                "first": [row["a_start"].isoformat(), row["a_end"].isoformat()],
                "second_no": row["record_no"], "second_at": row["institution_name"],
                "second": [row["service_start"].isoformat(), row["service_end"].isoformat()],
                "days": row["both_days"], "stay": stay,
            },
        )  # fmt: skip


def tell_overlap(facts: Facts) -> Told:
    return (
        _("%(since)s 至 %(until)s 在%(at)s住院（结算单 %(no)s）。")
        % {"since": facts["first"][0], "until": facts["first"][1], "at": facts["first_at"], "no": facts["first_no"]},
        _("%(since)s 至 %(until)s 又在%(at)s住院（结算单 %(no)s）。")
        % {
            "since": facts["second"][0], "until": facts["second"][1], "at": facts["second_at"],
            "no": facts["second_no"],
        },
        _("同一人有 %(days)d 天同时住在两处；存疑金额按后一次住院 %(stay)d 天中的这些天分摊。")
        % {"days": facts["days"], "stay": facts["stay"]},
    )  # fmt: skip


# The day of death as the master index has it, else the day a stay ended in death.
_DEATH = """
    WITH died AS (
        SELECT resident_id, min(died_on) AS died_on, arg_min(told_by, died_on) AS told_by FROM (
            SELECT person_id AS resident_id, died_on, '' AS told_by FROM deaths
            UNION ALL
            SELECT resident_id, coalesce(service_end, happened_on), record_no FROM standing WHERE died
        ) GROUP BY resident_id
    )
    SELECT c.*, d.died_on, d.told_by FROM standing c JOIN died d ON d.resident_id = c.resident_id
    WHERE c.service_start > d.died_on AND c.happened_on BETWEEN ? AND ?
    ORDER BY c.id
"""


def after_death(run: Run) -> Iterator[Hit]:
    """Care that began after the person had died."""
    for row in run.rows(_DEATH, run.since, run.until):
        days = (row["service_start"] - row["died_on"]).days
        yield Hit(
            key=key_of_claims(row["source_id"], (ref(row),)),
            claims=(ref(row, fen=row["fund_fen"]),),
            resident_id=row["resident_id"],
            institution_id=row["institution_id"],
            institution_name=row["institution_name"],
            source_id=row["source_id"],
            amount_fen=row["fund_fen"],
            risk=95 if days > 3 else 75,
            first_on=row["died_on"],
            last_on=max(row["service_end"] or row["service_start"], row["service_start"]),
            found_on=row["happened_on"],
            facts={
                "no": row["record_no"], "at": row["institution_name"], "died_on": row["died_on"].isoformat(),
                "start": row["service_start"].isoformat(), "days": days, "told_by": row["told_by"],
            },
        )  # fmt: skip


def tell_death(facts: Facts) -> Told:
    source = (
        _("结算单 %(no)s 写明 %(on)s 死亡离院。") % {"no": facts["told_by"], "on": facts["died_on"]}
        if facts["told_by"]
        else _("居民档案登记 %(on)s 死亡。") % {"on": facts["died_on"]}
    )
    return (
        source,
        _("此后 %(days)d 天，%(start)s 又有在%(at)s就医的结算（结算单 %(no)s）。请核对死亡登记和就医人身份。")
        % {"days": facts["days"], "start": facts["start"], "at": facts["at"], "no": facts["no"]},
    )


SPLIT = register(Screen("split_admission", gettext_lazy("分解住院"), ARTICLES, split_admissions, tell_split))
OVERLAPPING = register(
    Screen("overlapping_stay", gettext_lazy("住院时间重叠"), FALSE_CARE, overlapping_stays, tell_overlap)
)
AFTER_DEATH = register(Screen("after_death", gettext_lazy("死亡后就医"), FALSE_CARE, after_death, tell_death))
