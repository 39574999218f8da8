"""A scheme's files as rows with their line numbers, and what is wrong with them as findings."""

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from yigongti.domains.money.drg.scheme.scheme import spelt

TABLES: dict[str, tuple[str, ...]] = {
    "mdc.csv": ("order", "mdc", "name", "entry"),
    "mdc_diagnoses.csv": ("mdc", "body_site", "diagnosis_code"),
    "adrg.csv": ("mdc", "order", "adrg", "match", "parameter"),
    "adrg_codes.csv": ("adrg", "kind", "list", "code"),
    "drg.csv": ("adrg", "order", "drg", "severity_test", "name"),
    "complications.csv": ("diagnosis_code", "level", "exclusion_table"),
    "exclusions.csv": ("principal_diagnosis_code", "exclusion_table"),
    "valid_procedures.csv": ("procedure_code",),
}
"""The tables a scheme must have, with the columns they must have."""

OPTIONAL: dict[str, tuple[str, ...]] = {
    "icd10_diagnoses.csv": ("code", "name"),
    "icd9cm3_procedures.csv": ("code", "name"),
    "diagnosis_names.csv": ("code", "name"),
    "diagnosis_map.csv": ("code", "grouper_code"),
    "procedure_map.csv": ("code", "grouper_code"),
    "weights.csv": ("drg", "from", "weight", "mean_cost_fen", "mean_stay_days", "low_risk"),
}

CODES = ("diagnosis_code", "principal_diagnosis_code", "procedure_code", "code", "grouper_code")
"""Columns with codes of diagnoses and procedures: one spelling in all tables, that of ``spelt``."""

LONGEST = {"mdc": 8, "adrg": 20, "drg": 20}
"""Longest codes of groups that a result can hold; QY adds two letters to an MDC."""

LARGEST = 64 << 20
"""Bytes of a table beyond which it is not read: the national ones have less than 2 MB."""


@dataclass(frozen=True)
class Finding:
    """``row``: the line in the file (the header is line 1); 0: the whole file."""

    error: bool
    file: str
    row: int
    words: str
    to_do: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.row}" if self.row else self.file
        return f"{where}  {self.words}{self.to_do}"


class SchemeRefused(ValueError):
    """The tables are no scheme; ``findings`` says where and what to do."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        errors = [finding for finding in findings if finding.error]
        more = f" (+{len(errors) - 5})" if len(errors) > 5 else ""
        super().__init__("\n".join(str(finding) for finding in errors[:5]) + more)


@dataclass
class Report:
    """Findings as they are gathered. Those that repeat are summed up: the first row, and how many there are."""

    findings: list[Finding] = field(default_factory=list)
    repeated: dict[tuple[str, str, bool], list[Any]] = field(default_factory=dict)

    def error(self, file: str, row: int, words: str, to_do: str = "") -> None:
        self.findings.append(Finding(True, file, row, words, to_do))

    def warn(self, file: str, row: int, words: str, to_do: str = "") -> None:
        self.findings.append(Finding(False, file, row, words, to_do))

    def often(self, file: str, row: int, words: str, example: str, to_do: str = "", *, error: bool = False) -> None:
        """A finding of which there may be hundreds alike: said once, with how many and the first three examples."""
        entry = self.repeated.setdefault((file, words, error), [row, 0, [], to_do])
        entry[1] += 1
        if len(entry[2]) < 3:
            entry[2].append(example)

    def close(self) -> list[Finding]:
        """All findings, errors first, then by file and row."""
        for (file, words, error), (row, times, examples, to_do) in self.repeated.items():
            listed = "、".join(examples) + ("…" if times > len(examples) else "")
            self.findings.append(
                Finding(
                    error,
                    file,
                    row,
                    _("{words}（{times}处：{listed}）。").format(words=words, times=times, listed=listed),
                    to_do,
                )
            )
        self.repeated.clear()
        self.findings.sort(key=lambda f: (not f.error, f.file, f.row))
        return self.findings

    @property
    def refused(self) -> bool:
        return any(f.error for f in self.findings) or any(error for _, _, error in self.repeated)


Row = tuple[int, dict[str, str]]


@dataclass
class Tables:
    """``rows``: file → (line, column → stripped text)."""

    folder: Path
    rows: dict[str, list[Row]] = field(default_factory=dict)
    digest: str = ""

    def of(self, file: str) -> Iterator[Row]:
        yield from self.rows.get(file, ())


def read_tables(folder: Path, report: Report) -> Tables:
    """Read every table of a folder; what can't be read is an error in ``report``."""
    tables, whole = Tables(folder), hashlib.sha256()
    for file, columns in {**TABLES, **OPTIONAL}.items():
        path = folder / file
        if not path.is_file():
            if file in TABLES:
                report.error(
                    file, 0, _("没有这个文件。"), _("请放入文件，列为：{columns}。").format(columns="、".join(columns))
                )
            continue
        if path.stat().st_size > LARGEST:
            report.error(file, 0, _("文件过大。"), _("请核对是否放错了文件。"))
            continue
        content = path.read_bytes()
        if file not in ("weights.csv", "diagnosis_names.csv"):  # these change and group nothing
            whole.update(file.encode() + b"\0" + hashlib.sha256(content).digest())
        tables.rows[file] = _rows(file, content, columns, report)
    tables.digest = whole.hexdigest()
    return tables


def _rows(file: str, content: bytes, columns: tuple[str, ...], report: Report) -> list[Row]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        report.error(file, 0, _("不是UTF-8编码的文本。"), _("请另存为CSV UTF-8。"))
        return []
    if "\0" in text:
        report.error(file, 0, _("含有空字符，不是文本文件。"), _("请另存为CSV UTF-8。"))
        return []
    reader = csv.reader(io.StringIO(text, newline=""))
    found: list[Row] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        absent = [name for name in columns if name not in header]
        if absent:
            report.error(file, 1, _("缺少列：{columns}。").format(columns="、".join(absent)), _("请按表头补齐。"))
            return []
        places = [(name, header.index(name)) for name in columns]
        if "name" in header and "name" not in columns:
            places.append(("name", header.index("name")))
        widest = max(place for _, place in places)
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) <= widest:
                report.error(file, reader.line_num, _("这一行的列数不够。"), _("请补齐各列，空的也要留逗号。"))
                continue
            row = {name: cells[place].strip() for name, place in places}
            if any(cells[place] != row[name] for name, place in places):
                report.often(file, reader.line_num, _("单元格前后有空格，已略去"), next(iter(row.values())))
            for name in CODES:
                if name in row and (right := spelt(row[name])) != row[name]:
                    report.often(file, reader.line_num, _("编码的写法已改正（大写，填充的x小写）"), row[name])
                    row[name] = right
            for name, most in LONGEST.items():
                if len(row.get(name, "")) > most:
                    words = _("{name}超过{most}个字：{text}。").format(name=name, most=most, text=row[name][:40])
                    report.error(file, reader.line_num, words)
            found.append((reader.line_num, row))
    except csv.Error as error:
        report.error(file, reader.line_num, _("不是合格的CSV：{error}。").format(error=error))
    if not found:
        report.warn(file, 0, _("表是空的。")) if file in OPTIONAL or file in _MAY_BE_EMPTY else report.error(
            file, 0, _("表是空的。"), _("请填写内容。")
        )
    return found


_MAY_BE_EMPTY = {"complications.csv", "exclusions.csv", "valid_procedures.csv"}
