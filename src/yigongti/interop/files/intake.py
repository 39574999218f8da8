"""Registers CSV and XLSX with intake."""

from yigongti.interop.files.csv_files import CsvFormat
from yigongti.interop.files.xlsx_files import XlsxFormat
from yigongti.kernel.intake.api import register_format

register_format(XlsxFormat())
register_format(CsvFormat())
