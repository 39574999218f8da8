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
    since = f"compared with the anchor of {result.anchored_at}" if result.anchored_at else "no anchor to compare with"
    click.echo(f"{result.lines} lines, all in order; {since}")


@audit.command()
@click.argument("reason")
def restored(reason: str) -> None:
    """Say that the database was put back from a backup on purpose, and why; verifying goes on from there."""
    from yigongti.kernel.audit.services import go_on_from_here

    go_on_from_here(reason)
    click.echo("recorded and anchored")


commands = [audit]
