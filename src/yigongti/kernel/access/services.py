"""Accounts, grants, and signing in."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from yigongti.kernel import clock
from yigongti.kernel.access import limits
from yigongti.kernel.access.actors import Actor
from yigongti.kernel.access.models import Account, Grant
from yigongti.kernel.access.permissions import GRANT_ROLES, MANAGE_ACCOUNTS
from yigongti.kernel.access.roles import Role
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
    """Give a role at an organisation and all under it. Nobody grants to himself. Granting twice changes nothing."""
    actor.require(GRANT_ROLES, organisation_id)
    if actor.id == account_id:
        raise ValueError("nobody grants a role to himself")
    if Grant.objects.filter(account_id=account_id, role=role, organisation_id=organisation_id, ends_on=None).exists():
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


@transaction.atomic
def set_active(account_id: int, active: bool, *, actor: Actor) -> None:
    """Close an account (it can't sign in, its sessions end) or open it again."""
    account = Account.objects.select_for_update().get(pk=account_id)
    actor.require(MANAGE_ACCOUNTS, account.home_organisation_id)
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
    """Give a new first password, to be changed at the next sign-in; also lifts a lock."""
    account = Account.objects.select_for_update().get(pk=account_id)
    actor.require(MANAGE_ACCOUNTS, account.home_organisation_id)
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


@transaction.atomic
def change_password(account_id: int, old: str, new: str) -> None:
    """Change one's own password.

    Raises ValueError("old") for a wrong old one, ValueError("same") for the same again, ValidationError if weak.
    """
    account = Account.objects.select_for_update().get(pk=account_id)
    if not account.check_password(old):
        raise ValueError("old")
    if old == new:
        raise ValueError("same")
    validate_password(new, account)
    account.set_password(new)
    account.must_change_password = False
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
    if account is None:
        check_password(password, _NOBODY)
        return SignIn(failures_left=rules.lock_after_failures - 1)
    now = clock.now()
    actor = actor_of(account)
    subject = f"account:{account.pk}"
    if account.locked_until and account.locked_until > now:
        minutes = -(-(account.locked_until - now) // timedelta(minutes=1))
        return SignIn(locked_minutes=minutes)
    if account.locked_until:
        account.failed_sign_ins, account.locked_until = 0, None
    if account.check_password(password) and account.is_active:
        account.failed_sign_ins, account.locked_until, account.last_login = 0, None, now
        if now - (account.password_changed_at or account.created_at) > timedelta(days=rules.password_days):
            account.must_change_password = True
        account.save()
        record(actor=actor, act="access.sign_in", subject=subject)
        return SignIn(account=account)
    account.failed_sign_ins += 1
    left = rules.lock_after_failures - account.failed_sign_ins
    if left <= 0:
        account.locked_until = now + timedelta(minutes=rules.lock_minutes)
    account.save()
    record(actor=actor, act="access.sign_in", subject=subject, outcome="refused", detail={"left": max(left, 0)})
    if left <= 0:
        return SignIn(locked_minutes=rules.lock_minutes)
    return SignIn(failures_left=left)
