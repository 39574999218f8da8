"""Measures, for the pages and the command line."""

from yigongti.domains.oversight.indicators.catalogue import MEASURES
from yigongti.domains.oversight.indicators.dimensions import BREAKDOWNS, DIMENSIONS, ORGANISATIONAL
from yigongti.domains.oversight.indicators.formulas import Period, percentage, period
from yigongti.domains.oversight.indicators.measures import COUNT, MEAN, SHARE, Measure, Theme, Unit
from yigongti.domains.oversight.indicators.permissions import VIEW, VIEW_RECORDS
from yigongti.domains.oversight.indicators.readings import Cell, Records, Row
from yigongti.domains.oversight.indicators.rules import NOT_SAID, Unsaid
from yigongti.domains.oversight.indicators.selectors import (
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
    "COUNT",
    "DIMENSIONS",
    "MEAN",
    "MEASURES",
    "NOT_SAID",
    "ORGANISATIONAL",
    "SHARE",
    "VIEW",
    "VIEW_RECORDS",
    "Cell",
    "Figure",
    "Measure",
    "Period",
    "Point",
    "Records",
    "Row",
    "Slice",
    "Theme",
    "Unit",
    "Unsaid",
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
