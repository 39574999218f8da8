"""Which schemes an installation has, and which is in force where and when."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from django.conf import LazySettings

from yigongti.domains.money.drg import catalogue
from yigongti.domains.money.drg.catalogue import held, scheme_in_force, scheme_named, take_in
from yigongti.domains.money.drg.cli import drg
from yigongti.domains.money.drg.scheme.reading import SchemeRefused
from yigongti.domains.money.drg.tests.factories import rows, write_scheme

ABOUT = "name: 本市方案\nversion: city-2026\nplace: {place}\nfrom: 2026-01-01\nto: 2027-01-01\n"


@pytest.fixture(autouse=True)
def _own_folder(settings: LazySettings, tmp_path: Path) -> None:
    settings.VAR = tmp_path / "var"


def named(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(catalogue, "SCHEME", SimpleNamespace(at=lambda **_: SimpleNamespace(value=version)))


def test_the_demonstration_is_in_force_where_the_place_names_nothing_else() -> None:
    found = scheme_in_force("kunshan", date(2025, 6, 1))
    assert found is not None and found.about.demonstration
    assert scheme_in_force("kunshan", date(2023, 12, 31)) is None


def test_a_place_takes_its_own_scheme_in_and_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_scheme(tmp_path / "city", about=ABOUT.format(place="kunshan"))
    kept, findings = take_in(folder)
    assert findings == [] and (kept / "mdc.csv").is_file()
    assert take_in(folder)[0] == kept
    named(monkeypatch, "city-2026")
    found = scheme_in_force("kunshan", date(2026, 12, 31))
    assert found is not None and found.about.version == "city-2026"
    assert scheme_in_force("kunshan", date(2025, 12, 31)) is None
    assert scheme_in_force("kunshan", date(2027, 1, 1)) is None
    assert scheme_in_force("xuchang", date(2026, 6, 1)) is None
    named(monkeypatch, "nobody's")
    assert scheme_in_force("kunshan", date(2026, 6, 1)) is None


def test_a_wrong_scheme_is_not_taken_in(tmp_path: Path) -> None:
    with pytest.raises(SchemeRefused):
        take_in(write_scheme(tmp_path / "a", drg=rows("drg", ["BR1", "4", "BR17", "very", "?"])))
    with pytest.raises(SchemeRefused):
        take_in(write_scheme(tmp_path / "b", about=""))
    assert [one.about.version for one in held()] == ["demo-2025"]


def test_a_changed_scheme_is_read_anew(tmp_path: Path) -> None:
    kept, _ = take_in(write_scheme(tmp_path / "city", about=ABOUT.format(place="")))
    before = scheme_named("city-2026")
    write_scheme(kept, about="", exclusions=rows("exclusions", ["G45", "95"]))
    after = scheme_named("city-2026")
    assert before is not None and after is not None and before.key != after.key


def test_the_command_takes_a_scheme_in(tmp_path: Path) -> None:
    folder = write_scheme(tmp_path / "city", about=ABOUT.format(place=""))
    done = CliRunner().invoke(drg, ["import", "--scheme", str(folder)])
    assert done.exit_code == 0 and "city-2026" in done.output
    (folder / "mdc.csv").unlink()
    assert CliRunner().invoke(drg, ["import", "--scheme", str(folder)]).exit_code == 1
