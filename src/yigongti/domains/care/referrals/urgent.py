"""When a patient must be referred at once: readings against policy, symptoms from a table with clause.

国家基本公共卫生服务规范（第三版）, 高血压患者健康管理 and 2型糖尿病患者健康管理: danger signs (危急情况).
The follow-up afterwards is within two weeks. Readings: mmHg, mmol/L, beats a minute, degrees Celsius.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.care.referrals import policy
from yigongti.kernel.policy.api import Parameter

SPECIFICATION = gettext_lazy("《国家基本公共卫生服务规范（第三版）》")
HYPERTENSION, DIABETES = gettext_lazy("高血压患者健康管理"), gettext_lazy("2型糖尿病患者健康管理")
BOTH = gettext_lazy("高血压患者健康管理；2型糖尿病患者健康管理")


@dataclass(frozen=True)
class Criterion:
    """Why it is urgent; ``clause`` names the document and its part."""

    code: str
    label: str
    clause: str


_SYMPTOMS: tuple[tuple[str, Promise, Promise], ...] = (
    ("consciousness", gettext_lazy("意识改变或行为改变"), BOTH),
    ("headache", gettext_lazy("剧烈头痛或头晕"), HYPERTENSION),
    ("vomiting", gettext_lazy("恶心、呕吐"), BOTH),
    ("vision", gettext_lazy("视物模糊、眼痛或视力骤降"), BOTH),
    ("chest", gettext_lazy("心悸、胸闷"), HYPERTENSION),
    ("dyspnoea", gettext_lazy("喘憋不能平卧"), HYPERTENSION),
    ("chest_pain", gettext_lazy("剧烈胸痛、背痛，疑似急性冠脉综合征"), HYPERTENSION),
    ("stroke_signs", gettext_lazy("突发言语障碍或肢体瘫痪"), HYPERTENSION),
    ("pregnancy", gettext_lazy("妊娠或哺乳期血压、血糖升高"), BOTH),
    ("acetone", gettext_lazy("呼气有烂苹果样丙酮味"), DIABETES),
    ("sweating", gettext_lazy("心悸、出汗（疑似低血糖）"), DIABETES),
    ("ketosis", gettext_lazy("食欲减退、多饮多尿、腹痛、深大呼吸、皮肤潮红"), DIABETES),
    ("other_danger", gettext_lazy("其他危及生命、本机构不能处理的情况"), BOTH),
)

SYMPTOMS: tuple[tuple[str, Promise], ...] = tuple((code, label) for code, label, _clause in _SYMPTOMS)
"""Danger signs to choose from: (code, label)."""

READINGS: tuple[tuple[str, Promise, str | Promise], ...] = (
    ("systolic", gettext_lazy("收缩压"), "mmHg"),
    ("diastolic", gettext_lazy("舒张压"), "mmHg"),
    ("glucose", gettext_lazy("血糖"), "mmol/L"),
    ("pulse", gettext_lazy("心率"), gettext_lazy("次/分")),
    ("temperature", gettext_lazy("体温"), "℃"),
)


def urgent_criteria(
    *,
    systolic: int | None = None,
    diastolic: int | None = None,
    glucose: Decimal | float | None = None,
    pulse: int | None = None,
    temperature: Decimal | float | None = None,
    symptoms: Iterable[str] = (),
    as_of: date | None = None,
    place: str | None = None,
) -> tuple[Criterion, ...]:
    """The urgent criteria that readings (mmHg, mmol/L, /min, °C) and symptoms meet; none means: not urgent by these.

    Blood pressure and glucose count from the figure on (≥ 180, ≥ 110, ≥ 16.7, ≤ 3.9), pulse and temperature above it
    (> 100, > 39). Unknown symptom codes raise KeyError.
    """
    found: list[Criterion] = []

    def meets(code: str, label: str, value: Any, parameter: Parameter[Any], sign: str) -> None:
        if value is None:
            return
        limit = parameter.at(place, as_of)
        value = Decimal(str(value))
        held = {"≥": value >= limit.value, "≤": value <= limit.value, ">": value > limit.value}[sign]
        if held:
            said = _("%(what)s %(value)s（%(sign)s %(limit)s）") % {
                "what": label, "value": f"{value.normalize():f}", "sign": sign, "limit": limit.value
            }  # fmt: skip
            found.append(Criterion(code, said, limit.citation))

    meets("systolic", _("收缩压"), systolic, policy.URGENT_SYSTOLIC, "≥")
    meets("diastolic", _("舒张压"), diastolic, policy.URGENT_DIASTOLIC, "≥")
    meets("glucose_high", _("血糖"), glucose, policy.URGENT_GLUCOSE_HIGH, "≥")
    meets("glucose_low", _("血糖"), glucose, policy.URGENT_GLUCOSE_LOW, "≤")
    meets("pulse", _("心率"), pulse, policy.URGENT_PULSE, ">")
    meets("temperature", _("体温"), temperature, policy.URGENT_TEMPERATURE, ">")
    known = {code: (label, clause) for code, label, clause in _SYMPTOMS}
    for code in dict.fromkeys(symptoms):
        label, clause = known[code]
        found.append(Criterion(code, str(label), f"{SPECIFICATION} {clause}"))
    return tuple(found)
