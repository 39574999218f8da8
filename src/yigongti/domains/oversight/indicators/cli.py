"""``./yigongti measure``."""

import json
from typing import Any

import click


@click.command()
@click.option("--place", help="A place below policies/; the served one when left out.")
@click.option("--period", "text", required=True, help="2025, 2025-Q3 or 2025-07.")
@click.option("--institution", help="Only what belongs to an organisation: its key, name or code.")
@click.option("--measure", "names", multiple=True, help="Only this measure; may be given several times.")
@click.option("--by", help="Add a break-down: home, disease_group, institution and others, as each measure offers.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def measure(
    place: str | None, text: str, institution: str | None, names: tuple[str, ...], by: str | None, as_json: bool
) -> None:
    """Print the measures of a place over a period: the same numbers as the cockpit."""
    from django.conf import settings

    from yigongti.domains.base.organisation import api as organisation
    from yigongti.domains.oversight.indicators import api
    from yigongti.kernel.access.api import system_actor
    from yigongti.kernel.policy.api import places

    place = place or settings.PLACE
    if place not in {p.key for p in places()}:
        raise click.ClickException(f"no plan named {place}: there are {', '.join(p.key for p in places())}")
    try:
        period = api.period(text)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if unknown := set(names) - api.MEASURES.keys():
        raise click.ClickException(f"no measure {', '.join(sorted(unknown))}: there are {', '.join(api.MEASURES)}")
    if by and by not in api.BREAKDOWNS:
        raise click.ClickException(f"no break-down {by}: there are {', '.join(api.BREAKDOWNS)}")
    for name in names if by else ():
        if by not in api.measure_named(name).breakdowns:
            offered = ", ".join(api.measure_named(name).breakdowns)
            raise click.ClickException(f"{name} is not broken down by {by}: it offers {offered}")
    node = None
    if institution:
        found = organisation.find(institution, place=place)
        if found is None:
            raise click.ClickException(f"no organisation {institution} in {place}")
        node = found.id
    actor = system_actor("command line")
    printed = []
    for name in names or api.MEASURES:
        chosen = api.measure_named(name)
        figure = api.figure(chosen, period, actor=actor, place=place, node=node)
        slices = []
        if by and by in chosen.breakdowns and not figure.problem:
            slices = api.breakdown(chosen, period, by, actor=actor, place=place, node=node)
        printed.append(_as_data(figure, slices))
    if as_json:
        click.echo(json.dumps(printed, ensure_ascii=False, indent=2))
        return
    for entry in printed:
        target = entry["target"]["value"] if entry["target"] else "–"
        unit = entry["value_unit"] if entry["value"] else ""
        click.echo(f"{entry['label']}  {entry['value'] or entry['problem']} {unit}".rstrip() + f"  ({target})")
        for row in entry["breakdown"]:
            click.echo(f"    {row['label']}  {row['numerator']}/{row['denominator']}  {row['value']}")


def _as_data(figure: Any, slices: list[Any]) -> dict[str, Any]:
    target = figure.target
    return {
        "measure": figure.measure.name,
        "label": str(figure.measure.label),
        "place": figure.place,
        "period": figure.period.text,
        "theme": str(figure.measure.theme.value),
        "kind": figure.measure.kind.name,
        "better": "lower" if figure.measure.lower_is_better else "higher",
        "unit": figure.measure.unit.key,
        "numerator_unit": figure.measure.numerator_unit.key,
        "value_unit": figure.measure.value_unit.key,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "value": None if figure.value is None else str(figure.value),
        "median": None if figure.median is None else str(figure.median),
        "problem": figure.problem or None,
        "target": target
        and {
            "value": str(target.value),
            "due": target.due and target.due.isoformat(),
            "document": str(target.document),
            "clause": target.clause,
            "confirmed": target.confirmed,
        },
        "trend": [
            {
                "month": f"{point.month:%Y-%m}",
                "numerator": point.numerator,
                "denominator": point.denominator,
                "value": None if point.value is None else str(point.value),
                "problem": point.problem or None,
            }
            for point in figure.trend
        ],
        "breakdown": [
            {
                "key": s.key,
                "label": s.label,
                "numerator": s.numerator,
                "denominator": s.denominator,
                "value": None if s.value is None else str(s.value),
                "median": None if s.median is None else str(s.median),
            }
            for s in slices
        ],
        "published_at": figure.published_at and figure.published_at.isoformat(),
    }


commands = [measure]
