"""Reading a CSV of persons for matching: UTF-8 or GB18030, Chinese or English headers, dates as people write them."""

from pathlib import Path

import polars as pl

from yigongti.domains.base.residents.incoming import COLUMNS

HEADERS = {
    "patient_no": ("患者编号", "患者id", "病人编号", "病案号"),
    "name": ("姓名", "患者姓名"),
    "sex": ("性别",),
    "birth_date": ("出生日期", "出生年月日"),
    "id_type": ("证件类型",),
    "id_number": ("证件号码", "身份证号", "身份证号码"),
    "phone": ("电话", "联系电话", "手机号"),
    "card_no": ("医保卡号/健康卡号", "医保卡号", "健康卡号"),
    "address": ("地址", "住址", "现住址"),
    "household_no": ("户号", "家庭编号"),
}
SEXES = {"男": "1", "女": "2", "m": "1", "f": "2", "male": "1", "female": "2", "男性": "1", "女性": "2"}
DATES = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日")


class UnreadableFile(ValueError):
    """The file is not a table of persons; ``str()`` says why in one line."""


def read_persons(path: Path) -> pl.DataFrame:
    """A frame with (some of) ``COLUMNS``. Raises UnreadableFile, FileNotFoundError.

    A birth date nobody can read is null; matching then goes by the rest.
    """
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise UnreadableFile(f"{path.name} is neither UTF-8 nor GB18030")
    if not text.strip():
        raise UnreadableFile(f"{path.name} is empty")
    try:
        raw = pl.read_csv(text.encode(), infer_schema=False, truncate_ragged_lines=True)
    except pl.exceptions.PolarsError as error:
        raise UnreadableFile(f"{path.name} is not a CSV table: {str(error).splitlines()[0]}") from None
    names = {alias: name for name, aliases in HEADERS.items() for alias in (name, *aliases)}
    found = {names[h]: header for header in raw.columns if (h := header.strip().lower()) in names}
    if not {"name", "id_number", "patient_no"} & found.keys():
        raise UnreadableFile(f"{path.name} has no column name (姓名), id_number (证件号码) or patient_no (患者编号)")
    frame = raw.select(pl.col(header).str.strip_chars().alias(name) for name, header in found.items())
    if "birth_date" in frame.columns:
        day = pl.col("birth_date")
        frame = frame.with_columns(pl.coalesce(day.str.to_date(form, strict=False) for form in DATES))
    if "sex" in frame.columns:
        frame = frame.with_columns(pl.col("sex").str.to_lowercase().replace(SEXES))
    return frame.select(name for name in COLUMNS if name in frame.columns)
