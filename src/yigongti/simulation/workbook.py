"""A plain XLSX workbook with one sheet of text, written a column at a time.

A writer of our own because a library writes cell by cell (twenty seconds where this takes one) and compresses with
whatever zlib it finds, so that two machines would not give the same bytes. Governed by: ECMA-376, part 1, 18.3–18.4.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

import polars as pl

from yigongti.simulation.dirt import FORMULA

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_PARTS: Final = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">'
        '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_RELATIONS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    ),
}


def write(path: Path, header: list[str], texts: pl.DataFrame) -> None:
    """Write text columns under a header. Null cells stay empty; a cell that holds FORMULA becomes a formula.

    At most 26 columns and the 1 048 575 rows of a sheet.
    """
    top = pl.DataFrame([[label] for label in header], schema=texts.columns)
    cells = pl.concat([top, texts])
    long = pl.concat([cells[name].rename("text") for name in cells.columns]).drop_nulls()
    shared = long.filter(long != FORMULA).unique(maintain_order=True)
    number = pl.DataFrame({"text": shared, "number": pl.int_range(0, len(shared), eager=True)})
    rows = cells.select(pl.int_range(1, cells.height + 1).cast(pl.String).alias("row"))
    made = []
    for place, name in enumerate(cells.columns):
        letter = chr(ord("A") + place)
        column = cells.select(pl.col(name).alias("text")).join(number, on="text", how="left", maintain_order="left")
        made.append(
            column.with_columns(rows["row"]).select(
                pl.when(pl.col("text") == FORMULA)
                .then(pl.format(f'<c r="{letter}{{}}" t="e"><f>{FORMULA[1:]}</f><v>#N/A</v></c>', "row"))
                .when(pl.col("number").is_not_null())
                .then(pl.format(f'<c r="{letter}{{}}" t="s"><v>{{}}</v></c>', "row", "number"))
                .otherwise(pl.lit(""))
                .alias(name)
            )
        )
    lines = pl.concat([rows, *made], how="horizontal").select(
        pl.concat_str(pl.format('<row r="{}">', "row"), *(pl.col(name) for name in cells.columns), pl.lit("</row>"))
    )
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{_joined(lines)}</sheetData></worksheet>'
    strings = pl.DataFrame({"text": shared}).select(
        pl.concat_str(pl.lit("<si><t>"), _escaped(pl.col("text")), pl.lit("</t></si>"))
    )
    sharing = f'<sst xmlns="{_MAIN}" count="{len(long)}" uniqueCount="{len(shared)}">{_joined(strings)}</sst>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as package:
        for name, text in [*_PARTS.items(), ("xl/worksheets/sheet1.xml", sheet), ("xl/sharedStrings.xml", sharing)]:
            package.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), (_HEAD + text).encode())


def _escaped(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all("&", "&amp;", literal=True).str.replace_all("<", "&lt;", literal=True)


def _joined(lines: pl.DataFrame) -> str:
    joined: str = lines.to_series().str.join("").item()
    return joined
