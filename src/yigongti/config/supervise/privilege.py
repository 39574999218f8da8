"""How PostgreSQL is started: bound to the life of its starter, and never as root.

PostgreSQL refuses to run as root. A root start tries, in this order, and takes the first that truly works:

===========  =============================================================  ===========================
way          what                                                           when it fails
===========  =============================================================  ===========================
account      an ordinary account (``postgres``, else ``nobody``)            the checkout or VAR is below a
                                                                            closed folder such as /root
namespace    a user namespace in which root has an ordinary number          containers forbid namespaces
capability   the ordinary account, allowed to pass closed folders           the container dropped that too
===========  =============================================================  ===========================

Everything is done by ``setpriv`` and ``unshare`` of util-linux, which every Debian has.
"""

import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path


class NotAsRoot(Exception):
    """No way was found to run PostgreSQL as anything but root; the message says what to do."""


@dataclass(frozen=True)
class Way:
    """A way to run PostgreSQL: words to put before its command, and who must own its folder."""

    name: str
    prefix: tuple[str, ...]
    owner: int
    group: int


def bound(to_signal: signal.Signals) -> list[str]:
    """Words before a command that make the kernel send it a signal when its starter dies, however it dies."""
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", to_signal.name.removeprefix("SIG"), "--"] if program else []


def way_for(programs: Path, folder: Path) -> Way:
    """The way to run the PostgreSQL programs on a data folder, which is made and given to its owner.

    Raises NotAsRoot when this is root and no way works.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.geteuid() != 0:
        return Way("own", tuple(bound(signal.SIGINT)), os.geteuid(), os.getegid())
    holds_data = any(folder.glob("*/PG_VERSION"))
    owner = folder.stat().st_uid
    for way in _ways(owner if holds_data else None):
        if not holds_data:
            os.chown(folder, way.owner, way.group)
        if _works(way, programs, folder):
            return way
    raise NotAsRoot(
        "PostgreSQL does not run as root, and no ordinary account can reach"
        f" {programs} and {folder}: start as an ordinary user, or move the checkout out of a closed folder."
    )


def _ways(owner: int | None) -> list[Way]:
    account = _account(owner or None)
    uid, gid = account.pw_uid, account.pw_gid
    become = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
    end = ["--no-new-privs", "--pdeathsig", "INT", "--"]
    mapped = ["unshare", "--user", f"--map-user={uid}", f"--map-group={gid}", "--", "setpriv"]
    # access(2), by which initdb looks for its neighbours, counts capabilities only with this secure bit
    passing = ["--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    by_account = Way("account", (*become, *end), uid, gid)
    by_namespace = Way("namespace", (*mapped, *end), 0, 0)
    by_capability = Way("capability", (*become, *passing, *end), uid, gid)
    if owner is None:
        return [by_account, by_namespace, by_capability]
    return [by_namespace] if owner == 0 else [by_account, by_capability]


def _account(uid: int | None) -> pwd.struct_passwd:
    if uid is not None:
        try:
            return pwd.getpwuid(uid)
        except KeyError as error:
            raise NotAsRoot(f"the database belongs to user {uid}, who does not exist on this machine.") from error
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NotAsRoot("this machine has neither an account 'postgres' nor 'nobody' to run PostgreSQL as.")


def _works(way: Way, programs: Path, folder: Path) -> bool:
    # the program test(1), since a shell's own may judge by mode bits alone
    probe = 'env test "$(id -u)" != 0 && env test -w "$2" -a -x "$2" -a -x "$1"/initdb && "$1"/postgres --version'
    try:
        ended = subprocess.run(
            [*way.prefix, "/bin/sh", "-c", probe, "probe", str(programs), str(folder)],
            cwd="/",
            capture_output=True,
            check=False,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0
