"""The demo county of ``./yigongti run``: its organisations, accounts for every role, and a year of records.

The records enter through intake like any institution's, and in no other way. Killed at any point, ``load`` goes on
where it stood: the files wait below VAR/demo until intake has taken them (or are made anew, byte for byte), and intake
resumes the one it was in.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.organisation.api import OrganisationView
from yigongti.domains.money.insurance_fund.api import DraftRefused
from yigongti.kernel import clock
from yigongti.kernel.access.api import (
    Actor,
    Role,
    account_named,
    actor_by_id,
    create_account,
    grant_role,
    system_actor,
)
from yigongti.kernel.access.passwords import first_password
from yigongti.kernel.intake.api import extracts, find_source, process, receive
from yigongti.kernel.lake.api import publish_stale
from yigongti.kernel.workflow.api import StepRefused
from yigongti.simulation import bills_under_way, county, fund_under_way, parameters, under_way
from yigongti.simulation.files import TRUTH
from yigongti.simulation.place import POLICIES

RESIDENTS, SEED = 20_000, 7
AT_WORK_SINCE = timedelta(days=60)
"""The demo accounts have been at work for a while, so that what they have under way can be."""
_SAY_EVERY = 5.0  # seconds

Say = Callable[[str], None]


@dataclass(frozen=True)
class Account:
    """A demo account. ``password`` is the first one, or None once its owner has changed it."""

    role: Role
    label: str
    username: str
    password: str | None


@dataclass(frozen=True)
class _Post:
    """Who holds a role: at the first institution of the kinds, or of the whole county where there are none.

    ``reach`` is where the role holds: at the desk itself, over its area (what the desk's institution stands in), or
    over the county.
    """

    role: Role
    username: str
    name: str
    kinds: tuple[str, ...] = ()
    reach: str = "county"


_GRASS_ROOTS = ("village_clinic", "community_centre", "township_health_centre", "hospital", "lead_hospital")
_HOSPITALS = ("lead_hospital", "hospital")
_POSTS = (
    _Post(Role.VILLAGE_DOCTOR, "cunyi", "周秀兰", _GRASS_ROOTS, "desk"),
    _Post(Role.DOCTOR, "yisheng", "沈建国", _HOSPITALS, "desk"),
    _Post(Role.COORDINATOR, "zhuanyuan", "孙丽", _HOSPITALS, "desk"),
    _Post(Role.DATA_OFFICER, "shuju", "顾敏", _GRASS_ROOTS, "desk"),
    _Post(Role.INSURANCE_OFFICER, "yibao", "陆文静", ("insurance_body",)),
    _Post(Role.INSURANCE_OFFICER, "yibao2", "郑晓峰", ("insurance_body",)),  # what one prepares, another approves
    _Post(Role.FINANCE_OFFICER, "caiwu", "徐志强", _HOSPITALS, "area"),  # central accounting: the area's books
    _Post(Role.FINANCE_OFFICER, "caiwu2", "何静", _HOSPITALS, "area"),
    _Post(Role.DIRECTOR, "yuanzhang", "朱明华", _HOSPITALS, "area"),
    _Post(Role.GUIDANCE_OFFICER, "zhidao", "钱伟", ("guidance_centre", "government_body")),
    _Post(Role.SYSTEM_ADMIN, "xitong", "王磊"),
    _Post(Role.SECURITY_ADMIN, "anquan", "李静"),
    _Post(Role.AUDITOR, "shenji", "张勇"),
)


def load(say: Say, *, residents: int = RESIDENTS, seed: int = SEED, place: str | None = None) -> None:
    """Bring the demo county in, from wherever an earlier attempt stood. ``say`` gets a line now and then."""
    place = place or settings.PLACE
    actor = system_actor("demo")
    report = organisation.load_place(place, actor)
    say(f"{place}: {len(report.created) + len(report.changed) + len(report.unchanged)} organisations")
    open_accounts(place, actor)
    year = int(parameters.load(POLICIES / place)["year"])
    officers = _officers()
    if officers:
        bills_under_way.set_prices(officers.first, officers.second, place, year, say)
    folder = settings.VAR / "demo" / f"{place}-{residents}-{seed}"
    _write(folder, place, residents, seed, say)
    _send(folder, say)
    _begin_care(say)
    published = publish_stale()
    say(f"published for measuring: {published} months")
    if officers:
        bills_under_way.look_through(officers.first, year, say)
        _run_the_fund(officers, place, year, say)


def _begin_care(say: Say) -> None:
    """What the demo accounts have under way between them, where the place has both ends of a referral."""
    desks = {name: _at_desk(name) for name in ("cunyi", "yisheng", "zhuanyuan")}
    village, hospital, coordinator = desks["cunyi"], desks["yisheng"], desks["zhuanyuan"]
    if village is None or hospital is None or coordinator is None:
        return
    try:
        under_way.begin(under_way.People(village, hospital, coordinator), say)
    except LookupError as lacking:
        say(f"no patients under way: {lacking}")


def _officers() -> fund_under_way.Officers | None:
    """The insurance body's two, where the place has one."""
    first, second = _at_desk("yibao"), _at_desk("yibao2")
    return fund_under_way.Officers(first.actor, second.actor) if first and second else None


def _run_the_fund(officers: fund_under_way.Officers, place: str, year: int, say: Say) -> None:
    """A year of the insurance fund, where somebody holds a budget."""
    try:
        fund_under_way.begin(officers, place, year, say)
    except (DraftRefused, StepRefused) as refused:
        say(f"no year of the fund: {refused}")


def _at_desk(username: str) -> under_way.Desk | None:
    account = account_named(username)
    if account is None:
        return None
    actor = actor_by_id(account.id)
    return under_way.Desk(actor, actor.home_organisation_id) if actor.home_organisation_id else None


def accounts() -> list[Account]:
    """The demo accounts there are, in the order of the roles."""
    passwords = _passwords()
    found = []
    for post in _POSTS:
        account = account_named(post.username)
        if account is not None:
            waiting = account.must_change_password
            password = passwords.get(post.username) if waiting else None
            found.append(Account(post.role, str(post.role.label), post.username, password))
    return found


def open_accounts(place: str, actor: Actor) -> None:
    """One account per role, two where one approves what another prepares, each with a first password of this
    installation; those there are stay as they are."""
    root = organisation.root(place)
    if root is None:
        raise LookupError(f"{place} has no city or county")
    institutions = organisation.institutions(place)
    for post in _POSTS:
        desk = _desk(post, institutions) or root
        reach = {"desk": desk.id, "area": desk.parent_id or root.id, "county": root.id}[post.reach]
        with transaction.atomic():
            if account_named(post.username) is not None:
                continue
            password = first_password()
            _keep(post.username, password)
            account_id = create_account(
                post.username, post.name, organisation_id=desk.id, password=password, actor=actor
            )
            grant_role(
                account_id, post.role, organisation_id=reach, actor=actor, starts_on=clock.today() - AT_WORK_SINCE
            )


def _desk(post: _Post, institutions: Iterable[OrganisationView]) -> OrganisationView | None:
    ranked = [i for i in institutions if i.kind in post.kinds]
    return min(ranked, key=lambda i: post.kinds.index(i.kind), default=None)


# First passwords are random and of this installation; they are shown until their owners change them.


def _passwords() -> dict[str, str]:
    try:
        kept: dict[str, str] = json.loads(_password_file().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return kept


def _password_file() -> Path:
    path: Path = settings.VAR / "demo" / "first-passwords.json"
    return path


def _keep(username: str, password: str) -> None:
    file = _password_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({**_passwords(), username: password}), "utf-8")
    draft.replace(file)


def _write(folder: Path, place: str, residents: int, seed: int, say: Say) -> None:
    """Make the files, unless an earlier attempt finished making them. Its summary is written last."""
    if (folder / TRUTH / "summary.json").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    written = county.simulate(place, residents, seed, folder)
    say(f"{residents:,} residents, {written.rows:,} rows in {len(written.files)} files, "
        f"{time.monotonic() - began:.0f} s")  # fmt: skip


def _send(folder: Path, say: Say) -> None:
    """Hand every file that is still there to intake; a file goes when it is taken. The truth stays."""
    rank = {name: place for place, name in enumerate(extracts())}
    waiting = sorted(
        (file for file in folder.iterdir() if file.is_file()),
        key=lambda file: (rank[_extract_of(file)], file.name),
    )
    total = sum(file.stat().st_size for file in waiting) or 1
    told = Told(say, total)
    for file in waiting:
        size = file.stat().st_size
        sender = file.name.partition("__")[0]
        source = find_source(sender)
        if source is None:
            raise LookupError(f"{file.name}: no organisation {sender}")
        with file.open("rb") as stream:
            received = receive(
                stream,
                file_name=file.name,
                size=size,
                source_id=source.id,
                actor=system_actor("demo", source.id),
                queue=False,
            )
        batch = process(received.batch.pk, progress=told.within(size))
        if batch.state != batch.State.DONE:
            raise RuntimeError(f"{file.name}: {batch.refusal or batch.get_state_display()}")
        told.done(size, batch.rows, batch.refused)
        file.unlink()
    told.end()


def _extract_of(file: Path) -> str:
    return file.stem.split("__")[-1]


class Told:
    """Says how far loading is, every few seconds."""

    def __init__(self, say: Say, total: int) -> None:
        self._say, self._total = say, total
        self._before, self.rows, self.refused = 0, 0, 0
        self._began = self._last = time.monotonic()

    def within(self, size: int) -> Callable[[float, int], None]:
        """What intake may call while it reads a file of this size."""
        return lambda share, _rows: self.part(share * size)

    def part(self, size: float) -> None:
        """Some of a file is read."""
        now = time.monotonic()
        if now - self._last >= _SAY_EVERY:
            self._last = now
            share = (self._before + size) / self._total
            self._say(f"taken in: {share:4.0%} of the demo county's records")

    def done(self, size: int, rows: int, refused: int) -> None:
        """A file is taken."""
        self._before += size
        self.rows += rows
        self.refused += refused
        self.part(0)

    def end(self) -> None:
        """All files are taken."""
        seconds = time.monotonic() - self._began
        if self.rows:
            pace = self.rows / max(seconds, 0.001)
            self._say(
                f"taken in: {self.rows:,} rows, {self.refused:,} of them refused, {seconds:.0f} s ({pace:,.0f} rows/s)"
            )
