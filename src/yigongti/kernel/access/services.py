"""Accounts, grants, and signing in."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import Q, QuerySet

from yigongti.kernel import clock
from yigongti.kernel.access import limits
from yigongti.kernel.access.actors import Actor, Forbidden, system_actor
from yigongti.kernel.access.limits import Limits
from yigongti.kernel.access.models import Account, Grant, Stranger
from yigongti.kernel.access.permissions import GRANT_ROLES, MANAGE_ACCOUNTS
from yigongti.kernel.access.roles import SEPARATE, Role
from yigongti.kernel.access.selectors import actor_of
from yigongti.kernel.audit.api import record

# Compared against when the user name is unknown, so that an answer takes as long as for a known one.
_NOBODY = make_password(None)


@transaction.atomic
def create_account(
    username: str,
    name: str,
    *,
    organisation_id: int,
    password: str,
    actor: Actor,
    must_change_password: bool = True,
) -> int:
    """Create an account without any role; returns its id. Raises ValidationError for a weak password."""
    actor.require(MANAGE_ACCOUNTS, organisation_id)
    account = Account(
        username=username,
        name=name,
        home_organisation_id=organisation_id,
        must_change_password=must_change_password,
        created_at=clock.now(),
    )
    validate_password(password, account)
    account.set_password(password)
    account.save(force_insert=True)
    record(
        actor=actor,
        act="access.create_account",
        subject=f"account:{account.pk}",
        organisation_id=organisation_id,
        detail={"username": username},
    )
    return int(account.pk)


class RolesConflict(ValueError):
    """Administrators of the system, of rights and of the trail are three people, and do no other work here."""


def _standing(account_id: int) -> QuerySet[Grant]:
    """Grants that hold today or will."""
    return Grant.objects.filter(Q(ends_on=None) | Q(ends_on__gt=clock.today()), account_id=account_id)


@transaction.atomic
def grant_role(
    account_id: int,
    role: Role,
    *,
    organisation_id: int,
    actor: Actor,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> None:
    """Give a role at an organisation and all under it. Granting what is held that long already changes nothing.

    Raises Forbidden, ValueError for a grant to oneself, RolesConflict where one person would then hold one of the
    three administrators' roles and any other.
    """
    actor.require(GRANT_ROLES, organisation_id)
    if actor.id == account_id:
        raise ValueError("nobody grants a role to himself")
    Account.objects.select_for_update().get(pk=account_id)
    held = set(_standing(account_id).values_list("role", flat=True)) - {str(role)}
    if held and (role in SEPARATE or held & SEPARATE):
        raise RolesConflict(sorted(held))
    same = Grant.objects.filter(
        account_id=account_id, role=role, organisation_id=organisation_id, starts_on__lte=starts_on or clock.today()
    )
    if same.filter(Q(ends_on=None) | (Q(ends_on__gte=ends_on) if ends_on else Q(pk=None))).exists():
        return
    Grant.objects.create(
        account_id=account_id,
        role=role,
        organisation_id=organisation_id,
        starts_on=starts_on or clock.today(),
        ends_on=ends_on,
        granted_by_id=actor.id,
        granted_at=clock.now(),
    )
    record(
        actor=actor,
        act="access.grant_role",
        subject=f"account:{account_id}",
        organisation_id=organisation_id,
        detail={"role": str(role)},
    )


@transaction.atomic
def end_grant(grant_id: int, *, actor: Actor) -> None:
    """Take a role away from today on. A grant that began today or later is removed whole."""
    grant = Grant.objects.select_for_update().get(pk=grant_id)
    actor.require(GRANT_ROLES, grant.organisation_id)
    today = clock.today()
    if grant.starts_on >= today:
        grant.delete()
    else:
        grant.ends_on = today
        grant.save(update_fields=["ends_on"])
    record(
        actor=actor,
        act="access.end_grant",
        subject=f"account:{grant.account_id}",
        organisation_id=grant.organisation_id,
        detail={"role": grant.role},
    )


def _require_home(actor: Actor, account: Account) -> None:
    """An account that is at home nowhere is the platform's own: no institution's administrator touches it."""
    if account.home_organisation_id is None and not actor.everything:
        raise Forbidden(MANAGE_ACCOUNTS)
    actor.require(MANAGE_ACCOUNTS, account.home_organisation_id)


@transaction.atomic
def set_active(account_id: int, active: bool, *, actor: Actor) -> None:
    """Close an account (it can't sign in, its sessions end) or open it again."""
    account = Account.objects.select_for_update().get(pk=account_id)
    _require_home(actor, account)
    account.is_active = active
    account.save(update_fields=["is_active"])
    record(
        actor=actor,
        act="access.open_account" if active else "access.close_account",
        subject=f"account:{account_id}",
        organisation_id=account.home_organisation_id,
    )


@transaction.atomic
def reset_password(account_id: int, password: str, *, actor: Actor) -> None:
    """Give a new first password, to be changed at the next sign-in; also lifts a lock.

    Whoever gives it could sign in with it: so only who manages accounts wherever the person holds a role. Raises
    Forbidden.
    """
    account = Account.objects.select_for_update().get(pk=account_id)
    _require_home(actor, account)
    for organisation_id in set(_standing(account_id).values_list("organisation_id", flat=True)):
        actor.require(MANAGE_ACCOUNTS, organisation_id)
    validate_password(password, account)
    account.set_password(password)
    account.must_change_password = True
    account.failed_sign_ins, account.locked_until = 0, None
    account.save()
    record(
        actor=actor,
        act="access.reset_password",
        subject=f"account:{account_id}",
        organisation_id=account.home_organisation_id,
    )


class AccountLocked(Exception):
    """Too many wrong passwords in a row; ``minutes`` until the next attempt counts."""

    def __init__(self, minutes: int) -> None:
        super().__init__(f"locked for {minutes} minutes")
        self.minutes = minutes


def change_password(account_id: int, old: str, new: str) -> None:
    """Change one's own password. A wrong old one counts as a failed sign-in does: a session left open guesses nothing.

    Raises ValueError("old") for a wrong old one, ValueError("same") for the same again, ValidationError if weak,
    AccountLocked.
    """
    left = _failures_left(account_id, old)
    if left == 0:
        raise AccountLocked(limits.current().lock_minutes)
    if left is not None:
        raise ValueError("old")
    _set_own_password(account_id, old, new)


@transaction.atomic
def _failures_left(account_id: int, password: str) -> int | None:
    """None for the right password; else how many more wrong ones are borne (kept, whatever the caller raises)."""
    account = Account.objects.select_for_update().get(pk=account_id)
    locked = account.locked_until is not None and account.locked_until > clock.now()
    if not locked and account.check_password(password):
        return None
    left = 0 if locked else _count_failure(account, limits.current())
    _record_refusal(account, "access.change_password", left=left)
    return left


@transaction.atomic
def _set_own_password(account_id: int, old: str, new: str) -> None:
    account = Account.objects.select_for_update().get(pk=account_id)
    if old == new:
        raise ValueError("same")
    validate_password(new, account)
    account.set_password(new)
    account.must_change_password = False
    account.failed_sign_ins = 0
    account.password_changed_at = clock.now()
    account.save()
    record(actor=actor_of(account), act="access.change_password", subject=f"account:{account_id}")


@dataclass(frozen=True)
class SignIn:
    """How an attempt ended: ``account`` when it succeeded, else tries left or the minutes of the lock."""

    account: Account | None = None
    failures_left: int | None = None
    locked_minutes: int | None = None


@transaction.atomic
def sign_in(username: str, password: str) -> SignIn:
    """Check a password. After the policy's number of failures in a row the account is locked for a while.

    An unknown name and a wrong password are told apart by nothing a caller can see.
    """
    rules = limits.current()
    account = Account.objects.select_for_update().filter(username=username).first()
    tried = account or _stranger(username)
    now = clock.now()
    if tried.locked_until and tried.locked_until > now:
        _record_refusal(account, "access.sign_in", left=0)
        return SignIn(locked_minutes=_minutes_until(tried.locked_until, now))
    if tried.locked_until:
        tried.failed_sign_ins, tried.locked_until = 0, None
    right = account.check_password(password) if account else check_password(password, _NOBODY)
    if account and right and account.is_active:
        account.failed_sign_ins, account.locked_until, account.last_login = 0, None, now
        if now - (account.password_changed_at or account.created_at) > timedelta(days=rules.password_days):
            account.must_change_password = True
        account.save()
        record(actor=actor_of(account), act="access.sign_in", subject=f"account:{account.pk}")
        return SignIn(account=account)
    left = _count_failure(tried, rules)
    _record_refusal(account, "access.sign_in", left=left)
    if left <= 0:
        return SignIn(locked_minutes=rules.lock_minutes)
    return SignIn(failures_left=left)


def _stranger(username: str) -> Stranger:
    """The count kept for a name that is nobody's, locked; counts nobody has added to for a day are forgotten."""
    now = clock.now()
    Stranger.objects.filter(tried_at__lt=now - timedelta(days=1)).delete()
    digest = sha256(username.encode()).hexdigest()
    Stranger.objects.bulk_create([Stranger(name_digest=digest, tried_at=now)], ignore_conflicts=True)
    found = Stranger.objects.select_for_update().get(pk=digest)
    found.tried_at = now
    return found


def _count_failure(tried: Account | Stranger, rules: Limits) -> int:
    """One more failure; locks after the last one allowed. Returns how many are left."""
    tried.failed_sign_ins += 1
    left = rules.lock_after_failures - tried.failed_sign_ins
    if left <= 0:
        tried.locked_until = clock.now() + timedelta(minutes=rules.lock_minutes)
    tried.save()
    return max(left, 0)


def _minutes_until(moment: datetime, now: datetime) -> int:
    return -(-(moment - now) // timedelta(minutes=1))


def _record_refusal(account: Account | None, act: str, *, left: int) -> None:
    """A name that is nobody's is not written down: people type their password into the wrong field."""
    record(
        actor=actor_of(account) if account else system_actor("sign-in"),
        act=act,
        subject=f"account:{account.pk}" if account else "account:unknown",
        outcome="refused",
        detail={"left": left},
    )
