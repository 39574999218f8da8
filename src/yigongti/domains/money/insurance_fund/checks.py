"""What stands in the way of approving a year, named row by row. A finding blocks until it is mended in its source, or,
where it may be right after all, until whoever prepares the year says why (``acceptable``)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ibis
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.insurance_fund import policy
from yigongti.domains.money.insurance_fund.claims import DATASET, NONE, SERVICE_ENDED, Reading, Which
from yigongti.domains.money.insurance_fund.gathering import Gathered
from yigongti.domains.money.insurance_fund.models import Accepted, Closing, Participant
from yigongti.domains.money.insurance_fund.statement import digest
from yigongti.kernel.lake.api import engine, snapshot, table

SHOWN = 50
Words = str | Promise
CENTRES = ("township_health_centre", "community_centre")


WORDS: Mapping[str, tuple[Words, Words]] = {
    "not_computable": (gettext_lazy("预算算不出来"), gettext_lazy("补齐资料或政策值后再提交")),
    "policy_gaps": (gettext_lazy("政策值没有规定"), gettext_lazy("在本地政策文件中写明后再提交；平台不猜")),
    "no_population": (gettext_lazy("有成员单位没有参保人数"), gettext_lazy("填写该单位管理的参保人数")),
    "unconfirmed": (gettext_lazy("未经本地确认的政策值"), gettext_lazy("批准即表示认可；也可先在政策文件中确认")),
    "lacking": (gettext_lazy("有的数字还算不出来"), gettext_lazy("补齐得分、认定金额或政策值")),
    "months_unpaid": (gettext_lazy("有的月份没有拨付预付金"), gettext_lazy("清算按实际拨付的金额计算；漏办的请先拨付")),
    "months_missing": (gettext_lazy("有的月份没有结算数据"), gettext_lazy("导入这些月份的结算数据")),
    "months_waiting": (gettext_lazy("结算数据正在更新"), gettext_lazy("几分钟后再试")),
    "negative": (gettext_lazy("金额为负，又不是冲销单"), gettext_lazy("请来源机构改正或注明冲销哪一单")),
    "orphan_reversal": (
        gettext_lazy("冲销单找不到原结算单"),
        gettext_lazy("补传原结算单；原单确在平台启用前的，请说明"),
    ),
    "over_reversed": (
        gettext_lazy("冲销的比原结算单多"),
        gettext_lazy("请来源机构撤下多余的冲销单；确实无误的，请说明"),
    ),
    "twice": (gettext_lazy("同一结算单出现两次"), gettext_lazy("冲销重复的一单；确是两次的，请说明")),
    "two_places": (gettext_lazy("有人在两地参保"), gettext_lazy("请经办机构查明在哪里参保；已查明的，请说明")),
    "outside_holders": (
        gettext_lazy("有的结算单不属于任何预算单位"),
        gettext_lazy("登记这些居民的管理机构；由基金另行列支的，请说明"),
    ),
    "referrals_missing": (
        gettext_lazy("有的月份还没有比对转诊证明"),
        gettext_lazy("这些月份的县域外就医都算作没有转诊证明；比对由平台自动进行"),
    ),
    "of_no_year": (
        gettext_lazy("有的结算单过了截止日才结算，不属于任何年度"),
        gettext_lazy("治疗在以前年度结束，而那个年度没有在本平台清算；请在原来的账上处理"),
    ),
    "unknown_kind": (gettext_lazy("结算单没有参保类型"), gettext_lazy("不计入任何一个基金；请补填后重传")),
}
"""What a finding is called and what to do about it, by its name: a frozen one is read in any language."""


@dataclass(frozen=True)
class Finding:
    """One kind of thing that is wrong. ``rows``: the first of ``count``, in words; ``digest`` stands for all of them;
    ``ids``: claims below it. ``kind``: block, accepted or warn."""

    name: str
    count: int
    rows: tuple[str, ...]
    digest: str
    acceptable: bool = False
    warning: bool = False
    accepted: str = ""
    ids: tuple[int, ...] = ()

    @property
    def title(self) -> str:
        return str(WORDS[self.name][0])

    @property
    def advice(self) -> str:
        return str(WORDS[self.name][1])

    @property
    def blocks(self) -> bool:
        return not self.warning and not self.accepted

    @staticmethod
    def frozen(data: Mapping[str, Any], found: Gathered) -> "Finding":
        """A finding as it was when the year was closed."""
        rows = unconfirmed(found) if data["name"] == "unconfirmed" else data["rows"]
        return Finding(data["name"], data["count"], tuple(rows), "", warning=data["warning"], accepted=data["accepted"])

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "count": self.count, "rows": list(self.rows), "accepted": self.accepted,
                "warning": self.warning}  # fmt: skip


def findings(found: Gathered, *, clearing: bool) -> list[Finding]:
    """What is wrong with a budget, or (``clearing``) with a whole year; what blocks first."""
    made = [*_budget(found)]
    if clearing:
        made += _year(found)
        if found.snapshot is not None and found.snapshot.files and found.scope is not None:
            with engine() as backend:
                read = Reading(backend, found.snapshot, found.scope, found.referrals)
                made += _claims(read, backend)
                made.append(_of_no_year(read, found))
    made.append(_unconfirmed(found))
    said = {(a.check_name, a.rows_digest): f"{a.by_name}：{a.reason}" for a in Accepted.objects.filter(year=found.year)}
    kept = [_with_word(one, said) for one in made if one.count]
    return sorted(kept, key=lambda one: (not one.blocks, one.warning))


def blocking(found: Iterable[Finding]) -> list[Finding]:
    return [one for one in found if one.blocks]


def _with_word(one: Finding, said: dict[tuple[str, str], str]) -> Finding:
    word = said.get((one.name, one.digest), "") if one.acceptable else ""
    return Finding(**{**vars(one), "accepted": word}) if word else one


def _made(name: str, rows: Iterable[str], *, keys: Iterable[Any] | None = None,
          **more: Any) -> Finding:  # fmt: skip
    rows = list(rows)
    keys = rows if keys is None else list(keys)
    return Finding(name, len(keys), tuple(rows[:SHOWN]), digest(keys), **more)


# -- the budget -------------------------------------------------------------------------------------------------


def _budget(found: Gathered) -> list[Finding]:
    made = []
    if found.why:
        made.append(_made("not_computable", [found.why]))
    if found.year.rules is None:  # frozen with the approval: what is missing then can't be mended later
        made.append(
            _made(
                "policy_gaps",
                [found.rules.gap(name) for name in found.rules.gaps],
            )
        )
    lacking = [
        row for row in found.year.members() if row.kind in CENTRES and not row.persons and _at_the_end(row, found)
    ]
    made.append(
        _made("no_population", [row.name for row in lacking], keys=[row.organisation_id for row in lacking],
              warning=found.year.rules is not None)
    )  # fmt: skip
    return made


def _at_the_end(row: Participant, found: Gathered) -> bool:
    """Whether a member stands with its holder at the end of the year: there its insured persons are counted."""
    if found.scope is None or row.holder is None:
        return True
    return found.scope.homes.stretches[-1].holder_of.get(row.organisation_id) == row.holder.organisation_id


def _unconfirmed(found: Gathered) -> Finding:
    """Values nobody here has confirmed: they don't block, whoever approves acknowledges them."""
    return _made("unconfirmed", unconfirmed(found), warning=True)


def unconfirmed(found: Gathered) -> list[str]:
    """The values used that nobody here has confirmed, in words."""
    used = {name for line in (found.statement.lines if found.statement else ()) for name in line.rules}
    rules = [rule for rule in found.rules.unconfirmed if rule.name in used]
    return [f"{rule.label}：{rule.shown}（{rule.evidence_label}）" for rule in rules]


# -- the year ---------------------------------------------------------------------------------------------------


def _year(found: Gathered) -> list[Finding]:
    made = []
    if found.statement is not None:
        made.append(
            _made("lacking",
                  [why for _key, why in found.statement.lacking])
        )  # fmt: skip
    if found.scope is None:
        return made
    there = found.snapshot.months if found.snapshot else frozenset()
    unpaid = [str(month) for month in range(1, 13) if month not in found.year.paid_months]
    made.append(_made("months_unpaid", unpaid, warning=True))
    missing = [f"{month:%Y-%m}" for month in found.scope.months if month not in there]
    made.append(_made("months_missing", missing))
    told = found.referrals.months if found.referrals else frozenset()
    unmatched = [f"{month:%Y-%m}" for month in found.scope.months if month in there - told]
    made.append(_made("referrals_missing", unmatched, warning=True))
    waits = sum(one.waiting for one in (found.snapshot, found.referrals) if one is not None)
    if waits:
        waiting = _("%(n)d 个月份的数据正在更新") % {"n": waits}
        made.append(_made("months_waiting", [waiting]))
    return made


# -- the claims -------------------------------------------------------------------------------------------------


def _claims(read: Reading, backend: Any) -> list[Finding]:
    """All of them; one look over the numbers says which need a closer one."""
    here, mine = read.here, read.claims
    seen = here.aggregate(
        elsewhere=(~here.insured_division.isin(["", read.scope.division])).sum(),
        unknown=(~here.insurance_kind.isin(["01", "02"])).sum(),
        negative=((here.fund < 0) | (here.total < 0)).sum(),
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
    made = [_twice(read), _outside(read)]
    if seen["negative"]:
        made.append(_negative(read))
    if mine.filter(mine.reverses != "").count().to_pyarrow().as_py():
        made += [_orphans(read, backend), _over_reversed(read)]
    if seen["elsewhere"]:
        made.append(_two_places(read))
    if seen["unknown"]:
        made.append(_unknown_kind(read))
    return made


def _rows(claims: Any) -> tuple[list[str], list[int]]:
    data = claims.order_by("id").select("id", "record_no", "happened_on", "institution_name", "fund").to_pyarrow()
    rows = data.to_pylist()
    words = [
        f"{r['record_no']} {r['happened_on']} {r['institution_name']} {r['fund'] / 100:,.2f}" for r in rows[:SHOWN]
    ]
    return words, [r["id"] for r in rows]


def _listed(name: str, claims: Any, **more: Any) -> Finding:
    words, ids = _rows(claims)
    return _made(name, words, keys=ids, ids=tuple(ids[:1000]), **more)


def _negative(read: Reading) -> Finding:
    claims = read.claims
    wrong = claims.filter(((claims.fund < 0) | (claims.total < 0)) & (claims.reverses == ""))
    return _listed("negative", wrong)


def _orphans(read: Reading, backend: Any) -> Finding:
    """Reversals whose original is nowhere in the lake."""
    reversals = read.claims.filter(read.claims.reverses != "")
    pairs = reversals.select("source_id", "reverses").to_pyarrow().to_pydict()
    named = sorted(set(zip(pairs["source_id"], pairs["reverses"], strict=True)))
    if not named:
        return _made("orphan_reversal", [])
    every = table(backend, snapshot(DATASET))
    there = (
        every.filter(every.record_no.isin([no for _source, no in named])).select("source_id", "record_no").distinct()
    )
    known = set(map(tuple, zip(*there.to_pyarrow().to_pydict().values(), strict=True)))
    lost = [pair for pair in named if pair not in known]
    return _listed("orphan_reversal", _naming(reversals, lost), acceptable=True)


def _naming(reversals: Any, pairs: Collection[tuple[int, str]]) -> Any:
    """Of reversals those that take back one of these claims, by payer and number."""
    if not pairs:
        return reversals.limit(0)
    sources, numbers = zip(*pairs, strict=True)
    return reversals.semi_join(ibis.memtable({"source_id": sources, "reverses": numbers}), ["source_id", "reverses"])


def _over_reversed(read: Reading) -> Finding:
    """What takes back more than there was: twice the same, or a reversal. Of claims of the year."""
    reversals = read.claims.filter(read.claims.reverses != "")
    back = reversals.group_by("source_id", "reverses").aggregate(
        back_fund=reversals.fund.sum(), back_total=reversals.total.sum()
    )
    back = back.rename(record_no="reverses")
    both = read.claims.inner_join(back, ["source_id", "record_no"])
    over = both.filter((both.fund + both.back_fund < 0) | (both.total + both.back_total < 0) | (both.reverses != ""))
    pairs = over.select("source_id", "record_no").to_pyarrow().to_pydict()
    found = _naming(reversals, list(zip(pairs["source_id"], pairs["record_no"], strict=True)))
    return _listed("over_reversed", found, acceptable=True)


def _twice(read: Reading) -> Finding:
    """Claims alike in person, day, institution, kind, diagnosis and amounts under different numbers; none cancelled."""
    claims = read.claims.filter(read.claims.fund > 0, ~read.claims.cancelled)
    rough = ["resident_id", "happened_on", "fund", "total"]  # numbers first: the long comparison is of few
    several = claims.group_by(rough).aggregate(n=claims.count())
    people = several.filter(several.n > 1).select("resident_id").distinct().to_pyarrow().to_pydict()["resident_id"]
    claims = claims.filter(claims.resident_id.isin(people)) if people else claims.limit(0)
    alike = [*rough, "institution_id", "institution_name", "setting", "code", "service_start"]
    number = claims.count().over(ibis.window(group_by=alike))
    again = claims.mutate(alike=number)
    return _listed(
        "twice", again.filter(again.alike > 1),
        acceptable=True
    )  # fmt: skip


def _two_places(read: Reading) -> Finding:
    """People insured here who have claims of the year that say they are insured elsewhere."""
    elsewhere = read.here.filter(~read.here.insured_division.isin(["", read.scope.division]))
    claims = read.claims.semi_join(elsewhere.select("resident_id").distinct(), "resident_id")
    return _listed("two_places", claims, acceptable=True)


def _outside(read: Reading) -> Finding:
    """Claims of people whose managing institution stands under no holder."""
    claims = read.narrowed(Which(home=NONE))
    grouped = claims.group_by("managing_id").aggregate(n=claims.count(), fund=claims.fund.sum())
    rows = sorted(grouped.to_pyarrow().to_pylist(), key=lambda r: (r["managing_id"] is None, r["managing_id"] or 0))
    names = organisation.names(r["managing_id"] for r in rows if r["managing_id"])
    words = [
        _("%(name)s：%(n)d 笔，%(yuan)s 元")
        % {"name": names.get(r["managing_id"], _("没有管理机构的居民")), "n": r["n"], "yuan": f"{r['fund'] / 100:,.2f}"}
        for r in rows
    ]
    keys = [[r["managing_id"], r["n"], r["fund"]] for r in rows]
    return _made("outside_holders", words, keys=keys, acceptable=True)  # fmt: skip


def _of_no_year(read: Reading, found: Gathered) -> Finding:
    """By the day care ended: claims of an earlier year settled when its days were over, where that year was never
    closed here. Of one that was, they are late claims."""
    if read.scope.counted_by != SERVICE_ENDED:
        return _made("of_no_year", [])
    closed = set(
        Closing.objects.filter(
            year__place=found.year.place, year__fund_kind=found.year.fund_kind, year__year__lt=found.year.year
        ).values_list("year__year", flat=True)
    )
    days = found.rules.whole(policy.CUT_OFF_DAYS)
    before = read.before
    over = ibis.date(before.counted_on.year() + 1, 1, 1) + ibis.interval(days=days - 1)
    lost = before.filter(before.happened_on > over, ~before.counted_on.year().isin(sorted(closed) or [0]))
    return _listed("of_no_year", lost, warning=True)


def _unknown_kind(read: Reading) -> Finding:
    """Claims that don't say whether the person is insured as employee or as resident: in nobody's fund."""
    here = read.here
    nobody = here.filter(~here.insurance_kind.isin(["01", "02"]))
    found = nobody.aggregate(n=nobody.count(), fund=nobody.fund.sum()).to_pyarrow().to_pylist()[0]
    words = [_("%(n)d 笔，基金支付 %(yuan)s 元") % {"n": found["n"], "yuan": f"{(found['fund'] or 0) / 100:,.2f}"}]
    return _made("unknown_kind",
                 words if found["n"] else [], warning=True)  # fmt: skip
