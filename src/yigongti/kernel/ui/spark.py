"""Sparklines: a series as a few SVG points, drawn on the server so that a page of figures needs no script."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 112, 36


def points(values: Sequence[float | None], target: float | None = None) -> list[tuple[float, float] | None]:
    """Coordinates inside WIDTH × HEIGHT, y downwards; None where the series has a gap."""
    known = [v for v in values if v is not None] + ([target] if target is not None else [])
    if not known:
        return []
    low, high = min(known), max(known)
    span = (high - low) or 1
    step = WIDTH / max(len(values) - 1, 1)
    return [
        None if v is None else (round(i * step, 1), round(HEIGHT - 3 - (v - low) / span * (HEIGHT - 6), 1))
        for i, v in enumerate(values)
    ]


def sparkline(values: Sequence[float | None], *, target: float | None = None, label: str = "") -> SafeString:
    """The series as an SVG image with a label for those who do not see it. Empty for fewer than two values."""
    placed = points(values, target)
    runs: list[list[tuple[float, float]]] = [[]]
    for point in placed:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    runs = [run for run in runs if run]
    if sum(map(len, runs)) < 2:
        return mark_safe("")
    lines = format_html_join(
        "",
        '<path class="spark__line" d="M{}"/>',
        (("L".join(f"{x} {y}" for x, y in run),) for run in runs if len(run) > 1),
    )
    last = runs[-1][-1]
    goal = mark_safe("")
    if target is not None:
        y = points([*values, target], target)[-1]
        goal = format_html('<path class="spark__target" d="M0 {}H{}"/>', y[1] if y else 0, WIDTH)
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}{}'
        '<circle class="spark__dot" cx="{}" cy="{}" r="2.5"/></svg>',
        WIDTH, HEIGHT, label, goal, lines, last[0], last[1],
    )  # fmt: skip
