"""Access, for everybody above."""

from yigongti.kernel.access.actors import (
    Actor,
    Forbidden,
    GrantView,
    NotVisible,
    Permission,
    declare,
    permissions,
    register_organisation_tree,
    resident_actor,
    system_actor,
)
from yigongti.kernel.access.roles import CLINICIANS, EVERYONE, MANAGERS, Role
from yigongti.kernel.access.scoping import ScopedModel, ScopedQuerySet, UnscopedQuery
from yigongti.kernel.access.selectors import AccountView, account_named, actor_by_id, holders, names_of
from yigongti.kernel.access.services import create_account, grant_role

__all__ = [
    "CLINICIANS",
    "EVERYONE",
    "MANAGERS",
    "AccountView",
    "Actor",
    "Forbidden",
    "GrantView",
    "NotVisible",
    "Permission",
    "Role",
    "ScopedModel",
    "ScopedQuerySet",
    "UnscopedQuery",
    "account_named",
    "actor_by_id",
    "create_account",
    "declare",
    "grant_role",
    "holders",
    "names_of",
    "permissions",
    "register_organisation_tree",
    "resident_actor",
    "system_actor",
]
