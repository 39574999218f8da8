"""Who an account is, as an actor."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from yigongti.kernel.access.actors import Actor, GrantView
from yigongti.kernel.access.models import Account
from yigongti.kernel.access.roles import Role

_ROLES = {role.value: role for role in Role}
_GRANTS = "SELECT role, organisation_id, starts_on, ends_on FROM access_grant WHERE account_id = %s"


def actor_of(account: Account) -> Actor:
    """The actor an account is right now, with every grant it ever had (dates decide which hold)."""
    with connection.cursor() as cursor:  # every page asks: what is asked never changes, so nothing need be composed
        cursor.execute(_GRANTS, [account.pk])
        grants = tuple(GrantView(_ROLES[role], *rest) for role, *rest in cursor.fetchall())
    return Actor(
        id=account.pk,
        name=account.name,
        home_organisation_id=account.home_organisation_id,
        grants=grants,
    )


def actor_by_id(account_id: int) -> Actor:
    """For jobs that go on in somebody's name. Raises Account.DoesNotExist."""
    return actor_of(Account.objects.get(pk=account_id))


@dataclass(frozen=True)
class AccountView:
    id: int
    username: str
    name: str
    must_change_password: bool


def account_named(username: str) -> AccountView | None:
    """The account with this user name, if there is one."""
    columns = ("pk", "username", "name", "must_change_password")
    found = Account.objects.filter(username=username).values_list(*columns).first()
    return AccountView(*found) if found else None


def accounts(organisation_ids: frozenset[int]) -> QuerySet[Account]:
    """Accounts at home in the organisations, or holding a role there; with their grants."""
    here = Q(home_organisation_id__in=organisation_ids) | Q(grants__organisation_id__in=organisation_ids)
    return Account.objects.filter(here).distinct().prefetch_related("grants")


def account_page(account_id: int, organisation_ids: frozenset[int]) -> Account | None:
    """One account within the organisations, or None."""
    return accounts(organisation_ids).filter(pk=account_id).first()
