"""A small scheme with every entry condition and match kind, written as CSV files a test can change."""

import csv
from pathlib import Path

Rows = list[list[str]]

SMALL: dict[str, Rows] = {
    "mdc.csv": [
        ["order", "mdc", "name", "entry"],
        ["1", "A", "先期", "principal_procedure_valid"],
        ["2", "P", "新生儿", "principal_diagnosis_and_age_under_1_year"],
        ["3", "Z", "多发创伤", "principal_diagnosis_and_two_body_sites"],
        ["4", "M", "男", "principal_diagnosis_and_male"],
        ["5", "N", "女", "principal_diagnosis_and_female"],
        ["6", "B", "神经", "principal_diagnosis"],
        ["7", "I", "骨骼", "principal_diagnosis"],
    ],
    "mdc_diagnoses.csv": [
        ["mdc", "body_site", "diagnosis_code"],
        ["P", "", "P07"], ["P", "", "P22"], ["P", "", "P59"], ["P", "", "J18"],
        ["Z", "头", "S06"], ["Z", "胸", "S22"], ["Z", "上肢", "S52"],
        ["M", "", "N40"], ["M", "", "C61"], ["N", "", "D25"],
        ["B", "", "I63"], ["B", "", "G45"], ["B", "", "S06"], ["B", "", "G20"],
        ["I", "", "S52"], ["I", "", "M17"], ["I", "", "S22"], ["I", "", "M48"], ["I", "", "M43"],
    ],
    "adrg.csv": [
        ["mdc", "order", "adrg", "match", "parameter"],
        ["A", "1", "AA1", "principal_procedure", ""],
        ["A", "2", "AB1", "procedure_from_each_of_two_lists", ""],
        ["P", "1", "PB1", "principal_procedure_and_newborn_28_days", ""],
        ["P", "2", "PR1", "principal_diagnosis_and_newborn_28_days", ""],
        ["P", "3", "PS1", "any_diagnosis_and_birth_weight_and_newborn_28_days", "[0,1500)"],
        ["P", "4", "PS2", "any_diagnosis_and_birth_weight_and_newborn_28_days", "[1500,)"],
        ["P", "5", "PV1", "always", ""],
        ["Z", "1", "ZB1", "principal_procedure", ""],
        ["Z", "2", "ZZ1", "no_valid_procedure", ""],
        ["M", "1", "MA1", "principal_diagnosis_and_principal_procedure", ""],
        ["M", "2", "MZ1", "principal_diagnosis", ""],
        ["N", "1", "NA1", "principal_diagnosis_and_tagged_procedures", "1 | 2&3"],
        ["N", "2", "NZ1", "principal_diagnosis", ""],
        ["B", "1", "BB1", "principal_procedure", ""],
        ["B", "2", "BC1", "any_diagnosis_and_principal_procedure_valid", ""],
        ["B", "3", "BR1", "principal_diagnosis", ""],
        ["I", "1", "IB1", "principal_diagnosis_and_procedure_from_each_of_two_lists", ""],
        ["I", "2", "IC1", "principal_procedure", ""],
        ["I", "3", "ID1", "principal_procedure_valid", ""],
        ["I", "4", "IR1", "principal_diagnosis", ""],
    ],
    "adrg_codes.csv": [
        ["adrg", "kind", "list", "code"],
        ["AA1", "procedure", "1", "37.51"], ["AB1", "procedure", "1", "50.51"], ["AB1", "procedure", "2", "52.80"],
        ["PB1", "procedure", "1", "38.85"], ["PR1", "diagnosis", "1", "P22"],
        ["PS1", "diagnosis", "1", "P07"], ["PS2", "diagnosis", "1", "P07"],
        ["ZB1", "procedure", "1", "01.24"],
        ["MA1", "diagnosis", "1", "C61"], ["MA1", "procedure", "1", "60.50"],
        ["MZ1", "diagnosis", "1", "N40"], ["MZ1", "diagnosis", "1", "C61"],
        ["NA1", "diagnosis", "1", "D25"], ["NA1", "procedure", "1", "68.40"],
        ["NA1", "procedure", "2", "68.29"], ["NA1", "procedure", "3", "65.60"],
        ["NZ1", "diagnosis", "1", "D25"],
        ["BB1", "procedure", "1", "01.24"], ["BC1", "diagnosis", "1", "G20"],
        ["BR1", "diagnosis", "1", "I63"], ["BR1", "diagnosis", "1", "G45"], ["BR1", "diagnosis", "1", "S06"],
        ["IB1", "diagnosis", "1", "M48"], ["IB1", "procedure", "1", "81.00"], ["IB1", "procedure", "2", "80.51"],
        ["IC1", "procedure", "1", "81.54"],
        ["IR1", "diagnosis", "1", "M17"], ["IR1", "diagnosis", "1", "S52"],
    ],
    "drg.csv": [
        ["adrg", "order", "drg", "severity_test", "name"],
        ["AA1", "1", "AA19", "none", "移植"], ["AB1", "1", "AB19", "none", "联合移植"],
        ["PB1", "1", "PB19", "none", "新生儿手术"],
        ["PR1", "1", "PR11", "mcc", "呼吸窘迫，重"], ["PR1", "2", "PR15", "none", "呼吸窘迫"],
        ["PS1", "1", "PS19", "none", "极低体重"], ["PS2", "1", "PS29", "none", "早产"],
        ["PV1", "1", "PV19", "none", "其他"],
        ["ZB1", "1", "ZB19", "none", "创伤手术"], ["ZZ1", "1", "ZZ19", "none", "创伤"],
        ["MA1", "1", "MA19", "none", "前列腺手术"], ["MZ1", "1", "MZ19", "none", "前列腺"],
        ["NA1", "1", "NA19", "none", "子宫手术"], ["NZ1", "1", "NZ19", "none", "子宫"],
        ["BB1", "1", "BB19", "none", "颅脑手术"], ["BC1", "1", "BC19", "none", "帕金森手术"],
        ["BR1", "1", "BR11", "mcc", "脑梗死，重"], ["BR1", "2", "BR13", "mcc_or_cc", "脑梗死，中"],
        ["BR1", "3", "BR15", "none", "脑梗死"],
        ["IB1", "1", "IB19", "none", "脊柱"],
        ["IC1", "1", "IC13", "mcc_or_cc", "置换，重"], ["IC1", "2", "IC15", "none", "置换"],
        ["ID1", "1", "ID19", "none", "其他手术"], ["IR1", "1", "IR19", "none", "关节"],
    ],
    "complications.csv": [
        ["diagnosis_code", "level", "exclusion_table"],
        ["I50", "MCC", "95"], ["J18", "CC", "101"], ["I64", "MCC", "96"], ["E11", "CC", ""],
    ],
    "exclusions.csv": [["principal_diagnosis_code", "exclusion_table"], ["I63", "96"], ["J18", "101"], ["I50", "95"]],
    "valid_procedures.csv": [
        ["procedure_code", "name"],
        ["37.51", "心脏移植"], ["50.51", "肝移植"], ["52.80", "胰腺移植"], ["38.85", "导管结扎"], ["01.24", "开颅"],
        ["60.50", "前列腺切除"], ["68.40", "子宫切除"], ["68.29", "肌瘤切除"], ["65.60", "卵巢切除"],
        ["81.00", "脊柱融合"], ["80.51", "椎间盘切除"], ["81.54", "膝置换"], ["51.23", "胆囊切除"],
    ],
}  # fmt: skip


def write_scheme(folder: Path, about: str = "name: 测试\nversion: t1\n", **changed: Rows | None) -> Path:
    """Write the small scheme; ``mdc=[...]`` replaces the rows of mdc.csv, ``drg=None`` leaves drg.csv out."""
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, Rows | None] = {**SMALL, **{f"{name}.csv": rows for name, rows in changed.items()}}
    for name, rows in tables.items():
        if rows is None:
            (folder / name).unlink(missing_ok=True)
            continue
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    if about:
        (folder / "scheme.yaml").write_text(about, encoding="utf-8")
    return folder


def rows(name: str, *more: list[str], without: str = "") -> Rows:
    """The small scheme's rows of a table, without those whose text holds ``without``, and some more."""
    kept = [row for row in SMALL[f"{name}.csv"] if not (without and without in ",".join(row))]
    return [*kept, *more]
