"""Measures, for the pages and the command line."""

from yigongti.domains.oversight.indicators.formulas import Period, percentage, period
from yigongti.domains.oversight.indicators.measures import MEASURES, Measure
from yigongti.domains.oversight.indicators.permissions import VIEW, VIEW_RECORDS
from yigongti.domains.oversight.indicators.readings import Cell, Records
from yigongti.domains.oversight.indicators.selectors import (
    BREAKDOWNS,
    Figure,
    Point,
    Slice,
    breakdown,
    cell_of,
    figure,
    label_of,
    latest_year,
    measure_named,
    records,
)

__all__ = [
    "BREAKDOWNS",
    "MEASURES",
    "VIEW",
    "VIEW_RECORDS",
    "Cell",
    "Figure",
    "Measure",
    "Period",
    "Point",
    "Records",
    "Slice",
    "breakdown",
    "cell_of",
    "figure",
    "label_of",
    "latest_year",
    "measure_named",
    "percentage",
    "period",
    "records",
]
