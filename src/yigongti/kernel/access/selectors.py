"""Who an account is, as an actor."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from yigongti.kernel import clock
from yigongti.kernel.access.actors import Actor, GrantView, Permission, under
from yigongti.kernel.access.models import Account, Grant
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


def holders(permission: Permission, organisation_id: int) -> list[int]:
    """Ids of the open accounts that hold a permission at an organisation today: whom a desk's notice reaches."""
    today = clock.today()
    grants = Grant.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=today), role__in=permission.to, starts_on__lte=today, account__is_active=True
    ).values_list("account_id", "organisation_id")
    reach: dict[int, bool] = {}
    found: set[int] = set()
    for account_id, at in grants:
        if at not in reach:
            reach[at] = organisation_id in under(at, today)
        if reach[at]:
            found.add(account_id)
    return sorted(found)


def names_of(account_ids: Iterable[int]) -> dict[int, str]:
    """What people are called, by account."""
    return dict(Account.objects.filter(pk__in=set(account_ids)).values_list("pk", "name"))
