"""What is odd across a scheme's tables: codes nobody knows, lists that shadow one another, groups nothing reaches."""

from django.utils.translation import gettext as _

from yigongti.domains.money.drg.scheme.reading import Report
from yigongti.domains.money.drg.scheme.rules import Entry, Match
from yigongti.domains.money.drg.scheme.scheme import Adrg, Mdc, Scheme

MOST_MDCS = 60
"""Memberships of a diagnosis are compiled into the bits of one word."""
MOST_SITES = 64


def check_whole(scheme: Scheme, report: Report) -> None:
    """Findings of a scheme whose rows are all in order and that ``refuse`` has let pass; adds to ``report``."""
    _unknown_codes(scheme, report)
    _names_and_order(scheme, report)
    _complications(scheme, report)
    for mdc in scheme.mdcs:
        _shadows(mdc, report)
    _overlapping_mdcs(scheme, report)
    if not report.refused:
        _reach(scheme, report)


def refuse(scheme: Scheme, report: Report) -> None:
    """What makes a scheme unusable although each row is in order; adds errors to ``report``."""
    if len(scheme.mdcs) > MOST_MDCS:
        report.error("mdc.csv", 0, _("MDC超过{most}个。").format(most=MOST_MDCS))
    for mdc in scheme.mdcs:
        if len(frozenset().union(*mdc.sites.values())) > MOST_SITES:
            report.error(
                "mdc_diagnoses.csv", 0, _("MDC{mdc}的身体部位超过{most}个。").format(mdc=mdc.code, most=MOST_SITES)
            )
        for place, adrg in enumerate(mdc.adrgs):
            if adrg.match is Match.ALWAYS and place + 1 < len(mdc.adrgs):
                after = "、".join(later.code for later in mdc.adrgs[place + 1 :][:5])
                report.error(
                    "adrg.csv",
                    0,
                    _("{adrg}接收进入MDC{mdc}的所有病例，排在它之后的{after}没有病例能到达。").format(
                        adrg=adrg.code, mdc=mdc.code, after=after
                    ),
                    _("请把它排在最后。"),
                )


def _unknown_codes(scheme: Scheme, report: Report) -> None:
    if scheme.diagnosis_names:
        for code in sorted(scheme.listed_diagnoses - scheme.diagnosis_names.keys()):
            report.often("icd10_diagnoses.csv", 0, _("分组表用到的诊断不在诊断编码表中"), code, _("请核对编码。"))
    if scheme.procedure_names:
        for code in sorted(scheme.listed_procedures - scheme.procedure_names.keys()):
            report.often("icd9cm3_procedures.csv", 0, _("分组表用到的手术操作不在编码表中"), code, _("请核对编码。"))
    alone = {code for code in scheme.diagnosis_map if scheme.principal(code) == scheme.diagnosis(code) == code}
    operations = {code for code in scheme.procedure_map if scheme.procedure(code) == code}
    for file, mapped, listed, names, own in (
        ("diagnosis_map.csv", scheme.diagnosis_map, scheme.listed_diagnoses, scheme.diagnosis_names, alone),
        ("procedure_map.csv", scheme.procedure_map, scheme.listed_procedures, scheme.procedure_names, operations),
    ):
        for code, target in mapped.items():
            if target not in listed and target not in names:
                report.often(file, 0, _("对照到的编码，分组表和编码表都没有"), f"{code}→{target}")
            elif code in own and code != target:
                report.often(file, 0, _("分组表已认得的编码，不再按对照表转换"), f"{code}→{target}")


def _names_and_order(scheme: Scheme, report: Report) -> None:
    for mdc in scheme.mdcs:
        medical = ""
        for adrg in mdc.adrgs:
            if not adrg.code.startswith(mdc.code):
                report.warn("adrg.csv", 0, _("ADRG{adrg}的代码不以MDC{mdc}开头。").format(adrg=adrg.code, mdc=mdc.code))
            if adrg.medical:
                medical = medical or adrg.code
            elif medical:
                report.warn(
                    "adrg.csv",
                    0,
                    _("外科或操作组{adrg}排在内科组{medical}之后，判断歧义时不会先看它。").format(
                        adrg=adrg.code, medical=medical
                    ),
                )
            for drg in adrg.drgs:
                if not drg.code.startswith(adrg.code):
                    report.warn(
                        "drg.csv", 0, _("DRG{drg}的代码不以ADRG{adrg}开头。").format(drg=drg.code, adrg=adrg.code)
                    )


def _complications(scheme: Scheme, report: Report) -> None:
    of_complications = {one.table for one in scheme.complications.values()} - {""}
    of_principals = set(scheme.exclusions.values())
    for table in sorted(of_principals - of_complications):
        report.often("exclusions.csv", 0, _("排除表没有任何合并症并发症，不起作用"), table)
    for table in sorted(of_complications - of_principals):
        report.often("complications.csv", 0, _("没有主要诊断属于这个排除表，不会排除任何病例"), table)


_ONE_LIST = {Match.DIAGNOSIS: "diagnosis", Match.PROCEDURE: "procedure"}


def _shadows(mdc: Mdc, report: Report) -> None:
    """Codes of one ADRG that an earlier one of the same kind takes first."""
    for place, adrg in enumerate(mdc.adrgs):
        if adrg.match in (Match.TWO_LISTS, Match.DIAGNOSIS_AND_TWO_LISTS):
            both = adrg.procedures.get("1", frozenset()) & adrg.procedures.get("2", frozenset())
            for code in sorted(both):
                report.often(
                    "adrg_codes.csv", 0, _("同一手术操作在两个表中都有，一项操作就能入组"), f"{adrg.code} {code}"
                )
        if adrg.match not in _ONE_LIST:
            continue
        mine = _only_list(adrg)
        for earlier in mdc.adrgs[:place]:
            if earlier.match is adrg.match:
                common = mine & _only_list(earlier)
                if common:
                    report.often(
                        "adrg_codes.csv",
                        0,
                        _("表中编码与排在前面的组重叠，总是先入前面的组"),
                        f"{adrg.code}←{earlier.code} {min(common)}",
                    )


def _only_list(adrg: Adrg) -> frozenset[str]:
    return adrg.diagnoses if adrg.match is Match.DIAGNOSIS else adrg.procedures.get("1", frozenset())


def _overlapping_mdcs(scheme: Scheme, report: Report) -> None:
    plain = [mdc for mdc in scheme.mdcs if mdc.entry is Entry.DIAGNOSIS]
    taken: dict[str, str] = {}
    for mdc in plain:
        for code in sorted(mdc.diagnoses):
            if taken.setdefault(code, mdc.code) != mdc.code:
                report.often(
                    "mdc_diagnoses.csv",
                    0,
                    _("诊断同时属于两个MDC，只有在前一个都不符合时才看后一个"),
                    f"{code} {taken[code]}/{mdc.code}",
                )


def _reach(scheme: Scheme, report: Report) -> None:
    from yigongti.domains.money.drg.scheme.reach import unreached

    for drg, tried, why in unreached(scheme):
        words = _("按表中编码试了{tried}例，没有找到能到达{drg}的病例。").format(drg=drg, tried=f"{tried:,}")
        report.warn("drg.csv", 0, words, why)
