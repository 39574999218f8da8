"""The tables member institutions send about residents and what happened to them, column by column.

This is the one place where a column is described. docs/intake-formats.md, the templates to download, the reader of
files and the writer of the demo county all go by it. What a sink does with a row is in services/storing.py.
"""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.intake.api import Column, Kind

SEX = {"1": ("男", "M", "male", "男性"), "2": ("女", "F", "female", "女性"), "0": ("未知",), "9": ("未说明",)}
"""GB/T 2261.1: 0 unknown, 1 male, 2 female, 9 not stated."""

ID_TYPES = {
    "01": ("居民身份证", "身份证", "1"),
    "02": ("居民户口簿", "户口簿", "2"),
    "03": ("护照", "3"),
    "04": ("军官证", "4"),
    "05": ("驾驶证", "5"),
    "06": ("港澳居民来往内地通行证", "港澳通行证", "6"),
    "07": ("台湾居民来往内地通行证", "台湾通行证", "7"),
    "99": ("其他",),
}
"""CV02.01.101 身份证件类别代码."""

INSURANCE_KINDS = {
    "01": ("职工", "职工医保", "城镇职工基本医疗保险", "1"),
    "02": ("居民", "居民医保", "城乡居民基本医疗保险", "2"),
    "03": ("新农合", "3"),
    "04": ("贫困救助", "4"),
    "05": ("商业保险", "5"),
    "06": ("全公费", "6"),
    "07": ("全自费", "自费", "7"),
    "08": ("其他社会保险", "8"),
    "99": ("其他",),
}
"""CV07.10.003 医疗保险类别代码."""

SETTINGS = {
    "outpatient": ("门诊", "普通门诊"),
    "emergency": ("急诊",),
    "inpatient": ("住院",),
    "home": ("上门/家庭", "上门", "家庭", "家庭病床"),
    "remote": ("远程", "互联网"),
}
CLAIM_SETTINGS = {
    "outpatient": ("门诊", "门急诊", "普通门诊", "门诊慢特病"),
    "emergency": ("急诊",),
    "inpatient": ("住院",),
    "pharmacy": ("药店", "定点药店", "药店购药"),
}
PAYMENT_METHODS = {
    "item": ("按项目", "按项目付费"),
    "disease": ("单病种", "按病种", "按病种付费"),
    "drg": ("DRG", "按疾病诊断相关分组", "DRG付费"),
    "dip": ("DIP", "按病种分值", "病种分值", "DIP付费"),
    "bed_day": ("按床日", "床日", "按床日付费"),
    "per_head": ("按人头", "人头", "按人头付费"),
}
DISCHARGE_WAYS = {
    "1": ("医嘱离院",),
    "2": ("医嘱转院", "转院"),
    "3": ("医嘱转社区卫生服务机构/乡镇卫生院", "转社区", "转社区/卫生院"),
    "4": ("非医嘱离院",),
    "5": ("死亡",),
    "9": ("其他",),
}
"""离院方式 of the settlement list."""

ADMISSION_WAYS = {"1": ("急诊",), "2": ("门诊",), "3": ("其他医疗机构转入", "转入"), "9": ("其他",)}
"""入院途径 of the settlement list."""

ID_NUMBER_NOTE = _("居民身份证为 18 位，校验码须正确；没有证件的留空")


def person(*, patient_no_required: bool) -> tuple[Column, ...]:
    """Who the row is about. A sender's patient number stands for the same person in all its files."""
    return (
        Column(
            "patient_no",
            "患者编号",
            required=patient_no_required,
            aliases=("患者ID", "病人编号", "病案号"),
            longest=64,
            note=_("发送机构内部的患者编号，同一人始终相同"),
            example="P000123",
        ),
        Column("name", "姓名", aliases=("患者姓名",), longest=100, personal=True, example="王秀英"),
        Column("sex", "性别", Kind.CHOICE, choices=SEX, example="女"),
        Column("birth_date", "出生日期", Kind.DAY, aliases=("出生年月日",), example="1958-03-02"),
        Column("id_type", "证件类型", Kind.CHOICE, choices=ID_TYPES, note=_("留空即居民身份证"), example="01"),
        Column(
            "id_number", "证件号码", aliases=("身份证号", "身份证号码"), longest=40, personal=True, note=ID_NUMBER_NOTE
        ),
        Column("phone", "电话", aliases=("联系电话", "手机号"), longest=40, personal=True),
    )


CODE_SYSTEM = Column("code_system", "编码体系", longest=40, note=_("留空即默认体系"), example="")
ENCOUNTER_NO = Column("encounter_no", "就诊流水号", aliases=("就诊号", "门诊号/住院号"), longest=64)

RESIDENTS = (
    replace(person(patient_no_required=True)[0], key=True),
    Column("name", "姓名", required=True, longest=100, personal=True, example="王秀英"),
    *person(patient_no_required=True)[2:],
    Column("address", "地址", aliases=("住址", "现住址"), longest=300, personal=True, example="玉山镇某某村 3 组"),
    Column("household_no", "户号", aliases=("家庭编号",), longest=64, example="H00045"),
    Column("relation_to_head", "与户主关系", longest=40, example="配偶"),
    Column(
        "managing_institution",
        "管理机构",
        longest=120,
        note=_("机构名称、机构编码或统一社会信用代码；须在机构名录中"),
    ),
    Column("insurance_kind", "参保类型", Kind.CHOICE, choices=INSURANCE_KINDS, example="居民"),
    Column("card_no", "医保卡号/健康卡号", aliases=("医保卡号", "健康卡号"), longest=64, personal=True),
)

ENCOUNTERS = (
    *person(patient_no_required=True),
    Column(
        "encounter_no", "就诊流水号", required=True, key=True, aliases=("就诊号",), longest=64, example="V20250301001"
    ),
    Column("setting", "就诊类别", Kind.CHOICE, required=True, choices=SETTINGS, example="门诊"),
    Column(
        "started_at",
        "就诊时间",
        Kind.MOMENT,
        required=True,
        aliases=("入院时间", "就诊时间/入院时间", "就诊日期"),
        example="2025-03-01 08:30",
    ),
    Column("ended_at", "出院时间", Kind.MOMENT, aliases=("结束时间",)),
    Column("department", "科室", aliases=("就诊科室",), longest=100, example="全科"),
    Column("doctor", "医生", aliases=("接诊医生",), longest=100),
    Column("main_diagnosis_code", "主要诊断编码", longest=40, example="I10.x00"),
    Column("main_diagnosis", "主要诊断", aliases=("主要诊断名称",), example="高血压病"),
    CODE_SYSTEM,
    Column("total_yuan", "总费用", Kind.MONEY, note=_("元，最多两位小数"), example="86.50"),
    Column("discharge_way", "离院方式", longest=40),
    Column("tcm", "中医服务", Kind.FLAG, note=_("1 是，0 否"), example="0"),
)

DIAGNOSES = (
    *person(patient_no_required=True),
    Column(
        "encounter_no",
        "就诊流水号",
        key=True,
        aliases=("就诊号",),
        longest=64,
        note=_("与就诊无关的诊断留空"),
        example="V20250301001",
    ),
    Column("diagnosis_no", "诊断序号", required=True, key=True, longest=64, example="1"),
    Column("code", "诊断编码", required=True, aliases=("疾病编码",), longest=40, example="I10.x00"),
    Column("diagnosis_name", "诊断名称", aliases=("疾病名称",), example="高血压病"),
    CODE_SYSTEM,
    Column("rank", "诊断次序", Kind.WHOLE, note=_("1 为主要诊断"), example="1"),
    Column("diagnosed_at", "诊断时间", Kind.MOMENT, required=True, aliases=("诊断日期",), example="2025-03-01 08:45"),
)

MEASUREMENTS = (
    *person(patient_no_required=True),
    Column("measurement_no", "记录号", required=True, key=True, longest=64, example="M00098"),
    ENCOUNTER_NO,
    Column("code", "项目编码", required=True, longest=40, note=_("LOINC 或本地编码"), example="8480-6"),
    Column("item", "项目名称", required=True, longest=200, example="收缩压"),
    CODE_SYSTEM,
    Column("value", "结果", required=True, aliases=("检验结果", "测量值"), example="146"),
    Column("unit", "单位", longest=40, example="mmHg"),
    Column("measured_at", "测量时间", Kind.MOMENT, required=True, aliases=("检验时间",), example="2025-03-01 08:32"),
)

CLAIM_SHEET = (
    Column("department", "科室", aliases=("出院科别", "就诊科室"), longest=100, example="呼吸内科"),
    Column("doctor", "主诊医师", aliases=("医生", "主诊医生"), longest=100),
    Column("insured_division", "参保地区划", longest=6, note=_("六位行政区划代码；留空即本地"), example="320583"),
    Column(
        "reverses",
        "冲销结算单号",
        longest=64,
        note=_("冲销另一笔结算时填原结算单号，金额一律为负数；其他结算留空"),
    ),
    Column(
        "critical_illness_yuan",
        "大病保险支付",
        Kind.MONEY,
        may_be_negative=True,
        note=_("不含在基金支付内；下同"),
    ),
    Column("medical_aid_yuan", "医疗救助支付", Kind.MONEY, may_be_negative=True),
    Column("civil_servant_yuan", "公务员医疗补助支付", Kind.MONEY, may_be_negative=True),
    Column("large_amount_yuan", "职工大额补助支付", Kind.MONEY, may_be_negative=True),
    Column("other_fund_yuan", "其他基金支付", Kind.MONEY, may_be_negative=True),
    Column("account_yuan", "个人账户支付", Kind.MONEY, may_be_negative=True, note=_("个人支付中由个人账户支付的部分")),
    Column("self_expense_yuan", "个人自费", Kind.MONEY, may_be_negative=True, note=_("个人支付中目录外的部分")),
    Column("certificate_no", "转诊凭证号", aliases=("转诊单号",), longest=40),
    Column(
        "payment_method", "支付方式", Kind.CHOICE, aliases=("医保支付方式",), choices=PAYMENT_METHODS, example="DRG"
    ),
    Column("medical_record_no", "病案号码", longest=64),
    Column(
        "age_years", "年龄", Kind.WHOLE, aliases=("年龄（岁）",), note=_("周岁；留空即按出生日期推算"), example="67"
    ),
    Column("age_days", "年龄天数", Kind.WHOLE, aliases=("不足一周岁年龄",), note=_("不足一周岁的填天数")),
    Column("birth_weight_g", "新生儿出生体重", Kind.WHOLE, note=_("克")),
    Column("admission_weight_g", "新生儿入院体重", Kind.WHOLE, note=_("克")),
    Column("admission_way", "入院途径", Kind.CHOICE, choices=ADMISSION_WAYS, example="门诊"),
    Column(
        "other_diagnoses",
        "其他诊断编码",
        longest=2_000,
        note=_("按次序，以竖线分隔"),
        example="I10.x00|E11.900",
    ),
    Column(
        "admission_conditions",
        "入院病情",
        longest=200,
        note=_("1 有，2 临床未确定，3 情况不明，4 无；主要诊断在先，以竖线分隔"),
        example="1|1|4",
    ),
    Column(
        "procedures",
        "手术操作编码串",
        aliases=("手术及操作编码",),
        longest=2_000,
        note=_("主要手术在先，以竖线分隔"),
        example="47.0100",
    ),
    Column("ventilator_hours", "呼吸机使用小时数", Kind.WHOLE),
    Column("intensive_hours", "重症监护小时数", Kind.WHOLE),
    Column("special_nursing_days", "特级护理天数", Kind.WHOLE),
    Column("first_nursing_days", "一级护理天数", Kind.WHOLE),
    Column("second_nursing_days", "二级护理天数", Kind.WHOLE),
    Column("third_nursing_days", "三级护理天数", Kind.WHOLE),
    Column("discharge_way", "离院方式", Kind.CHOICE, choices=DISCHARGE_WAYS, example="医嘱离院"),
    Column("died", "死亡", Kind.FLAG, note=_("1 是，0 否；留空即按离院方式")),
)
"""What the settlement list (医疗保障基金结算清单) says beyond the plain settlement. All may be left out."""

CLAIMS = (
    *person(patient_no_required=False),
    Column("claim_no", "结算单号", required=True, key=True, aliases=("结算流水号",), longest=64, example="S2025000001"),
    Column("insurance_kind", "参保类型", Kind.CHOICE, choices=INSURANCE_KINDS, example="居民"),
    Column("institution_name", "定点机构名称", required=True, aliases=("医疗机构名称",), longest=120),
    Column("institution_code", "定点机构编码", aliases=("医疗机构编码",), longest=60),
    Column(
        "inside_county",
        "县域内",
        Kind.FLAG,
        required=True,
        note=_("1 县域内，0 县域外；县域内的机构须在机构名录中"),
        example="1",
    ),
    Column("setting", "结算类别", Kind.CHOICE, required=True, choices=CLAIM_SETTINGS, example="住院"),
    Column(
        "started_at", "就诊时间", Kind.MOMENT, required=True, aliases=("入院时间", "开始时间"), example="2025-03-01"
    ),
    Column("ended_at", "出院时间", Kind.MOMENT, aliases=("结束时间",), example="2025-03-08"),
    Column("settled_at", "结算时间", Kind.MOMENT, required=True, aliases=("结算日期",), example="2025-03-08 10:12"),
    Column("main_diagnosis_code", "主要诊断编码", longest=40, example="J18.900"),
    Column("main_diagnosis", "主要诊断", aliases=("主要诊断名称",), example="肺炎"),
    CODE_SYSTEM,
    Column(
        "total_yuan",
        "总费用",
        Kind.MONEY,
        required=True,
        may_be_negative=True,
        note=_("元，最多两位小数；只有冲销时为负数"),
        example="5321.40",
    ),
    Column(
        "fund_yuan",
        "基金支付",
        Kind.MONEY,
        required=True,
        may_be_negative=True,
        aliases=("统筹支付",),
        note=_("基本医疗保险统筹基金支付"),
        example="3725.00",
    ),
    Column(
        "self_paid_yuan",
        "个人支付",
        Kind.MONEY,
        required=True,
        may_be_negative=True,
        aliases=("个人负担",),
        example="1596.40",
    ),
    *CLAIM_SHEET,
)

PROCEDURES = (
    *person(patient_no_required=True),
    Column("procedure_no", "手术操作记录号", required=True, key=True, longest=64, example="O0001"),
    ENCOUNTER_NO,
    Column("code", "手术操作编码", required=True, longest=40, example="47.0100"),
    Column("procedure_name", "手术操作名称", example="腹腔镜下阑尾切除术"),
    CODE_SYSTEM,
    Column("performed_at", "手术操作时间", Kind.MOMENT, required=True, example="2025-03-02 14:00"),
    Column("ended_at", "结束时间", Kind.MOMENT),
    Column("doctor", "术者", longest=100),
)

MEDICATIONS = (
    *person(patient_no_required=True),
    Column("medication_no", "处方明细号", required=True, key=True, longest=64, example="R0001-1"),
    ENCOUNTER_NO,
    Column("code", "药品编码", longest=60),
    Column("drug_name", "药品名称", required=True, longest=300, example="氨氯地平片 5mg"),
    CODE_SYSTEM,
    Column("quantity", "数量", longest=40, example="28"),
    Column("unit", "单位", longest=40, example="片"),
    Column("usage", "用法用量", longest=300, example="每日 1 次，每次 5mg"),
    Column("days", "用药天数", Kind.WHOLE, example="28"),
    Column("prescribed_at", "开具时间", Kind.MOMENT, required=True, example="2025-03-01 08:50"),
    Column("ended_at", "停药时间", Kind.MOMENT, may_be_future=True),
    Column("total_yuan", "金额", Kind.MONEY, example="36.40"),
)

IMMUNISATIONS = (
    *person(patient_no_required=True),
    Column("immunisation_no", "接种记录号", required=True, key=True, longest=64, example="Y0001"),
    Column("code", "疫苗编码", longest=60),
    Column("vaccine", "疫苗名称", required=True, longest=200, example="流感疫苗"),
    CODE_SYSTEM,
    Column("dose_no", "剂次", Kind.WHOLE, example="1"),
    Column("lot_no", "批号", longest=60),
    Column("given_at", "接种时间", Kind.MOMENT, required=True, example="2025-10-12 09:00"),
)

DOCUMENTS = (
    *person(patient_no_required=True),
    Column("document_no", "文书编号", required=True, key=True, longest=64, example="D0001"),
    ENCOUNTER_NO,
    Column("code", "文书类型编码", longest=60),
    Column("title", "文书标题", required=True, longest=300, example="出院小结"),
    CODE_SYSTEM,
    Column("written_at", "书写时间", Kind.MOMENT, required=True, example="2025-03-08 09:00"),
    Column("author", "书写人", longest=100),
    Column("content", "文书内容", longest=100_000),
)
