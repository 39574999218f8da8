"""The outcomes of grouping: statuses, reasons, and the sentence a coder reads for each."""

from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.drg.scheme.rules import Match, Severity

UNGROUPED = "0000"


class Status(StrEnum):
    """grouped: a DRG was found; ambiguous: QY; ungroupable: 0000; invalid: the case can't be read."""

    GROUPED = "grouped"
    AMBIGUOUS = "ambiguous"
    UNGROUPABLE = "ungroupable"
    INVALID = "invalid"


STATUS_WORDS = {
    Status.GROUPED: gettext_lazy("已入组"),
    Status.AMBIGUOUS: gettext_lazy("歧义"),
    Status.UNGROUPABLE: gettext_lazy("未入组"),
    Status.INVALID: gettext_lazy("数据不合格"),
}


class Reason(StrEnum):
    """Why a case has its status. The order of the invalid and unmapped ones is the order they are looked for in."""

    ROW = "row_unreadable"
    NO_SEX = "sex_missing_or_unknown"
    NO_AGE = "age_missing"
    BAD_AGE = "age_not_a_number_of_years"
    NO_AGE_DAYS = "age_in_days_missing"
    BAD_AGE_DAYS = "age_in_days_not_of_an_infant"
    NO_WEIGHT = "birth_weight_missing"
    BAD_WEIGHT = "birth_weight_not_in_grams"
    NO_DIAGNOSIS = "principal_diagnosis_missing"
    UNMAPPED_PRINCIPAL = "principal_diagnosis_not_mapped"
    UNMAPPED_OTHER = "other_diagnosis_not_mapped"
    UNMAPPED_PROCEDURE = "procedure_not_mapped"
    NO_MDC = "no_mdc"
    NO_ADRG = "no_adrg"
    NO_SEVERITY = "no_drg_of_this_severity"
    QY = "operation_without_a_group"
    GROUPED = "grouped"


INVALID = tuple(Reason)[: tuple(Reason).index(Reason.UNMAPPED_PRINCIPAL)]
UNMAPPED = (Reason.UNMAPPED_PRINCIPAL, Reason.UNMAPPED_OTHER, Reason.UNMAPPED_PROCEDURE)


def status_of(reason: Reason) -> Status:
    """The status a reason leads to."""
    if reason in INVALID:
        return Status.INVALID
    return {Reason.GROUPED: Status.GROUPED, Reason.QY: Status.AMBIGUOUS}.get(reason, Status.UNGROUPABLE)


def sentence(
    reason: Reason,
    *,
    mdc: str = "",
    adrg: str = "",
    drg: str = "",
    match: Match | None = None,
    severity: Severity | None = None,
    splits: bool = True,
    code: str = "",
) -> str:
    """What happened and, where something is to be done, what."""
    if reason is Reason.GROUPED and match is not None and severity is not None:
        return _("进入MDC{mdc}；{adrg}：{match}；{drg}：{severity}。").format(
            mdc=mdc, adrg=adrg, match=match_words(match), drg=drg, severity=severity_words(severity, splits)
        )
    return str(_SENTENCES[reason]).format(mdc=mdc, adrg=adrg, code=code)


_SENTENCES = {
    Reason.ROW: gettext_lazy("这一行的列数与表头不符，或不是文本，无法读取。"),
    Reason.NO_SEX: gettext_lazy("性别为空，或不是1（男）、2（女）。"),
    Reason.NO_AGE: gettext_lazy("年龄（岁）为空。不满1岁的请填0，并填日龄。"),
    Reason.BAD_AGE: gettext_lazy("年龄（岁）不是0至150的整数。"),
    Reason.NO_AGE_DAYS: gettext_lazy("年龄为0岁，但没有日龄。"),
    Reason.BAD_AGE_DAYS: gettext_lazy("年龄为0岁，但日龄不是0至366的整数。"),
    Reason.NO_WEIGHT: gettext_lazy("出生28天以内的新生儿须填出生体重（克）。"),
    Reason.BAD_WEIGHT: gettext_lazy("新生儿的出生体重不是1至20000的整数（克）。"),
    Reason.NO_DIAGNOSIS: gettext_lazy("没有主要诊断。"),
    Reason.UNMAPPED_PRINCIPAL: gettext_lazy("主要诊断{code}不在分组方案的编码中，也没有对照，不能入组。请核对编码。"),
    Reason.UNMAPPED_OTHER: gettext_lazy("其他诊断{code}不在分组方案的编码中，也没有对照，不能入组。请核对编码。"),
    Reason.UNMAPPED_PROCEDURE: gettext_lazy("手术操作{code}不在分组方案的编码中，也没有对照，不能入组。请核对编码。"),
    Reason.NO_MDC: gettext_lazy("主要诊断不进入任何MDC。请核对主要诊断、性别和年龄。"),
    Reason.NO_ADRG: gettext_lazy("进入MDC{mdc}，但不符合其中任何一组。请核对主要诊断和手术操作。"),
    Reason.NO_SEVERITY: gettext_lazy("进入{adrg}，但其中没有适合这一严重程度的DRG。"),
    Reason.QY: gettext_lazy(
        "有手术操作，但MDC{mdc}的外科组和操作组都不接收：主要诊断与手术操作不匹配（歧义组）。请核对主要诊断的选择。"
    ),
    Reason.GROUPED: gettext_lazy("已入组。"),
}


def match_words(match: Match) -> str:
    """A match kind in words."""
    return str(_MATCHES[match])


_MATCHES = {
    Match.DIAGNOSIS: gettext_lazy("主要诊断符合"),
    Match.PROCEDURE: gettext_lazy("主要手术操作符合"),
    Match.DIAGNOSIS_AND_PROCEDURE: gettext_lazy("主要诊断和主要手术操作都符合"),
    Match.PROCEDURE_VALID: gettext_lazy("主要手术操作是有效的手术操作"),
    Match.TWO_LISTS: gettext_lazy("两个手术操作表各有一项"),
    Match.DIAGNOSIS_AND_TWO_LISTS: gettext_lazy("主要诊断符合，两个手术操作表各有一项"),
    Match.DIAGNOSIS_AND_TAGS: gettext_lazy("主要诊断符合，手术操作的组合符合"),
    Match.NEWBORN_DIAGNOSIS: gettext_lazy("28天以内新生儿，主要诊断符合"),
    Match.NEWBORN_PROCEDURE: gettext_lazy("28天以内新生儿，主要手术操作符合"),
    Match.NEWBORN_WEIGHT: gettext_lazy("28天以内新生儿，诊断和出生体重符合"),
    Match.ANY_DIAGNOSIS_AND_PROCEDURE_VALID: gettext_lazy("有一个诊断符合，主要手术操作有效"),
    Match.NO_VALID_PROCEDURE: gettext_lazy("没有有效的手术操作"),
    Match.ALWAYS: gettext_lazy("进入该MDC的其余病例"),
}


def severity_words(severity: Severity, splits: bool = True) -> str:
    """A severity test in words; ``splits``: the ADRG has others, so a DRG without a test has no complications."""
    if severity is Severity.NONE:
        return _("没有计入的合并症或并发症") if splits else _("不看合并症和并发症")
    return _("有严重合并症或并发症（MCC）") if severity is Severity.MCC else _("有合并症或并发症（MCC或CC）")
