"""``./yigongti new-domain``."""

import keyword
import os
import re
import subprocess
import sys
from pathlib import Path
from string import Template

import click

from yigongti.config.supervise.paths import ROOT

DOMAINS = ROOT / "src" / "yigongti" / "domains"
SCAFFOLD = Path(__file__).parent / "scaffold"
# tier: where its pages stand in the menu
TIERS = {"base": "RESIDENTS", "care": "WORK", "money": "RESULTS", "oversight": "RESULTS"}
PLACES = {  # files whose place depends on the domain's name
    "entries.html": "templates/{name}/entries.html",
    "django.po": "locale/en/LC_MESSAGES/django.po",
}


@click.command("new-domain")
@click.argument("name")
@click.option("--tier", type=click.Choice(list(TIERS)), required=True, help="What it stands on, and who stands on it.")
@click.option("--label", default="", help="What people call it, in Chinese (default: the name).")
@click.option("--english", default="", help="What people call it, in English (default: from the name).")
def command(name: str, tier: str, label: str, english: str) -> None:
    """Add a domain with the rooms every domain has.

    NAME is a Python name in small letters, e.g. sterile_supply. What comes out is a working page with a model,
    a service, a test and its English, and passes every check. It is installed by being in the tree.
    """
    _refuse_bad(name, tier)
    english = english or name.replace("_", " ").capitalize()
    words = {
        "name": name,
        "Name": "".join(part.capitalize() for part in name.split("_")),
        "tier": tier,
        "label": label or name,
        "english": english,
        "english_lower": english[0].lower() + english[1:],
        "group": TIERS[tier],
    }
    domain = DOMAINS / tier / name
    _open_tier(tier)
    for template in sorted(SCAFFOLD.rglob("*.tpl")):
        relative = str(template.relative_to(SCAFFOLD)).removesuffix(".tpl")
        target = domain / PLACES.get(relative, relative).format(name=name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(template.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
    if tier in ("base", "care", "money"):
        _stand_on_top(name, tier)
    _make_migration(name)
    _tidy(domain)
    for file in sorted(file for file in domain.rglob("*") if file.is_file() and "__pycache__" not in file.parts):
        click.echo(f"  {file.relative_to(ROOT)}")
    click.echo(f"\nNext: say in {(domain / '__init__.py').relative_to(ROOT)} what it owns; then ./yigongti check")


def _refuse_bad(name: str, tier: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or keyword.iskeyword(name):
        raise click.UsageError(f"{name!r} is no name for a domain: small letters, digits and single underscores.")
    if len(name) > 40:
        raise click.UsageError("the name is longer than 40 letters; PostgreSQL has to fit it into names of its own.")
    from yigongti.config.tree import installed_apps

    taken = {app.rpartition(".")[2] for app in installed_apps()}
    if name in taken or (DOMAINS / tier / name).exists():
        raise click.ClickException(f"there is a part called {name} already; labels are unique in the whole house.")
    if name in sys.stdlib_module_names or name in ("auth", "sessions", "messages", "staticfiles", "contenttypes"):
        raise click.ClickException(f"{name} is the name of a library's part; choose another.")


def _open_tier(tier: str) -> None:
    package = DOMAINS / tier / "__init__.py"
    if not package.exists():
        package.parent.mkdir(parents=True)
        package.write_text(f'"""Domains of the tier "{tier}"."""\n', encoding="utf-8")


def _stand_on_top(name: str, tier: str) -> None:
    """Domains of these tiers stand on one another in a written order; a new one begins on top, imported by none."""
    file = ROOT / "pyproject.toml"
    text, found = re.subn(
        rf'(containers = \["yigongti\.domains\.{tier}"\]\s*layers = \[)', rf'\1"{name}", ', file.read_text("utf-8")
    )
    if found != 1:
        raise click.ClickException(f"add {name} to the contract of the {tier} tier in {file.name} by hand.")
    file.write_text(text, encoding="utf-8")


def _tidy(domain: Path) -> None:
    """A long name moves line breaks and the order of imports; ruff puts them where the checks want them."""
    for words in (["check", "--select=I", "--fix"], ["format"]):
        subprocess.run([ROOT / ".venv" / "bin" / "ruff", *words, "--quiet", str(domain)], cwd=ROOT, check=False)


def _make_migration(name: str) -> None:
    environment = dict(
        os.environ,
        PYTHONPATH=str(ROOT / "src"),
        PYTHONWARNINGS="ignore",
        DJANGO_SETTINGS_MODULE="yigongti.config.settings",
        DATABASE_URL="postgres://nobody@127.0.0.1:1/none",
    )
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "django", "makemigrations", name, "--verbosity", "0"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        last = (ended.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise click.ClickException(f"the files are written, but the first migration could not be made: {last}")
