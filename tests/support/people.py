"""People to act as in tests."""

from datetime import date

from yigongti.kernel.access.api import Actor, GrantView, Role

LONG_AGO = date(2000, 1, 1)


def person(role: Role | str | None, organisation_id: int, *, id: int = 1, name: str = "测试员") -> Actor:
    """An actor who holds one role (or none) at one organisation since long ago, without an account row."""
    grants = (GrantView(Role(role), organisation_id, LONG_AGO),) if role else ()
    return Actor(id=id, name=name, home_organisation_id=organisation_id, grants=grants)
