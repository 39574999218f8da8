"""Who acts: a person with dated grants, or the system itself; and what each may do where."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from django.utils.functional import Promise

from yigongti.kernel import clock
from yigongti.kernel.access.roles import Role
from yigongti.kernel.audit.acts import name_act


class Forbidden(Exception):
    """The actor may not do this. ``str()`` is a sentence for people."""

    def __init__(self, permission: "Permission") -> None:
        super().__init__(f"{permission.name}")
        self.permission = permission


class NotVisible(Exception):
    """The actor may not know whether this exists: pages answer 404."""


@dataclass(frozen=True)
class Permission:
    """One thing that can be done, by its name ``domain.verb``, its label for people, and the roles that may."""

    name: str
    label: str | Promise
    to: frozenset[Role]

    def __str__(self) -> str:
        return self.name


_permissions: dict[str, Permission] = {}


def declare(name: str, label: str | Promise, *, to: set[Role] | frozenset[Role]) -> Permission:
    """Register a domain's permission. Raises ValueError when two domains claim one name differently."""
    permission = Permission(name, label, frozenset(to))
    known = _permissions.setdefault(name, permission)
    if (known.name, known.to) != (permission.name, permission.to):
        raise ValueError(f"permission {name} is declared twice")
    name_act(name, label)  # who tried without it is in the trail under its name
    return known


def permissions() -> dict[str, Permission]:
    """All declared permissions by name."""
    return dict(_permissions)


Tree = Callable[[int, date], frozenset[int]]


def _alone(organisation_id: int, on: date) -> frozenset[int]:
    return frozenset({organisation_id})


_tree: Tree = _alone


def register_organisation_tree(tree: Tree) -> None:
    """The organisation domain says here how to find an organisation and all that is under it on a day."""
    global _tree
    _tree = tree


def under(organisation_id: int, on: date) -> frozenset[int]:
    """An organisation and all that is under it on a day."""
    return _tree(organisation_id, on)


@dataclass(frozen=True)
class GrantView:
    """A role held at an organisation and everything under it; open-ended without ``ends_on`` (first day without)."""

    role: Role
    organisation_id: int
    starts_on: date
    ends_on: date | None = None

    def holds(self, on: date) -> bool:
        return self.starts_on <= on and (self.ends_on is None or on < self.ends_on)


@dataclass(frozen=True)
class Actor:
    """A person (``id`` is the account's) or the system (``id`` None) at one moment; built anew for each request.

    A resident who signed in acts without an account: ``residents`` are the person and the wards acted for, by the
    ids of the entries that stand for them. No permission is ever theirs; a domain asks whether it is about one of them.
    """

    id: int | None
    name: str
    home_organisation_id: int | None = None
    grants: tuple[GrantView, ...] = ()
    everything: bool = False
    residents: frozenset[int] = frozenset()
    _under: dict[int, frozenset[int]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_resident(self) -> bool:
        """Whether this is a resident acting for himself or a ward."""
        return bool(self.residents)

    @cached_property
    def roles(self) -> frozenset[Role]:
        """Roles held today, anywhere."""
        return frozenset(grant.role for grant in self.grants if grant.holds(clock.today()))

    def organisations(self, permission: Permission) -> frozenset[int]:
        """Ids of organisations where the actor holds the permission today. Empty for the system: ask ``everything``."""
        today = clock.today()
        found: set[int] = set()
        for grant in self.grants:
            if grant.role in permission.to and grant.holds(today):
                if grant.organisation_id not in self._under:
                    self._under[grant.organisation_id] = _tree(grant.organisation_id, today)
                found |= self._under[grant.organisation_id]
        return frozenset(found)

    def may(self, permission: Permission, organisation_id: int | None = None) -> bool:
        """Whether the actor holds the permission: anywhere, or at the organisation named."""
        if self.everything:
            return True
        if organisation_id is None:
            return bool(self.roles & permission.to)
        return organisation_id in self.organisations(permission)

    def require(self, permission: Permission, organisation_id: int | None = None) -> None:
        """Raises Forbidden when the actor does not hold the permission (there)."""
        if not self.may(permission, organisation_id):
            raise Forbidden(permission)


def system_actor(name: str, organisation_id: int | None = None) -> Actor:
    """The platform acting by itself (set-up, a scheduled job): may everything, and is named in the trail."""
    return Actor(id=None, name=f"system:{name}", home_organisation_id=organisation_id, everything=True)


def resident_actor(name: str, residents: Iterable[int]) -> Actor:
    """A resident who signed in, named for the trail, with the ids he acts for: his own and his wards'."""
    return Actor(id=None, name=name, residents=frozenset(residents))
