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
    assert [one.file for one in findings] == ["weights.csv"] and (kept / "mdc.csv").is_file()
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


WEIGHTS = ["drg", "from", "weight", "mean_cost_fen", "mean_stay_days", "low_risk"]
LATER = {
    "weights": lambda folder: write_scheme(
        folder, about="", weights=[WEIGHTS, ["BR15", "2026-01-01", "9.9999", "100", "5", "0"]]
    ),
    "settings": lambda folder: write_scheme(folder, about=ABOUT.format(place="") + "qy: principal\n"),
    "tables": lambda folder: write_scheme(folder, about="", exclusions=rows("exclusions", ["G45", "95"])),
    "names": lambda folder: (folder / "diagnosis_names.csv").write_text("code,name\nI63,x\n", encoding="utf-8"),
}


@pytest.mark.parametrize("what", LATER)
def test_what_is_kept_under_a_version_is_never_changed(tmp_path: Path, what: str) -> None:
    folder = write_scheme(
        tmp_path / "city",
        about=ABOUT.format(place=""),
        weights=[WEIGHTS, ["BR15", "2026-01-01", "0.5000", "100", "5", "0"]],
    )
    kept, _ = take_in(folder)
    before = {path.name: path.read_bytes() for path in kept.iterdir()}
    LATER[what](folder)
    with pytest.raises(SchemeRefused, match="city-2026已经保存") as refused:
        take_in(folder)
    assert "另写版本号" in refused.value.findings[0].to_do
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == before
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    found = scheme_named("city-2026")
    assert found is not None and found.weights["BR15"][0][1].weight_e4 == 5_000
    about = (folder / "scheme.yaml").read_text(encoding="utf-8").replace("city-2026", "city-2026b")
    (folder / "scheme.yaml").write_text(about, encoding="utf-8")
    take_in(folder)
    assert {one.about.version for one in held()} == {"city-2026", "city-2026b", "demo-2025"}


def test_no_import_takes_the_place_of_the_shipped_scheme(tmp_path: Path) -> None:
    with pytest.raises(SchemeRefused, match="demo-2025已经保存"):
        take_in(write_scheme(tmp_path / "city", about="name: 本市\nversion: demo-2025\n"))


def test_an_import_that_was_broken_off_is_no_scheme(tmp_path: Path, settings: LazySettings) -> None:
    half = settings.VAR / "drg" / ".0123abcd"
    half.mkdir(parents=True)
    (half / "scheme.yaml").write_text("name: 半个\nversion: half\n", encoding="utf-8")
    assert [one.about.version for one in held()] == ["demo-2025"]
    assert scheme_named("half") is None


def test_a_scheme_that_has_become_unreadable_stops_nothing(tmp_path: Path) -> None:
    kept, _ = take_in(write_scheme(tmp_path / "city", about=ABOUT.format(place="")))
    (kept / "mdc.csv").unlink()
    assert scheme_named("city-2026") is None
    (kept / "scheme.yaml").write_text("name: 本市\nversion: v\nfrom: 2024-02-30\n", encoding="utf-8")
    assert [one.about.version for one in held()] == ["demo-2025"]


@pytest.mark.parametrize("versions", [("a/b", "a_b", "a:b"), ("2025版", "2026版"), ("CHS-DRG 1.1", "CHS-DRG.1.1")])
def test_versions_people_write_keep_folders_of_their_own(tmp_path: Path, versions: tuple[str, ...]) -> None:
    for version in versions:
        take_in(write_scheme(tmp_path / "city", about=f"name: 本市\nversion: '{version}'\n"))
    assert {one.about.version for one in held()} == {*versions, "demo-2025"}


def test_the_command_takes_a_scheme_in(tmp_path: Path) -> None:
    folder = write_scheme(tmp_path / "city", about=ABOUT.format(place=""))
    done = CliRunner().invoke(drg, ["import", "--scheme", str(folder)])
    assert done.exit_code == 0 and "city-2026" in done.output
    (folder / "mdc.csv").unlink()
    assert CliRunner().invoke(drg, ["import", "--scheme", str(folder)]).exit_code == 1
