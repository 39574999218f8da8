"""Policy files read strictly: every mistake found at once, named by file and line."""

from decimal import Decimal
from pathlib import Path

import pytest

from yigongti.kernel.policy.loader import load
from yigongti.kernel.policy.tests.factories import folder, values, write
from yigongti.kernel.policy.values import PolicyErrors
from yigongti.kernel.policy.yaml_reader import Report, read


def mistakes(policies: Path) -> list[str]:
    with pytest.raises(PolicyErrors) as raised:
        load(policies, {})
    return [str(problem) for problem in raised.value.problems]


def content(tmp_path: Path, text: str) -> object:
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    report = Report()
    item = read(path, "a.yaml", report)
    assert not report.problems and item is not None and isinstance(item.content, dict)
    return item.content["x"].content


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0.1", Decimal("0.1")),
        ("90", Decimal(90)),
        ("0.30", Decimal("0.30")),
        ("no", "no"),
        ("on", "on"),
        ("012", "012"),
        ("12:30", "12:30"),
        ("1e3", "1e3"),
        ("1_000", "1_000"),
        (".5", ".5"),
        ("true", True),
        ("True", "True"),
        ("null", None),
        ('"90"', "90"),
    ],
)
def test_a_scalar_is_what_it_looks_like(tmp_path: Path, written: str, meant: object) -> None:
    found = content(tmp_path, f"x: {written}\n")
    assert found == meant and type(found) is type(meant)
    if isinstance(meant, Decimal):
        assert str(found) == str(meant)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("x: 1\nx: 2\n", 2, "written twice"),
        ("x: &a 1\ny: *a\n", 2, "aliases"),
        ("x: !!python/object/apply:os.system [ls]\n", 1, None),
        ("x: !!float 1.5\n", 1, "tag"),
        ("x: 2020-02-30\n", 1, "not a day"),
        ("x: [1\ny: 2\n", 2, "not YAML"),
        ("", 1, "empty"),
        ("? [a]\n: 1\n", 1, "plain text"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, line: int, words: str | None) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    report = Report()
    item = read(path, "a.yaml", report)
    if words is None:  # a tag on a list builds nothing: it is a list of texts
        assert item is not None and isinstance(item.content, dict)
        return
    assert [p.line for p in report.problems] == [line]
    assert words in report.problems[0].message


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("x: 昆山\n".encode("gb18030"))
    report = Report()
    assert read(path, "a.yaml", report) is None
    assert "UTF-8" in report.problems[0].message


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    policies = folder(
        tmp_path,
        here="""
        document: here-plan
        evidence: V-SEED
        values:
          fund.share:
            - {from: 2020-01-01, valeu: 5, clause: 一}
            - {from: 2021-01-01, value: many, clause: 一}
          fund.sahre:
            - {from: 2020-01-01, value: 5, clause: 一}
          fund.years:
            - {from: 2020-01-01, value: 1.5, clause: 一}
          fund.rule:
            - {from: 2020-01-01, value: kepd, clause: 一}
          fund.pause:
            - {from: 2020-01-01, value: 3 months, clause: 一}
          fund.on:
            - {from: 2020-01-01, value: yes, clause: 一}
          fund.steps:
            - {from: 2020-01-01, value: [budget, budget], clause: 一}
          fund.name:
            - {from: 2020-01-01, value: 甲, clause: 一, document: here-plam}
            - {from: 2021-01-01, value: 乙}
            - {from: 2022-01-01, value: 丙, clause: 一, evidence: V-SED}
            - {from: 2023-01-01, value: 丁, clause: 一, unit: "%"}
            - {from: 2024-01-01, to: 2024-01-01, value: 戊, clause: 一}
        """,
    )
    found = mistakes(policies)
    for expected in (
        "policies/here/fund.yaml:5: missing key 'value'",
        "policies/here/fund.yaml:5: unknown key 'valeu'; did you mean 'value'?",
        "policies/here/fund.yaml:6: fund.share: expected a number",
        "policies/here/fund.yaml:7: no parameter 'fund.sahre' is declared in code or catalogue.yaml;"
        " did you mean 'fund.share'?",
        "policies/here/fund.yaml:10: fund.years: expected a whole number",
        "policies/here/fund.yaml:12: fund.rule: 'kepd' is not one of kept, returned; did you mean 'kept'?",
        "policies/here/fund.yaml:16: fund.on: expected true or false",
        "policies/here/fund.yaml:18: fund.steps: an option stands twice in the list",
        "policies/here/fund.yaml:20: unknown document 'here-plam'; did you mean 'here-plan'?",
        "policies/here/fund.yaml:21: evidence V-SEED needs the 'clause'",
        "policies/here/fund.yaml:23: fund.name is in no unit, not %",
        "policies/here/fund.yaml:24: 'to' is the first day it no longer holds: later than 'from'",
    ):
        assert expected in found
    assert any(line.startswith("policies/here/fund.yaml:14: fund.pause: expected a duration") for line in found)
    assert any(line.startswith("policies/here/fund.yaml:22: evidence is one of V-LAW") for line in found)
    assert len(found) == 14


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (("from: 2020-01-01, value: 1", "from: 2020-01-01, value: 2"), "already"),
        (("from: 2020-01-01, to: 2022-01-01, value: 1", "from: 2021-01-01, value: 2"), "overlaps line 5"),
        (("from: 2021-01-01, value: 2", "from: 2020-01-01, to: 2021-01-02, value: 1"), "overlaps line 6"),
    ],
)
def test_overlapping_dates_are_a_mistake(tmp_path: Path, entries: tuple[str, ...], words: str) -> None:
    (found,) = mistakes(folder(tmp_path, here=values("fund.share", *entries)))
    assert words in found


def test_values_may_touch(tmp_path: Path) -> None:
    text = values("fund.share", "from: 2020-01-01, to: 2021-01-01, value: 1", "from: 2021-01-01, value: 2")
    load(folder(tmp_path, here=text), {})


def test_a_parameter_lives_in_one_file_of_a_place(tmp_path: Path) -> None:
    policies = folder(tmp_path, here=values("fund.share", "from: 2020-01-01, value: 1"))
    write(policies / "here" / "other.yaml", values("fund.share", "from: 2021-01-01, value: 2"))
    (found,) = mistakes(policies)
    assert found == "policies/here/other.yaml:4: fund.share already has values in policies/here/fund.yaml:5"


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("name: {zh: 甲, en: A}\nlevel: county\ndivision: 320583\nparent: national\n", "division"),
        ('name: {zh: 甲, en: A}\nlevel: county\ndivision: "320583"\n', "has a parent"),
        ('name: {zh: 甲, en: A}\nlevel: county\ndivision: "320583"\nparent: nowhere\n', "'nowhere'"),
        ('name: {zh: 甲, en: A}\nlevel: county\ndivision: "320583"\nparent: here\n', "its own ancestor"),
        ('name: {zh: 甲}\nlevel: county\ndivision: "320583"\nparent: national\n', "missing key 'en'"),
        ('name: {zh: 甲, en: A}\nlevel: shire\ndivision: "320583"\nparent: national\n', "level is one of"),
    ],
)
def test_a_place_says_who_it_is(tmp_path: Path, place: str, words: str) -> None:
    policies = folder(tmp_path)
    write(policies / "here" / "place.yaml", place)
    assert any(words in mistake for mistake in mistakes(policies))


def test_a_clause_cited_must_be_one_of_the_plan(tmp_path: Path) -> None:
    policies = folder(
        tmp_path,
        here="""
        document: here-plan
        evidence: V-SEED
        values:
          fund.share:
            - {from: 2020-01-01, value: 1, clause: 一；三}
        """,
    )
    write(
        policies / "here" / "clauses.yaml",
        """
        document: here-plan
        bodies: {bureau: {zh: 局, en: Bureau}}
        sections:
          - number: 一
            title: {zh: 总, en: All}
            clauses:
              - number: 一
                title: {zh: 目标, en: Aims}
                leads: [buraeu]
                asks:
                  - {zh: 做, en: Do, carried_out_by: [pages:x]}
                  - {zh: 做, en: Do, carried_out_by: ["page:x:y"], outside_system: true}
        """,
    )
    found = mistakes(policies)
    assert "policies/here/fund.yaml:5: '三' is not in the document's clause list" in found
    assert any("'buraeu' is not under 'bodies'; did you mean 'bureau'?" in mistake for mistake in found)
    assert any("'pages:x': a reference is one of" in mistake for mistake in found)
    assert any("drop one of the two" in mistake for mistake in found)


def test_organisations_are_checked(tmp_path: Path) -> None:
    policies = folder(tmp_path)
    write(
        policies / "here" / "organisations.yaml",
        """
        document: here-plan
        organisations:
          - {key: here, name: 甲县, kind: county}
          - {key: a, name: 一院, aliases: [甲县], kind: institution, parent: here}
          - {key: b, name: 二院, kind: hospital, parent: heer}
          - {key: b, name: 三院, kind: institution, institution_kind: clinic, tier: primary, parent: here}
        alliances:
          - {key: x, name: 联盟, kind: specialist, members: [a, c]}
        """,
    )
    found = "\n".join(mistakes(policies))
    for words in (
        "'甲县' belongs to two organisations",
        "has an 'institution_kind'",
        "kind is one of",
        "parent 'heer' does not stand above; did you mean 'here'?",
        "key 'b' is used twice",
        "institution_kind is one of",
        "'tier' and 'tier_evidence' go together",
        "'c' is not an organisation here",
    ):
        assert words in found
