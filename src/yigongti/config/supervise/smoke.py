"""``run --smoke``: signs in as every demo role through the real form and opens every page of its menu."""

import secrets
import time
from dataclasses import dataclass

from yigongti.config.supervise.demo_accounts import DemoAccount, read
from yigongti.config.supervise.platform import Platform, PlatformFailed
from yigongti.config.supervise.visitor import Visitor

SIGN_IN = "/account/sign-in/"


@dataclass(frozen=True)
class Tried:
    """One page tried as one role; ``fault`` is empty when it answered as it should."""

    who: str
    path: str
    seconds: float
    fault: str


def check_pages(platform: Platform, *, own_data: bool) -> None:
    """Print a table of pages by role. Raises PlatformFailed when one does not answer as it should.

    Only with data of its own does it choose new passwords, and so come past the first page: nobody would know them.
    """
    tried = [_page(Visitor(platform.address), "—", SIGN_IN)]
    accounts = read(platform.installation.folder)
    for account in accounts:
        tried += _as(Visitor(platform.address), account, own_data)
    for child in platform.children:
        tried.append(Tried("—", child.name, 0.0, "" if child.running() else child.ended_how()))
    width = max(len(line.path) for line in tried)
    for line in tried:
        print(f"  {line.who:<20} {line.path:<{width}} {line.seconds * 1000:6.0f} ms  {line.fault or 'ok'}")
    faults = [line for line in tried if line.fault]
    if faults:
        raise PlatformFailed(f"{len(faults)} of {len(tried)} pages do not answer as they should")
    platform.say(f"{len(tried)} pages answer, {len(accounts)} roles")


def _as(visitor: Visitor, account: DemoAccount, may_change: bool) -> list[Tried]:
    """Sign in with the first password, choose another if asked to, open every page of the menu."""
    if account.password is None:
        return [Tried(account.role, SIGN_IN, 0.0, "")]  # its owner changed the password; nobody else knows it
    began = time.monotonic()
    answer = visitor.submit(visitor.get(SIGN_IN), username=account.username, password=account.password)
    if "new_password" in answer.page.fields and not may_change:
        return [Tried(account.role, SIGN_IN, time.monotonic() - began, "")]
    if "new_password" in answer.page.fields:
        new = secrets.token_urlsafe(12) + "aA1-"
        answer = visitor.submit(answer, old_password=account.password, new_password=new, new_password_again=new)
    fault = "" if answer.status == 200 and answer.page.menu else f"sign-in failed ({answer.status} {answer.address})"
    tried = [Tried(account.role, SIGN_IN, time.monotonic() - began, fault)]
    for path in dict.fromkeys(["/", *answer.page.menu]):
        tried.append(_page(visitor, account.role, path))
    return tried


def _page(visitor: Visitor, who: str, path: str) -> Tried:
    began = time.monotonic()
    answer = visitor.get(path)
    fault = ""
    if answer.status != 200:
        fault = f"answers {answer.status}"
    elif answer.page.headings != 1:
        fault = f"has {answer.page.headings} headings"
    elif who != "—" and SIGN_IN in answer.address:
        fault = "asks to sign in"
    return Tried(who, path, time.monotonic() - began, fault)
