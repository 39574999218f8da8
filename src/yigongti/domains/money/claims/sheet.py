"""The settlement list (医疗保障基金结算清单) laid out as people know it: diagnoses, procedures, charges, payments."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from yigongti.domains.base.terminology import api as terminology
from yigongti.domains.money.claims.claim_view import ClaimView
from yigongti.domains.money.claims.codes import AdmissionCondition, Category, PayClass
from yigongti.domains.money.claims.models import ChargeLine

ICD10, ICD9 = "icd10", "icd9cm3"
DAYS_AND_HOURS = (
    ("ventilator_hours", "intensive_hours", "special_nursing_days", "first_nursing_days", "second_nursing_days",
     "third_nursing_days")
)  # fmt: skip


@dataclass(frozen=True)
class Diagnosis:
    """One diagnosis of the list. ``condition``: its state on admission, in words."""

    code: str
    name: str
    principal: bool
    condition: str


@dataclass(frozen=True)
class Procedure:
    code: str
    name: str
    principal: bool


@dataclass(frozen=True)
class Charge:
    """One category of charges: what it adds up to, by how far the insurance list covers it. Fen."""

    category: str
    label: str
    lines: tuple[ChargeLine, ...]
    amount_fen: int
    by_class: tuple[int, ...]


@dataclass(frozen=True)
class Payment:
    label: str
    amount_fen: int
    part: bool = False  # of the line above it


def diagnoses(claim: ClaimView) -> list[Diagnosis]:
    """The principal diagnosis and the others, in order, with names where the code is known here."""
    conditions = str(claim.detail.get("admission_conditions") or "").split("|")
    found = []
    for number, code in enumerate([claim.code, *claim.other_diagnoses]):
        if not code and number == 0 and not claim.diagnosis:
            continue
        name = claim.diagnosis if number == 0 and claim.diagnosis else terminology.display(ICD10, code)
        state = conditions[number] if number < len(conditions) else ""
        words = str(AdmissionCondition(state).label) if state in AdmissionCondition.values else ""
        found.append(Diagnosis(code, "" if name == code else name, number == 0, words))
    return found


def procedures(claim: ClaimView) -> list[Procedure]:
    """The procedures, the principal one first."""
    found = []
    for number, code in enumerate(claim.procedures):
        name = terminology.display(ICD9, code)
        found.append(Procedure(code, "" if name == code else name, number == 0))
    return found


def charges(lines: Sequence[ChargeLine]) -> list[Charge]:
    """The charge lines by category, in the order of the settlement list; categories without a line are left out."""
    classes = [*PayClass.values]
    found = []
    for category in Category:
        own = tuple(line for line in lines if line.category == category)
        if own:
            by_class = tuple(
                sum(line.amount_fen for line in own if (line.pay_class or PayClass.OTHER) == one) for one in classes
            )
            found.append(Charge(category, str(category.label), own, sum(line.amount_fen for line in own), by_class))
    return found


def class_labels() -> list[str]:
    return [str(one.label) for one in PayClass]


def payments(claim: ClaimView) -> list[Payment]:
    """Who paid what: the pooled fund, the others beside it, the person; what of the person's came from where."""

    def said(name: str) -> int:
        return int(claim.detail.get(name) or 0)

    found = [Payment(_("统筹基金支付"), claim.fund_fen)]
    others = (
        ("critical_illness_fen", _("大病保险支付")),
        ("medical_aid_fen", _("医疗救助支付")),
        ("civil_servant_fen", _("公务员医疗补助支付")),
        ("large_amount_fen", _("职工大额补助支付")),
        ("other_fund_fen", _("其他基金支付")),
    )
    found += [Payment(label, said(name)) for name, label in others if said(name)]
    found.append(Payment(_("个人支付"), claim.self_paid_fen))
    parts = (("account_fen", _("其中个人账户")), ("self_expense_fen", _("其中自费")))
    found += [Payment(label, said(name), part=True) for name, label in parts if said(name)]
    unpaid = claim.total_fen - claim.fund_fen - claim.beside_fen - claim.self_paid_fen
    if unpaid:
        found.append(Payment(_("未列明"), unpaid))
    return found


def field_label(name: str) -> str:
    """What a column of a claim is called, for what changed between two versions."""
    labels = {
        "settled_at": _("结算时间"), "institution_name": _("就诊机构"), "inside_county": _("县域内"),
        "setting_label": _("类别"), "service_start": _("就医开始"), "service_end": _("就医结束"),
        "department": _("科室"), "doctor": _("主诊医师"), "code": _("主要诊断编码"), "diagnosis": _("主要诊断"),
        "total_fen": _("总费用"), "fund_fen": _("统筹基金支付"), "self_paid_fen": _("个人支付"),
        "insurance_label": _("参保类型"), "resident_id": _("参保人"), "insured_division": _("参保地区划"),
        "reverses": _("冲销结算单号"), "critical_illness_fen": _("大病保险支付"), "medical_aid_fen": _("医疗救助支付"),
        "civil_servant_fen": _("公务员医疗补助支付"), "large_amount_fen": _("职工大额补助支付"),
        "other_fund_fen": _("其他基金支付"), "account_fen": _("个人账户支付"), "self_expense_fen": _("个人自费"),
        "certificate_no": _("转诊凭证号"), "payment_method": _("支付方式"), "medical_record_no": _("病案号码"),
        "age_years": _("年龄"), "age_days": _("年龄天数"), "birth_weight_g": _("新生儿出生体重（克）"),
        "admission_weight_g": _("新生儿入院体重（克）"), "admission_way": _("入院途径"),
        "other_diagnoses": _("其他诊断"), "admission_conditions": _("入院病情"), "procedures": _("手术操作"),
        "ventilator_hours": _("呼吸机使用小时数"), "intensive_hours": _("重症监护小时数"),
        "special_nursing_days": _("特级护理天数"), "first_nursing_days": _("一级护理天数"),
        "second_nursing_days": _("二级护理天数"), "third_nursing_days": _("三级护理天数"),
        "discharge_way": _("离院方式"), "died": _("死亡"),
    }  # fmt: skip
    return labels.get(name, name)


def further(claim: ClaimView) -> list[tuple[str, str]]:
    """What else the list says of a stay: hours and days, weights."""
    names = (*DAYS_AND_HOURS, "birth_weight_g", "admission_weight_g", "age_days")
    return [(field_label(name), str(claim.detail[name])) for name in names if claim.detail.get(name) is not None]
