"""Small policy folders for tests, written as files so that reading them is part of what is tested."""

from pathlib import Path
from textwrap import dedent

CATALOGUE = """
    subjects:
      fund: {zh: 基金, en: Fund}
    parameters:
      fund.share: {zh: 占比, en: Share, kind: decimal, unit: "%"}
      fund.years: {zh: 年数, en: Years, kind: integer, unit: years}
      fund.rule:
        zh: 规则
        en: Rule
        kind: choice
        options:
          kept: {zh: 结余留用, en: kept}
          returned: {zh: 上缴, en: returned}
      fund.steps:
        zh: 步骤
        en: Steps
        kind: several
        options:
          budget: {zh: 预算, en: budget}
          clearing: {zh: 清算, en: clearing}
      fund.pause: {zh: 间隔, en: Pause, kind: duration}
      fund.on: {zh: 启用, en: "On", kind: yes_no}
      fund.name: {zh: 名称, en: Name, kind: text}
"""
DOCUMENTS = """
    {key}-plan:
      title: {{zh: 方案, en: Plan}}
      number: 〔2020〕1号
      issued_by: {{zh: 政府, en: Government}}
      issued_on: 2020-01-01
      standing: in_force
"""
NATIONAL = "name: {zh: 全国, en: National}\nlevel: national\n"
COUNTY = 'name: {{zh: {key}, en: {key}}}\nlevel: county\ndivision: "320583"\nparent: {parent}\n'


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")


def folder(root: Path, **subjects: str) -> Path:
    """A folder with the country and the county ``here``; ``here=…`` and ``national=…`` are the bodies of
    their only subject files."""
    policies = root / "policies"
    write(policies / "catalogue.yaml", CATALOGUE)
    write(policies / "national" / "place.yaml", NATIONAL)
    write(policies / "here" / "place.yaml", COUNTY.format(key="here", parent="national"))
    for place in ("national", "here"):
        write(policies / place / "documents.yaml", DOCUMENTS.format(key=place))
        if place in subjects:
            write(policies / place / "fund.yaml", subjects[place])
    return policies


def values(name: str, *entries: str, document: str = "here-plan", evidence: str = "V-SEED") -> str:
    """The text of a subject file with one parameter."""
    lines = "".join(f"    - {{{entry}, clause: 一}}\n" for entry in entries)
    return f"document: {document}\nevidence: {evidence}\nvalues:\n  {name}:\n{lines}"
