"""``./yigongti fund``: a year's whole clearing, and a closed year computed again."""

import json
from typing import Any

import click

PLACE = click.option("--place", help="Folder below policies/; the place that is served when left out.")
YEAR = click.option("--year", type=click.IntRange(2020, 2100), required=True, help="The fund's year.")
KIND = click.option(
    "--fund", "kind", type=click.Choice(["residents", "employees"]), default="residents", show_default=True
)


@click.group()
def fund() -> None:
    """One year of the insurance fund (医保基金): clearing and checking."""


@fund.command()
@PLACE
@YEAR
@KIND
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def clear(place: str | None, year: int, kind: str, as_json: bool) -> None:
    """Print the whole clearing of a year: of a draft as things stand, of a closed year as it was frozen."""
    from yigongti.domains.money.insurance_fund import checks, gathering

    found = gathering.gather(_year(place, year, kind))
    if found.statement is None:
        raise click.ClickException(found.why)
    wrong = found.year.closing.findings if found.frozen else [
        one.as_json() for one in checks.findings(found, clearing=True)
    ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(as_data(found, wrong), ensure_ascii=False, indent=2))
        return
    from yigongti.domains.money.insurance_fund.words import line_label, whose

    names = whose(found)
    click.echo(f"{found.year.title}  {found.year.state}  {'frozen' if found.frozen else 'draft'}")
    for line in found.statement.lines:
        click.echo(f"{line.key:40} {line.fen / 100:>20,.2f}  {names.get(line.of or 0, '')} {line_label(line)}")
    for key, why in found.statement.lacking:
        click.echo(f"{key:40} {'–':>20}  {why}")
    for one in wrong:
        click.echo(f"! {one['name']} {one['count']}")


@fund.command()
@PLACE
@YEAR
@KIND
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a sentence.")
def rerun(place: str | None, year: int, kind: str, as_json: bool) -> None:
    """Compute a closed year again from the claims it kept, and compare it to the fen."""
    from yigongti.domains.money.insurance_fund.computing import UnknownForm
    from yigongti.domains.money.insurance_fund.services import closing
    from yigongti.kernel.access.api import system_actor
    from yigongti.kernel.lake.api import KeptDamaged

    found = _year(place, year, kind)
    if not found.frozen:
        raise click.ClickException(f"{found.title} is not closed")
    try:
        again = closing.rerun(found.closing, actor=system_actor("command line"))
    except (KeptDamaged, UnknownForm) as wrong:
        raise click.ClickException(str(wrong)) from wrong
    if as_json:
        told = {
            "place": found.place, "year": found.year, "fund": found.fund_kind, "form": again.form, "same": again.same,
            "differs": list(again.differs), "digest": again.digest, "months": again.files,
        }  # fmt: skip
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        if not again.same:
            raise SystemExit(1)
        return
    if not again.same:
        raise click.ClickException(f"differs: {', '.join(again.differs) or 'what was frozen'}")
    click.echo(f"{found.title}: the same to the fen, {again.files} months, form {again.form}, {again.digest}")


def _year(place: str | None, year: int, kind: str) -> Any:
    from django.conf import settings

    from yigongti.domains.money.insurance_fund import selectors
    from yigongti.kernel.access.api import NotVisible, system_actor
    from yigongti.kernel.policy.api import places

    place = place or settings.PLACE
    if place not in {p.key for p in places()}:
        raise click.ClickException(f"no plan named {place}: there are {', '.join(p.key for p in places())}")
    try:
        return selectors.named(place, year, kind, actor=system_actor("command line"))
    except NotVisible:
        raise click.ClickException(f"{place} has no {kind} year {year}") from None


def as_data(found: Any, findings: list[dict[str, Any]]) -> dict[str, Any]:
    """The whole clearing as JSON: each line with its formula, inputs, clause and what lies below."""
    from yigongti.domains.money.insurance_fund.statement import digest
    from yigongti.domains.money.insurance_fund.words import line_label, whose

    names = whose(found)
    statement = found.statement
    return {
        "place": found.year.place,
        "year": found.year.year,
        "fund": found.year.fund_kind,
        "state": found.year.state,
        "frozen": found.frozen,
        "form": found.form,
        "digest": found.year.closing.digest if found.frozen else digest(statement.as_json()),
        "months": [f"{month:%Y-%m}" for month in (found.sums.months if found.sums else ())],
        "lines": [
            {
                "key": line.key,
                "name": line.name,
                "label": line_label(line),
                "of": names.get(line.of),
                "fen": line.fen,
                "formula": line.formula,
                "inputs": dict(line.inputs),
                "citations": [
                    {
                        "parameter": rule.name,
                        "value": rule.shown,
                        "document": rule.document,
                        "clause": rule.clause,
                        "evidence": rule.evidence,
                        "confirmed": rule.confirmed,
                    }
                    for rule in statement.citations(line)
                ],
                "below": list(line.below),
                "claims": dict(line.claims) or None,
            }
            for line in statement.lines
        ],
        "lacking": dict(statement.lacking),
        "notes": list(statement.notes),
        "findings": findings,
    }


commands = [fund]
