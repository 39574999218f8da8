"""Why a bundle or one of its entries was refused, and what the receipt mentions, in words for people.

For entries ``{column}`` is the path of the element (``Observation.component[1].valueQuantity``).
"""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.intake.api import declare_reason

# whole files
declare_reason("fhir_not_json", _("文件不是完整的 JSON：{detail}"))
declare_reason("fhir_xml", _("这是 XML 形式的 FHIR 文件。请导出为 JSON 后再发送。"))
declare_reason("fhir_not_bundle", _("这不是 FHIR Bundle（resourceType 是“{type}”）。请把资源放进 Bundle 后再发送。"))
declare_reason("fhir_no_entries", _("Bundle 里没有条目。"))
declare_reason(
    "fhir_bundle_type",
    _("不接收“{type}”类型的 Bundle。可以发送 transaction、batch 或 collection。"),
)
declare_reason(
    "fhir_other_version",
    _("这是 FHIR {version} 的写法（第 {entry} 条的 {element}）。请导出为 FHIR R4（4.0.1）后再发送。"),
)
declare_reason("fhir_nothing_to_store", _("Bundle 里没有平台接收的资源，只有：{types}。"))
declare_reason(
    "fhir_schema_missing", _("本机缺少 FHIR R4 的校验规则，无法检查文件。请管理员重新运行 ./yigongti 完成安装。")
)

# entries
declare_reason("fhir_no_resource", _("条目里没有资源，或没有 resourceType。"))
declare_reason("fhir_unreadable", _("条目无法读取：{value}"))
declare_reason("fhir_method", _("条目要求 {value}；只接收新增和更新（POST、PUT）。"))
declare_reason("fhir_missing", _("缺少必需的元素 {column}。"))
declare_reason("fhir_unknown_element", _("{column} 不是 FHIR R4 的元素。"))
declare_reason("fhir_type", _("{column} 的类型不对，应为 {value}。"))
declare_reason("fhir_value", _("{column} 不在允许的取值之内：{value}。"))
declare_reason("fhir_written", _("{column} 的写法不符合 FHIR R4：{value}。"))
declare_reason("fhir_rule", _("{column} 不符合 FHIR R4 的规则：{value}"))
declare_reason("fhir_two_choices", _("{column} 有不止一个取值：{value}。"))
declare_reason("fhir_not_a_date", _("{column} 不是日历上的日期：{value}。"))
declare_reason("fhir_backwards", _("{column} 的结束早于开始。"))
declare_reason("fhir_reference", _("{column} 指向的资源不在文件中：{value}。"))
declare_reason("fhir_amount", _("{column} 的金额大得不可能：{value}。"))
declare_reason("fhir_no_date", _("{column} 没有时间，无法归档。"))
declare_reason("fhir_too_many", _("还有 {value} 处错误没有列出。"))

# notes on the receipt
declare_reason("fhir_unmapped", _("{count} 条 {resource} 没有接收：平台还没有对应的数据表。"))
declare_reason("fhir_not_happened", _("{count} 条 {resource} 没有接收：状态表明没有发生、已取消或有误。"))
declare_reason("fhir_without_value", _("{count} 条 {resource} 没有接收：没有结果值。"))
declare_reason(
    "fhir_foreign_money",
    _("{count} 条费用资源的币种不是人民币（{currencies}），作为文书保存，不计入基金和费用统计。"),
)
declare_reason("fhir_items_not_the_total", _("{count} 张结算单的明细加起来不等于总费用；结算和明细都已照原样保存。"))
declare_reason(
    "fhir_items_unsettled",
    _("{count} 条 Claim 有费用明细，但文件里没有它的结算（ExplanationOfBenefit）；明细没有保存。"),
)
declare_reason("fhir_claims_as_documents", _("{count} 条 Claim 是费用申请，还没有结算，作为文书保存。"))
declare_reason("fhir_partial_dates", _("{count} 处日期只到年或月：需要时间的，按该年或该月的第一天保存。"))
