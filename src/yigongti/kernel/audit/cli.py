"""``./yigongti audit verify``."""

import click


@click.group()
def audit() -> None:
    """The audit trail (审计日志)."""


@audit.command()
def verify() -> None:
    """Walk every chain and say whether a line was edited, removed or reordered."""
    from yigongti.kernel.audit.api import verify as walk

    result = walk()
    for fault in result.faults[:50]:
        click.echo(f"chain {fault.shard}, line {fault.number}: {fault.kind}", err=True)
    if not result.sound:
        raise click.ClickException(f"{len(result.faults)} faults in {result.lines} lines")
    click.echo(f"{result.lines} lines, all in order")


commands = [audit]
