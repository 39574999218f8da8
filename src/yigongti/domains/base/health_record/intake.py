"""Registers the tables residents and facts come in, and who may send them."""

from collections.abc import Iterable
from functools import partial

import polars as pl
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.health_record import extracts as tables
from yigongti.domains.base.health_record.lake import mark_changed
from yigongti.domains.base.health_record.services import storing
from yigongti.domains.base.health_record.services.persons import register
from yigongti.domains.base.organisation import api as organisation
from yigongti.kernel.intake.api import (
    Check,
    Column,
    Extract,
    Kind,
    Sink,
    Source,
    declare_reason,
    register_extract,
    register_sources,
)

NO_IDENTIFIER = declare_reason("no_identifier", _("患者编号和证件号码都没有，无法知道是谁。"))
ENDS_BEFORE_IT_BEGINS = declare_reason("ends_before_it_begins", _("“{column}”早于开始时间。"))
ENDS_AFTER_SETTLED = declare_reason(
    "ends_after_settled", _("“{column}”晚于结算日：{value}。没有结束的就医不能结算；中途结算的，出院时间留空。")
)
BEFORE_BIRTH = declare_reason("before_birth", _("“{column}”早于出生日期。"))
PARTS_EXCEED_TOTAL = declare_reason("parts_exceed_total", _("基金支付与个人支付之和大于总费用。"))
UNKNOWN_INSTITUTION = declare_reason(
    "unknown_institution", _("“{column}”不在机构名录中：{value}。请核对名称或编码，或先由管理员登记该机构。")
)
NOT_A_PAYER = declare_reason("not_a_payer", _("结算数据只由医保部门报送，以免同一笔结算计算两次。请改由医保部门发送。"))
NEGATIVE_WITHOUT_REVERSAL = declare_reason(
    "negative_without_reversal", _("“{column}”为负数：{value}。负数只用于冲销，须在“冲销结算单号”写明冲销哪一笔。")
)
REVERSAL_NOT_NEGATIVE = declare_reason(
    "reversal_not_negative", _("这是一笔冲销，“{column}”却为正数：{value}。冲销的金额须为负数或 0。")
)
REVERSES_ITSELF = declare_reason("reverses_itself", _("“冲销结算单号”与本笔结算单号相同：{value}。"))
REVERSES_A_REVERSAL = declare_reason(
    "reverses_a_reversal",
    _("“{column}”写的 {value} 本身是一笔冲销，不能再冲销。冲销有误的，请按冲销的单号重新报送。"),
)
OUT_OF_RANGE = declare_reason("out_of_range", _("“{column}”不合理：{value}。"))
NOT_A_DIVISION = declare_reason("not_a_division", _("“{column}”不是六位行政区划代码：{value}。"))
BAD_CODE_LIST = declare_reason("bad_code_list", _("“{column}”须为以 | 分隔的编码：{value}。"))
AMBIGUOUS_INSTITUTION = declare_reason(
    "ambiguous_institution", _("“{column}”对应不止一家机构：{value}。请改用机构编码。")
)


def _ends_before(start: str, end: str) -> Check:
    return Check(ENDS_BEFORE_IT_BEGINS, end, lambda: pl.col(end).dt.date() < pl.col(start).dt.date())


def _before_birth(at: str) -> Check:
    return Check(BEFORE_BIRTH, at, lambda: pl.col(at).dt.date() < pl.col("birth_date"))


def _facts(name: str, label: object, columns: tuple[Column, ...], row: storing.Row, order: int, *checks: Check) -> None:
    sink: Sink = storing.sink_of(row)
    register_extract(
        Extract(
            name,
            label,  # type: ignore[arg-type]
            columns,
            sink,
            checks=(_before_birth(row.happened_at), *checks),
            prepare=storing.prepare,
            finished=partial(mark_changed, row.kind),
            order=order,
        )
    )


CLAIM_MONEY = tuple(column for column in tables.CLAIMS if column.kind is Kind.MONEY)
BESIDE_THE_FUND = (
    "critical_illness_fen", "medical_aid_fen", "civil_servant_fen", "large_amount_fen", "other_fund_fen",
)  # fmt: skip
"""What others than the pooled fund and the insured person paid."""

CLAIM_RANGES = {
    "age_years": (0, 150), "age_days": (0, 366), "birth_weight_g": (100, 20_000), "admission_weight_g": (100, 30_000),
    "ventilator_hours": (0, 100_000), "intensive_hours": (0, 100_000), "special_nursing_days": (0, 10_000),
    "first_nursing_days": (0, 10_000), "second_nursing_days": (0, 10_000), "third_nursing_days": (0, 10_000),
}  # fmt: skip
CODE_LIST = r"^[^\s|]{1,40}(\|[^\s|]{1,40})*$"
CLAIM_PATTERNS = {
    "insured_division": (NOT_A_DIVISION, r"^[0-9]{6}$"),
    "other_diagnoses": (BAD_CODE_LIST, CODE_LIST),
    "procedures": (BAD_CODE_LIST, CODE_LIST),
    "admission_conditions": (BAD_CODE_LIST, r"^[1-4](\|[1-4])*$"),
}


def _claim_checks() -> list[Check]:
    """Amounts are negative in a reversal and nowhere else; its parts may not go beyond its total either way."""

    def is_reversal() -> pl.Expr:
        return pl.col("reverses").is_not_null()

    def negative(name: str) -> pl.Expr:
        return ~is_reversal() & (pl.col(name) < 0)

    def positive(name: str) -> pl.Expr:
        return is_reversal() & (pl.col(name) > 0)

    def beyond_total() -> pl.Expr:
        parts, total = pl.sum_horizontal("fund_fen", "self_paid_fen", *BESIDE_THE_FUND), pl.col("total_fen")
        return pl.when(is_reversal()).then(parts < total).otherwise(parts > total)

    def outside(name: str) -> pl.Expr:
        return ~pl.col(name).is_between(*CLAIM_RANGES[name])

    def unlike(name: str) -> pl.Expr:
        return ~pl.col(name).str.contains(CLAIM_PATTERNS[name][1])

    return [
        *(Check(NEGATIVE_WITHOUT_REVERSAL, c.name, partial(negative, c.field)) for c in CLAIM_MONEY),
        *(Check(REVERSAL_NOT_NEGATIVE, c.name, partial(positive, c.field)) for c in CLAIM_MONEY),
        Check(PARTS_EXCEED_TOTAL, "total_yuan", beyond_total),
        Check(REVERSES_ITSELF, "reverses", lambda: pl.col("reverses") == pl.col("claim_no")),
        *(Check(OUT_OF_RANGE, name, partial(outside, name)) for name in CLAIM_RANGES),
        *(Check(code, name, partial(unlike, name)) for name, (code, _pattern) in CLAIM_PATTERNS.items()),
    ]


register_extract(Extract("residents", _("居民"), tables.RESIDENTS, register, order=10))
_facts("encounters", _("就诊"), tables.ENCOUNTERS, storing.ENCOUNTER, 20, _ends_before("started_at", "ended_at"))
_facts(
    "claims",
    _("结算"),
    tables.CLAIMS,
    storing.CLAIM,
    30,
    _ends_before("started_at", "ended_at"),
    Check(ENDS_AFTER_SETTLED, "ended_at", lambda: pl.col("ended_at").dt.date() > pl.col("settled_at").dt.date()),
    Check(NO_IDENTIFIER, "id_number", lambda: pl.col("patient_no").is_null() & pl.col("id_number").is_null()),
    *_claim_checks(),
)
_facts("diagnoses", _("诊断"), tables.DIAGNOSES, storing.CONDITION, 40)
_facts("measurements", _("测量"), tables.MEASUREMENTS, storing.OBSERVATION, 50)
_facts("procedures", _("手术操作"), tables.PROCEDURES, storing.PROCEDURE, 60, _ends_before("performed_at", "ended_at"))
_facts("medications", _("用药"), tables.MEDICATIONS, storing.MEDICATION, 70, _ends_before("prescribed_at", "ended_at"))
_facts("immunisations", _("预防接种"), tables.IMMUNISATIONS, storing.IMMUNISATION, 80)
_facts("documents", _("文书"), tables.DOCUMENTS, storing.DOCUMENT, 90)


def _find(text: str) -> Source | None:
    view = organisation.find(text, place=settings.PLACE)
    return Source(view.id, view.name) if view else None


def _named(ids: Iterable[int]) -> list[Source]:
    return [Source(view.id, view.name) for view in organisation.get_many(ids).values()]


register_sources(find=_find, named=_named)
