"""A scheme is checked whole: what is wrong is named by file and row, with what to do."""

from datetime import date
from pathlib import Path

import pytest

from yigongti.domains.money.drg.api import Case, group
from yigongti.domains.money.drg.catalogue import SHIPPED
from yigongti.domains.money.drg.scheme import reach
from yigongti.domains.money.drg.scheme.loading import check, load
from yigongti.domains.money.drg.scheme.reading import SchemeRefused
from yigongti.domains.money.drg.scheme.rules import band, tags
from yigongti.domains.money.drg.tests.factories import SMALL, rows, write_scheme


def errors(folder: Path) -> list[str]:
    _, findings = check(folder)
    return [str(finding) for finding in findings if finding.error]


def warnings(folder: Path) -> list[str]:
    scheme, findings = check(folder)
    assert scheme is not None, findings
    return [str(finding) for finding in findings]


def test_the_small_scheme_is_sound_but_for_its_weights(tmp_path: Path) -> None:
    found = warnings(write_scheme(tmp_path))
    assert len(found) == 1 and "DRG没有权重" in found[0] and "24处" in found[0]  # drg.csv has 24 groups


def test_a_scheme_with_a_weight_for_every_group_from_its_first_day_is_sound(tmp_path: Path) -> None:
    about = "name: 测试\nversion: t1\nfrom: 2026-01-01\n"
    weights = [[row[2], "2026-01-01", "1", "100", "5", ""] for row in SMALL["drg.csv"][1:]]
    assert warnings(write_scheme(tmp_path, about=about, weights=[WEIGHTS, *weights])) == []
    weights[3][1] = "2026-02-01"  # PR11: January's cases have none
    found = warnings(write_scheme(tmp_path, about=about, weights=[WEIGHTS, *weights]))
    assert len(found) == 1 and "生效时DRG还没有权重" in found[0] and "PR11 2026-02-01" in found[0]


def test_what_a_scheme_says_of_itself(tmp_path: Path) -> None:
    about = "name: 演示\nversion: v2\nplace: kunshan\nfrom: 2026-01-01\nto: 2027-01-01\nqy: off\nsource: 自编\n"
    found = load(write_scheme(tmp_path, about=about)).about
    assert (found.version, found.place, found.starts_on, found.ends_on) == (
        "v2",
        "kunshan",
        date(2026, 1, 1),
        date(2027, 1, 1),
    )
    assert found.qy == "off"
    assert errors(write_scheme(tmp_path, about="name: 演示\nversion: v2\nqy: sometimes\n"))
    assert errors(write_scheme(tmp_path, about="name: 演示\nversion: v2\nfrom: 2026-01-01\nto: 2025-01-01\n"))
    assert errors(write_scheme(tmp_path, about="- 1\n- 2\n"))
    assert errors(write_scheme(tmp_path, about="name: [\n"))


NO_WORDS = [
    "qy: [any]", "qy: {a: 1}", "from: 2024-02-30", "from: 2024-13-01", "from: soon", "source: [a, b]", "? [a]\n: b",
    "place: &a [*a]", "source: " + "[" * 3000 + "]" * 3000, "from: 99999-01-01", "source: " + "x" * 70_000,
]  # fmt: skip


@pytest.mark.parametrize("line", NO_WORDS)
def test_a_scheme_yaml_of_the_wrong_kind_is_named_and_nothing_falls(tmp_path: Path, line: str) -> None:
    found = errors(write_scheme(tmp_path, about=f"name: 演示\nversion: v2\n{line}\n"))
    assert found and all(text.startswith("scheme.yaml") for text in found)


@pytest.mark.parametrize("version", ['"a\\0b"', '"a\\nb"', "v" * 61, "..", "a/../b", "a//b", "/a"])
def test_a_version_that_is_no_name_is_refused(tmp_path: Path, version: str) -> None:
    assert any("version" in text for text in errors(write_scheme(tmp_path, about=f"name: 演示\nversion: {version}\n")))


@pytest.mark.parametrize("version", ["1.1", "1.10", "2025", "CHS-DRG 1.1", "2025版", "a/b", "v" * 60])
def test_versions_are_kept_as_written(tmp_path: Path, version: str) -> None:
    assert load(write_scheme(tmp_path, about=f"name: 演示\nversion: {version}\n")).about.version == version


@pytest.mark.parametrize(("qy", "is_so"), [("off", "off"), ("no", "off"), ("Any", "any"), ("principal", "principal")])
def test_qy_as_people_write_it(tmp_path: Path, qy: str, is_so: str) -> None:
    assert load(write_scheme(tmp_path, about=f"name: 演示\nversion: v\nqy: {qy}\n")).about.qy == is_so


WEIGHTS = ["drg", "from", "weight", "mean_cost_fen", "mean_stay_days", "low_risk"]
NEWBORN = "any_diagnosis_and_birth_weight_and_newborn_28_days"
TAGGED = "principal_diagnosis_and_tagged_procedures"
WRONG = [
    ({"drg": None}, "drg.csv", "没有这个文件"),
    ({"mdc": [["order", "mdc", "name"], ["1", "A", "x"]]}, "mdc.csv:1", "缺少列：entry"),
    ({"mdc": rows("mdc", ["8", "B", "又一个", "principal_diagnosis"])}, "mdc.csv:9", "重复"),
    ({"mdc": rows("mdc", ["7", "C", "眼", "principal_diagnosis"])}, "mdc.csv:9", "次序7已用于MDCI"),
    ({"mdc": rows("mdc", ["8", "C", "眼", "by_looking"])}, "mdc.csv:9", "不认识的进入条件“by_looking”"),
    ({"mdc": rows("mdc", ["x", "C", "眼", "principal_diagnosis"])}, "mdc.csv:9", "不是正整数"),
    ({"mdc": rows("mdc", ["8", "C", "眼", "principal_diagnosis"])}, "mdc.csv:9", "没有诊断"),
    ({"mdc": rows("mdc", ["8", "C", "眼", "principal_diagnosis"])}, "mdc.csv:9", "没有ADRG"),
    ({"mdc_diagnoses": rows("mdc_diagnoses", ["K", "", "E11"])}, "mdc_diagnoses.csv:21", "MDC不在mdc.csv中"),
    ({"mdc_diagnoses": rows("mdc_diagnoses", ["Z", "", "S99"])}, "mdc_diagnoses.csv:21", "须填身体部位"),
    ({"mdc_diagnoses": rows("mdc_diagnoses", ["B", "", ""])}, "mdc_diagnoses.csv:21", "诊断编码为空"),
    ({"adrg": rows("adrg", ["B", "4", "BZ1", "principal_feeling", ""])}, "adrg.csv:22", "不认识的入组条件"),
    ({"adrg": rows("adrg", ["B", "4", "BZ1", "principal_diagnosis", ""])}, "adrg.csv:22", "没有诊断编码"),
    ({"adrg": rows("adrg", ["B", "4", "BZ1", "principal_procedure", ""])}, "adrg.csv:22", "手术操作表1没有编码"),
    ({"adrg": rows("adrg", ["B", "4", "BZ1", "no_valid_procedure", ""])}, "adrg.csv:22", "没有DRG"),
    ({"adrg": rows("adrg", ["K", "1", "KZ1", "always", ""])}, "adrg.csv:22", "不在mdc.csv中"),
    ({"adrg": rows("adrg", ["B", "3", "BZ1", "always", ""])}, "adrg.csv:22", "次序3已用于BR1"),
    ({"adrg": rows("adrg", without="[0,1500)")}, "adrg_codes.csv", "ADRG“PS1”不在adrg.csv中"),
    (
        {"adrg": rows("adrg", ["P", "3", "PS1", NEWBORN, "<1500"], without="PS1")},
        "adrg.csv:21",
        "体重段“<1500”写法不对",
    ),
    (
        {"adrg": rows("adrg", ["N", "1", "NA1", TAGGED, "1 | 2&9"], without="NA1")},
        "adrg.csv:21",
        "手术操作表9没有编码",
    ),
    ({"drg": rows("drg", ["BR1", "4", "BR19", "mcc", "晚"])}, "drg.csv:26", "DRGBR19排在BR11之后"),
    ({"drg": rows("drg", ["MZ1", "2", "MZ15", "none", "晚"])}, "drg.csv:26", "DRGMZ15排在MZ19之后"),
    ({"drg": rows("drg", ["BR1", "3", "BR19", "none", "同"])}, "drg.csv:26", "次序3在ADRGBR1内重复"),
    ({"drg": rows("drg", ["QQ1", "1", "QQ19", "none", "无"])}, "drg.csv:26", "ADRG“QQ1”不在adrg.csv中"),
    ({"drg": rows("drg", ["BR1", "4", "BR17", "very", "?"])}, "drg.csv:26", "不认识的严重程度条件"),
    ({"adrg_codes": rows("adrg_codes", ["BR1", "smell", "1", "I63"])}, "adrg_codes.csv:30", "kind只能是"),
    ({"complications": rows("complications", ["J18", "MCC", "101"])}, "complications.csv:6", "已列为另一级别"),
    ({"complications": rows("complications", ["J19", "BIG", "101"])}, "complications.csv:6", "不认识的级别"),
    ({"exclusions": rows("exclusions", ["I63", "7"])}, "exclusions.csv:5", "已属于排除表96"),
    (
        {"diagnosis_map": [["code", "grouper_code"], ["I63x", "I63"], ["I63x", "G45"]]},
        "diagnosis_map.csv:3",
        "已对应到I63",
    ),
    (
        {"weights": [WEIGHTS, ["XX19", "2026-01-01", "1", "1", "1", ""]]},
        "weights.csv:2",
        "不在drg.csv中",
    ),
    (
        {"weights": [WEIGHTS, ["MZ19", "2026-01-01", "-1", "1", "1", ""]]},
        "weights.csv:2",
        "大于0",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "where", "words"), WRONG)
def test_what_is_wrong_is_named_with_its_row(changed: dict, where: str, words: str, tmp_path: Path) -> None:
    folder = write_scheme(tmp_path, **changed)
    assert [text for text in errors(folder) if text.startswith(where) and words in text]
    with pytest.raises(SchemeRefused):
        load(folder)


def test_a_group_behind_one_that_takes_all_is_an_error(tmp_path: Path) -> None:
    late = rows("adrg", ["P", "6", "PW1", "principal_diagnosis", ""])
    folder = write_scheme(
        tmp_path,
        adrg=late,
        adrg_codes=rows("adrg_codes", ["PW1", "diagnosis", "1", "P59"]),
        drg=rows("drg", ["PW1", "1", "PW19", "none", "黄疸"]),
    )
    assert any("PV1接收进入MDCP的所有病例" in text for text in errors(folder))
    with pytest.raises(SchemeRefused, match="PV1"):  # what the check refuses is not grouped by either
        load(folder)


def test_more_categories_than_can_be_compiled_are_refused(tmp_path: Path) -> None:
    names = [f"Q{number:02d}" for number in range(70)]
    folder = write_scheme(
        tmp_path,
        mdc=rows("mdc", *([str(50 + n), name, "多", "principal_diagnosis"] for n, name in enumerate(names))),
        mdc_diagnoses=rows("mdc_diagnoses", *([name, "", "I63"] for name in names)),
        adrg=rows("adrg", *([name, "1", name + "Z", "always", ""] for name in names)),
        drg=rows("drg", *([name + "Z", "1", name + "Z9", "none", "多"] for name in names)),
    )
    with pytest.raises(SchemeRefused, match="MDC超过60个"):
        load(folder)


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"mdc": rows("mdc", ["8", "ABCDEFGHI", "九个字", "principal_diagnosis"])}, "mdc.csv:9"),  # 8 and QY make 10
        ({"adrg": rows("adrg", ["B", "4", "B" * 21, "always", ""])}, "adrg.csv:22"),
        ({"drg": rows("drg", ["BR1", "4", "B" * 21, "none", "?"])}, "drg.csv:26"),
    ],
)
def test_codes_longer_than_a_result_can_hold_are_refused(changed: dict, where: str, tmp_path: Path) -> None:
    folder = write_scheme(tmp_path, **changed)
    assert any(text.startswith(where) and "超过" in text for text in errors(folder))
    with pytest.raises(SchemeRefused):
        load(folder)


def test_codes_of_the_tables_are_read_in_one_spelling(tmp_path: Path) -> None:
    small = [[cell.replace("I63", "i63.9X0") for cell in row] for row in SMALL["mdc_diagnoses.csv"]]
    listed = [[cell.replace("I63", "i63.9X0") for cell in row] for row in SMALL["adrg_codes.csv"]]
    folder = write_scheme(
        tmp_path,
        mdc_diagnoses=small,
        adrg_codes=listed,
        complications=rows("complications", ["e78", "CC", ""]),
        diagnosis_map=[["code", "grouper_code"], ["g99", "i63.9X0"]],
    )
    assert [text for text in warnings(folder) if text.startswith("mdc_diagnoses.csv") and "i63.9X0" in text]
    scheme = load(folder)
    for written in ("I63.9x0", "i63.9X0", "G99", "g99"):
        assert group(Case(written, sex=1, age_years=60), scheme).drg == "BR15", written
        assert group(Case(written, sex=1, age_years=60, other_diagnoses="E78"), scheme).drg == "BR13", written


def test_one_wrong_cell_does_not_make_the_check_try_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AA1 takes every operation: no later group that asks for one is reached, each with long lists to cross."""
    met: list[int] = []
    real = reach._met
    monkeypatch.setattr(reach, "_met", lambda made, compiled: (met.append(len(made)), real(made, compiled))[1])
    monkeypatch.setattr(reach, "MOST_IN_ALL", {reach.FEW: 20_000, reach.MANY: 9_000})
    monkeypatch.setattr(reach, "PIECE", 700)
    codes = [f"77.{number:04d}" for number in range(600)]
    groups = [f"BB{letter}" for letter in "23456789"]
    folder = write_scheme(
        tmp_path,
        mdc_diagnoses=rows("mdc_diagnoses", *(["B", "", f"G{number:03d}"] for number in range(600))),
        adrg=rows(
            "adrg",
            ["A", "1", "AA1", "principal_procedure_valid", ""],
            *(["B", str(10 + place), name, "principal_procedure", ""] for place, name in enumerate(groups)),
            without="A,1,AA1",
        ),
        adrg_codes=rows("adrg_codes", *([name, "procedure", "1", code] for name in groups for code in codes)),
        drg=rows("drg", *([name, "1", name + "9", "none", "手术"] for name in groups)),
        valid_procedures=rows("valid_procedures", *([code, ""] for code in codes)),
    )
    found = [text for text in warnings(folder) if "没有找到能到达" in text]
    assert [text for text in found if "BB29" in text and "例，没有" in text]
    assert max(met) <= 700 and sum(met) <= 20_000 + 9_000
    assert not [text for text in found if "PR15" in text or "NZ19" in text]  # what asks for no operation is reached


ODD = [
    ({"about": ""}, "scheme.yaml", "没有这个文件"),
    (
        {
            "adrg": rows("adrg", ["M", "3", "MZ2", "principal_diagnosis", ""]),
            "adrg_codes": rows("adrg_codes", ["MZ2", "diagnosis", "1", "N40"]),
            "drg": rows("drg", ["MZ2", "1", "MZ29", "none", "无人"]),
        },
        "drg.csv",
        "没有找到能到达MZ29的病例",
    ),
    (
        {
            "adrg": rows("adrg", ["M", "3", "MZ2", "principal_diagnosis", ""]),
            "adrg_codes": rows("adrg_codes", ["MZ2", "diagnosis", "1", "N40"]),
            "drg": rows("drg", ["MZ2", "1", "MZ29", "none", "无人"]),
        },
        "adrg_codes.csv",
        "MZ2←MZ1 N40",
    ),
    ({"exclusions": rows("exclusions", ["G45", "777"])}, "exclusions.csv", "排除表没有任何合并症并发症"),
    ({"complications": rows("complications", ["J44", "CC", "55"])}, "complications.csv", "没有主要诊断属于这个排除表"),
    ({"mdc_diagnoses": rows("mdc_diagnoses", ["I", "", "I63"])}, "mdc_diagnoses.csv", "诊断同时属于两个MDC"),
    ({"adrg_codes": rows("adrg_codes", ["BR1", "diagnosis", "1", "I63"])}, "adrg_codes.csv:30", "重复的行"),
    ({"adrg_codes": rows("adrg_codes", ["IB1", "procedure", "2", "81.00"])}, "adrg_codes.csv", "一项操作就能入组"),
    ({"icd10_diagnoses": [["code", "name"], ["I63", "脑梗死"]]}, "icd10_diagnoses.csv", "不在诊断编码表中"),
    ({"diagnosis_map": [["code", "grouper_code"], ["x", "Q99"]]}, "diagnosis_map.csv", "分组表和编码表都没有"),
    ({"drg": rows("drg", without="BR15")}, "drg.csv", "没有不带并发症的DRG"),
]


@pytest.mark.parametrize(("changed", "where", "words"), ODD)
def test_what_is_odd_is_a_warning_and_the_scheme_can_be_used(
    changed: dict, where: str, words: str, tmp_path: Path
) -> None:
    folder = write_scheme(tmp_path, **changed)
    assert [text for text in warnings(folder) if text.startswith(where) and words in text]
    assert load(folder).drgs


def test_nonsense_files_are_refused_in_words(tmp_path: Path) -> None:
    folder = write_scheme(tmp_path)
    (folder / "mdc.csv").write_bytes("order,mdc,name,entry\n1,A,先期,x\n".encode("gb18030"))
    assert any("UTF-8" in text for text in errors(folder))
    (folder / "mdc.csv").write_bytes(b"order,mdc\0,name,entry\n")
    assert any("空字符" in text for text in errors(folder))
    (folder / "mdc.csv").write_bytes(b"")
    assert errors(folder)
    assert errors(tmp_path / "nowhere")


def test_the_digest_follows_the_tables_and_not_the_weights(tmp_path: Path) -> None:
    one = load(write_scheme(tmp_path / "a"))
    weights = [
        ["drg", "from", "weight", "mean_cost_fen", "mean_stay_days", "low_risk"],
        ["MZ19", "2026-01-01", "0.8123", "500000", "7.5", "1"],
        ["MZ19", "2027-01-01", "0.9", "510000", "7", "1"],
    ]
    two = load(write_scheme(tmp_path / "b", weights=weights))
    other = load(write_scheme(tmp_path / "c", exclusions=rows("exclusions", ["G45", "95"])))
    assert one.digest == two.digest != other.digest
    found = two.weight("MZ19", date(2026, 12, 31))
    assert found is not None
    assert (found.weight_e4, found.mean_cost_fen, found.mean_stay_e2, found.low_risk) == (8123, 500000, 750, True)
    later = two.weight("MZ19", date(2027, 1, 1))
    assert later is not None and later.weight_e4 == 9000
    assert two.weight("MZ19", date(2025, 12, 31)) is None


def test_bands_and_tags_as_written() -> None:
    assert band("[1500,2000)") == (1500, 2000)
    assert band(" [2500,) ") == (2500, None)
    for text in ("", "1500", "[2000,1500)", "[,1500)", "(0,1500)", "[0,1500]", "[-1,2)", "[9999999999,)"):
        with pytest.raises(ValueError):
            band(text)
    assert tags("1&2 | 1&3&4") == (frozenset("12"), frozenset("134"))
    with pytest.raises(ValueError):
        tags("1& | 2")


def test_the_shipped_demonstration_scheme_is_sound_and_says_that_it_is_one() -> None:
    found = SHIPPED[0]
    scheme, findings = check(found)
    assert scheme is not None and findings == []
    assert scheme.about.demonstration
    assert 60 <= len(scheme.drgs) <= 120
    assert set(scheme.weights) == set(scheme.drgs)


@pytest.mark.parametrize(
    ("expected", "principal", "others", "procedures"),
    [
        ("ES11", "J15.902", "I50.900", ""),
        ("ES15", "J15.902", "J44.100", ""),  # of the same exclusion table
        ("ES13", "J15.902", "D50.900", ""),
        ("HC13", "K80.000", "E11.900", "51.2300"),
        ("FM15", "I20.000", "I10.x00x002", "36.0601|00.6600"),
        ("VA13", "S72.000", "I63.900", "81.5100"),
        ("LK19", "N18.902", "", "39.9500"),
        ("FQY", "I50.900", "", "47.0100"),
        ("0000", "Q99.900", "", ""),
    ],
)
def test_the_demonstration_scheme_by_hand(expected: str, principal: str, others: str, procedures: str) -> None:
    case = Case(principal, sex=1, age_years=66, other_diagnoses=others, procedures=procedures)
    assert group(case, load(SHIPPED[0])).drg == expected


def test_pairs_are_spread_so_that_each_of_both_stands_among_them() -> None:
    principals, procedures = [f"p{n}" for n in range(480)], [(f"o{n}",) for n in range(120)]
    found = list(reach._crossed(principals, procedures, 13_000))
    assert len(found) <= 13_000
    assert {one for one, _ in found} == set(principals) and {one for _, one in found} == set(procedures)
    assert len(list(reach._crossed(principals[:10], procedures, 13_000))) == 1_200
