"""What has been done to a database as a whole, marked in the database itself: kept, lost and copied with its data."""

from pathlib import Path

import psycopg

from yigongti.config.setup.checkout import fingerprint
from yigongti.config.supervise.paths import ROOT

DEMO_DONE = "demo county"
DEMO_BEGUN = "demo county of "  # followed by the number of residents it was begun with


def marks(url: str) -> set[str]:
    """All marks of the database at an address; none where it has never been prepared."""
    with psycopg.connect(url, autocommit=True) as connection:
        (there,) = connection.execute("SELECT to_regclass('installation_mark') IS NOT NULL").fetchone() or (False,)
        if not there:
            return set()
        return {name for (name,) in connection.execute("SELECT name FROM installation_mark")}


def mark(url: str, name: str, *, instead_of: str = "") -> None:
    """Set a mark; with ``instead_of``, marks that begin with it go."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS installation_mark"
            " (name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
        )
        if instead_of:
            connection.execute("DELETE FROM installation_mark WHERE starts_with(name, %s)", [instead_of])
        connection.execute("INSERT INTO installation_mark (name) VALUES (%s) ON CONFLICT DO NOTHING", [name])


def prepared() -> str:
    """The mark of a database that this very checkout has brought up to date: migrations, packages, code lists."""
    source = ROOT / "src" / "yigongti"
    files: list[Path] = [
        ROOT / "uv.lock",
        *sorted(source.rglob("migrations/*.py")),
        *sorted(file for file in (ROOT / "terminologies").rglob("*") if file.is_file()),
    ]
    return f"prepared {fingerprint(files)}"
