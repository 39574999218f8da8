"""``./yigongti account``: the first accounts of a new installation."""

import click


@click.group()
def account() -> None:
    """Accounts of staff (账号)."""


@account.command()
@click.argument("username")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", required=True, help="A role, e.g. system_admin.")
@click.option("--organisation", "organisation_id", type=int, required=True, help="Id of the organisation.")
def create(username: str, name: str, role: str, organisation_id: int) -> None:
    """Create an account with a role and print its first password, which must be changed at the first sign-in."""
    from yigongti.kernel.access.api import Role, account_named, create_account, grant_role, system_actor
    from yigongti.kernel.access.passwords import first_password

    if role not in Role.values:
        raise click.ClickException(f"no such role: {role}; there are {', '.join(Role.values)}")
    if account_named(username):
        raise click.ClickException(f"the user name {username} is taken")
    actor, password = system_actor("command line"), first_password()
    account_id = create_account(username, name, organisation_id=organisation_id, password=password, actor=actor)
    grant_role(account_id, Role(role), organisation_id=organisation_id, actor=actor)
    click.echo(f"{username}  {password}")


commands = [account]
