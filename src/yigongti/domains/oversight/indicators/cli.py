"""``./yigongti measure``."""

import json
from typing import Any

import click


@click.command()
@click.option("--place", help="A place below policies/; the served one when left out.")
@click.option("--period", "text", required=True, help="2025, 2025-Q3 or 2025-07.")
@click.option("--institution", help="Only what belongs to an organisation: its key, name or code.")
@click.option("--measure", "names", multiple=True, help="Only this measure; may be given several times.")
@click.option("--by", type=click.Choice(["home", "disease_group", "institution", "setting"]), help="Add a break-down.")
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
        if by and not figure.problem:
            slices = api.breakdown(chosen, period, by, actor=actor, place=place, node=node)
        printed.append(_as_data(figure, slices))
    if as_json:
        click.echo(json.dumps(printed, ensure_ascii=False, indent=2))
        return
    for entry in printed:
        target = entry["target"]["value"] if entry["target"] else "–"
        click.echo(f"{entry['label']}  {entry['value'] or entry['problem']}  ({target})")
        for row in entry["breakdown"]:
            click.echo(f"    {row['label']}  {row['numerator']}/{row['denominator']}  {row['value']}")


def _as_data(figure: Any, slices: list[Any]) -> dict[str, Any]:
    target = figure.target
    return {
        "measure": figure.measure.name,
        "label": str(figure.measure.label),
        "place": figure.place,
        "period": figure.period.text,
        "unit": "fen" if figure.measure.amount else "visits",
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "value": None if figure.value is None else str(figure.value),
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
            }
            for s in slices
        ],
        "published_at": figure.published_at and figure.published_at.isoformat(),
    }


commands = [measure]
