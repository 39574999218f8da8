"""Text as sent → typed columns, a whole column at a time. Whatever cannot be read exactly is a fault of its row.

Days and moments: 2025-03-01, 2025/3/1, 2025.3.1, 20250301, 2025年3月1日, with or without a time (8:30, 08:30:00,
083000, T separator, fraction of a second dropped, offset honoured); without an offset the time is China's.
Amounts: yuan with at most two decimals that count, thousands separators and ¥ allowed; exact to the fen.
"""

from collections.abc import Callable, Mapping

import polars as pl

from yigongti.kernel.intake.api import REFUSAL, ROW, Column, Extract, Kind

_DASHED = (
    r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?"
    r"(?:[T\s]*(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:\.\d{1,9})?秒?)?分?)?\s*(Z|[+-]\d{2}:?\d{2})?$"
)
_PACKED = r"^(\d{4})(\d{2})(\d{2})(?:[T\s]?(\d{2}):?(\d{2}):?(\d{2})?)?()$"
_MONEY = r"^([-+]?)(\d{1,13})(?:\.(\d{0,2})0*)?$"
_WHOLE = r"^[-+]?\d{1,15}(?:\.0+)?$"

TRUE = ("1", "是", "有", "y", "yes", "t", "true", "√")
FALSE = ("0", "否", "无", "n", "no", "f", "false", "×")


def clean(texts: pl.Series) -> pl.Series:
    """Without surrounding blanks (full-width ones too); what is then empty is null."""
    stripped = texts.str.strip_chars()
    return stripped.replace("", None) if (stripped == "").any() else stripped


def moments(texts: pl.Series) -> pl.Series:
    """Datetime[us, Asia/Shanghai]; null where the text is not a moment that existed."""
    return _local(texts, "%Y-%m-%d %H:%M:%S").dt.replace_time_zone(
        "Asia/Shanghai", ambiguous="earliest", non_existent="null"
    )


def days(texts: pl.Series) -> pl.Series:
    """Date; a time of day behind it is dropped. Null where the text is not a day of the calendar."""
    quick = texts.str.to_date("%Y-%m-%d", strict=False, exact=True)
    if quick.null_count() == texts.null_count():
        return quick
    return _local(texts, "%Y-%m-%d").dt.date()


def _local(texts: pl.Series, usual: str) -> pl.Series:
    """Naive Datetime[us] in China's time. The usual spelling is tried on all, the others only on what is left."""
    quick = texts.str.to_datetime(usual, strict=False, exact=True, time_unit="us")
    left = quick.is_null() & texts.is_not_null()
    if not left.any():
        return quick
    return quick.scatter(left.arg_true(), _any_spelling(texts.filter(left)))


def _any_spelling(texts: pl.Series) -> pl.Series:
    frame = texts.to_frame("text").select(pl.col("text").str.normalize("NFKC"))
    parts = [pl.col("text").str.extract_groups(pattern).struct.field("*") for pattern in (_DASHED, _PACKED)]
    dashed, packed = (frame.select(part) for part in parts)
    groups = pl.DataFrame(
        {
            name: dashed[str(i)].zip_with(dashed["1"].is_not_null(), packed[str(i)])
            for i, name in enumerate(("year", "month", "day", "hour", "minute", "second", "offset"), start=1)
        }
    )

    def two(name: str) -> pl.Expr:
        return pl.col(name).fill_null("0").str.zfill(2)

    built = pl.format("{}-{}-{} {}:{}:{}", "year", two("month"), two("day"), two("hour"), two("minute"), two("second"))
    local = built.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, exact=True, time_unit="us")
    offset = pl.col("offset").str.replace("Z", "+0000").str.replace(":", "")
    minutes = (
        offset.str.slice(1, 2).cast(pl.Int64, strict=False) * 60 + offset.str.slice(3, 2).cast(pl.Int64, strict=False)
    ) * pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    shift = pl.duration(minutes=8 * 60 - minutes)
    has_offset = pl.col("offset").fill_null("") != ""
    return groups.select(pl.when(has_offset).then(local + shift).otherwise(local).alias("at"))["at"]


def fen(texts: pl.Series) -> pl.Series:
    """Int64 fen; null where the text is not an amount, or has a third decimal that counts."""
    plain = texts
    if texts.str.contains(r"[^0-9.]").any():
        plain = texts.to_frame("text").select(pl.col("text").str.normalize("NFKC"))["text"]
        plain = plain.str.replace_all(r"[,\s]", "").str.replace(r"^([-+]?)¥", "${1}").str.replace("元$", "")
    parts = plain.to_frame("text").select(pl.col("text").str.extract_groups(_MONEY).struct.field("*"))
    cents = pl.col("3").fill_null("").str.pad_end(2, "0")
    amount = pl.col("2").cast(pl.Int64, strict=False) * 100 + cents.cast(pl.Int64, strict=False)
    return parts.select(pl.when(pl.col("1") == "-").then(-amount).otherwise(amount).alias("fen"))["fen"]


def wholes(texts: pl.Series) -> pl.Series:
    """Int64; null where the text is not a whole number."""
    quick = texts.str.to_integer(strict=False)
    if quick.null_count() == texts.null_count():
        return quick.cast(pl.Int64)
    digits = texts.to_frame("text").select(
        pl.when(pl.col("text").str.contains(_WHOLE))
        .then(pl.col("text").str.replace(r"\.0+$", ""))
        .str.to_integer(strict=False)
        .cast(pl.Int64)
        .alias("n")
    )
    return digits["n"]


def _mapped(texts: pl.Series, mapping: Mapping[str, object], dtype: pl.DataType) -> pl.Series:
    found = texts.replace_strict(mapping, default=None, return_dtype=dtype)
    if found.null_count() == texts.null_count():
        return found
    folded = texts.to_frame("text").select(pl.col("text").str.normalize("NFKC").str.to_lowercase())["text"]
    return folded.replace_strict(mapping, default=None, return_dtype=dtype)


def flags(texts: pl.Series) -> pl.Series:
    """Boolean; null where the text is neither yes nor no."""
    return _mapped(texts, {**dict.fromkeys(TRUE, True), **dict.fromkeys(FALSE, False)}, pl.Boolean())


def choices(texts: pl.Series, column: Column) -> pl.Series:
    """The code of each text; null where it is none of the column's codes or spellings."""
    mapping: dict[str, object] = {}
    for code, spellings in column.choices.items():
        for spelling in (code, *spellings):
            mapping[spelling] = code
            mapping.setdefault(spelling.lower(), code)
    return _mapped(texts, mapping, pl.String())


_READ: Mapping[Kind, tuple[Callable[[pl.Series], pl.Series], str]] = {
    Kind.DAY: (days, "not_a_day"),
    Kind.MOMENT: (moments, "not_a_moment"),
    Kind.MONEY: (fen, "not_money"),
    Kind.WHOLE: (wholes, "not_whole"),
    Kind.FLAG: (flags, "not_flag"),
}


def typed(extract: Extract, raw: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The canonical frame of the rows that can be typed, and the refusals (schema REFUSAL) of the others.

    ``raw`` has ROW and, as text under their names, whichever of the extract's columns the file has.
    """
    made: dict[str, pl.Series] = {ROW: raw[ROW].cast(pl.UInt32)}
    faults: list[pl.DataFrame] = []

    def fault(bad: pl.Series, code: str, column: Column, texts: pl.Series) -> None:
        if bad.any():
            shown = pl.lit(None, pl.String()) if column.personal else pl.lit(texts.filter(bad).str.slice(0, 80))
            faults.append(
                pl.DataFrame({ROW: made[ROW].filter(bad)}).with_columns(
                    pl.lit(code).alias("code"), pl.lit(column.name).alias("column"), shown.alias("value")
                )
            )

    for column in extract.columns:
        if column.name not in raw.columns:
            continue
        texts = clean(raw[column.name])
        formula = texts.str.starts_with("=").fill_null(False)
        if formula.any():
            fault(formula, "formula", column, texts)
            texts = texts.to_frame().select(pl.when(~formula).then(pl.first()))[column.name]
        if column.kind is Kind.TEXT:
            made[column.field] = texts
        elif column.kind is Kind.CHOICE:
            made[column.field] = choices(texts, column)
            fault(made[column.field].is_null() & texts.is_not_null(), "not_choice", column, texts)
        else:
            read, code = _READ[column.kind]
            made[column.field] = read(texts)
            fault(made[column.field].is_null() & texts.is_not_null(), code, column, texts)
    frame = extract.frame(pl.DataFrame({name: series.rename(name) for name, series in made.items()}))
    if not faults:
        return frame, pl.DataFrame(schema=REFUSAL)
    refused = pl.concat(faults).cast(REFUSAL).sort(ROW, maintain_order=True)  # type: ignore[arg-type]
    return frame.join(refused, on=ROW, how="anti", maintain_order="left"), refused
