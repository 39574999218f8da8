"""What a chart shows: labels, series and a target, in one shape for the drawing and for the table beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.functional import Promise

Words = str | Promise
Value = float | int | None


@dataclass(frozen=True)
class Series:
    """One line or set of bars; ``values`` in the chart's unit, None where nothing is known (drawn as a gap)."""

    name: Words
    values: Sequence[Value]


@dataclass(frozen=True)
class Chart:
    """``kind``: line (over time), bar (upright), bars (lying, for long names). ``axis`` heads the labels."""

    labels: Sequence[Words]
    series: Sequence[Series]
    kind: Literal["line", "bar", "bars"] = "line"
    unit: Words = ""
    axis: Words = ""
    target: float | None = None
    target_label: Words = ""
    stacked: bool = False
    from_zero: bool = False

    def __post_init__(self) -> None:
        for one in self.series:
            if len(one.values) != len(self.labels):
                raise ValueError(f"series {one.name}: {len(one.values)} values for {len(self.labels)} labels")

    @property
    def known(self) -> bool:
        """Whether there is anything to draw."""
        return any(value is not None for one in self.series for value in one.values)

    @property
    def payload(self) -> dict[str, Any]:
        """What ``static/ui/charts.js`` reads."""
        return {
            "kind": self.kind,
            "unit": str(self.unit),
            "labels": [str(label) for label in self.labels],
            "series": [
                {"name": str(one.name), "values": [None if v is None else float(v) for v in one.values]}
                for one in self.series
            ],
            "target": self.target,
            "target_label": str(self.target_label),
            "stacked": self.stacked,
            "from_zero": self.from_zero,
        }
