"""The files: the same bytes again, readable as intake reads them, refused exactly where the truth says so."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
import yaml
from click.testing import CliRunner

from yigongti.interop.files.csv_files import CsvFormat
from yigongti.interop.files.xlsx_files import XlsxFormat
from yigongti.kernel.intake.api import ROW, Incoming, extracts
from yigongti.kernel.intake.checking import check
from yigongti.simulation import county, parameters, place
from yigongti.simulation.cli import simulate
from yigongti.simulation.parameters import ParameterError
from yigongti.simulation.tests.conftest import RESIDENTS, Exports

# what no file can tell by itself: the master index and the directory refuse these
ELSEWHERE = ("mistyped_number", "unknown_institution")


def _digests(folder: Path) -> dict[str, str]:
    files = [p for p in sorted(folder.rglob("*")) if p.is_file()]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_the_same_seed_gives_the_same_bytes_whatever_the_process(tmp_path):
    """Another process, another hash seed, one thread instead of two: every file is the same, another seed's isn't."""
    county.simulate("kunshan", 300, 5, tmp_path / "here")
    program = (
        "import django; django.setup(); from pathlib import Path; from yigongti.simulation import county;"
        f"county.simulate('kunshan', 300, 5, Path({str(tmp_path / 'there')!r}))"
    )
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "77",
        "POLARS_MAX_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-c", program]
    subprocess.run(command, check=True, env=environment, timeout=120)  # noqa: S603 - our own program
    here, there = _digests(tmp_path / "here"), _digests(tmp_path / "there")
    assert here == there
    county.simulate("kunshan", 300, 6, tmp_path / "other")
    assert not set(_digests(tmp_path / "other").values()) & set(here.values())


def test_chunks_depend_on_the_number_of_residents_only():
    spans = list(county.spans(7, 1_000_000))
    assert len(spans) == 50
    assert sum(span.residents for span in spans) == 1_000_000
    assert [s.residents for s in county.spans(7, 20_001)] == [20_000, 1]
    assert len(list(county.spans(7, 20_000_000))) == 50


def test_several_chunks_make_one_county(tmp_path, monkeypatch):
    monkeypatch.setattr(county, "CHUNK", 400)
    told: list[tuple[int, int, int]] = []
    written = county.simulate("kunshan", 1000, 7, tmp_path / "c", progress=lambda *state: told.append(state))
    assert [state[:2] for state in told] == [(400, 1000), (800, 1000), (1000, 1000)]
    assert told[-1][2] <= written.rows
    persons = pl.read_parquet(tmp_path / "c" / "_truth" / "persons.parquet")
    assert persons.filter("resident")["person"].to_list() == list(range(1000))
    numbers = persons["id_number"].filter(persons["id_number"] != "")
    assert numbers.n_unique() == len(numbers)
    claims = pl.read_csv(tmp_path / "c" / "insurance_bureau__claims.csv", infer_schema=False)
    kept = claims.filter(pl.col("claim_no").is_not_null()).unique()
    assert kept["claim_no"].n_unique() == kept.height


def test_every_file_reads_and_is_refused_where_the_truth_says(exports: Exports):
    """Rows as the readers of intake give them, and its checks, against the truth line by line."""
    kinds = (XlsxFormat(), CsvFormat())
    known = extracts()
    read = 0
    for file in exports.files():
        incoming = Incoming(file, file.name, file.stat().st_size)
        kind = next(k for k in kinds if k.recognises(incoming))
        reader = kind.open(incoming)
        assert not reader.notes, file.name
        refused: set[int] = set()
        good: set[int] = set()
        for chunk in reader.chunks():
            for part in chunk.parts:
                sound, bad = check(known[part.extract], part.frame)
                good |= set(sound[ROW].to_list())
                refused |= set(part.refused["row_no"].to_list()) | set(bad["row_no"].to_list())
        truth = exports.truth(file)
        visible = (pl.col("outcome") == "refused") & ~pl.col("dirt").is_in(ELSEWHERE)
        assert refused == set(truth.filter(visible)["line"].to_list()), file.name
        passed = truth.filter(~visible & (pl.col("outcome") != "passed_over"))
        assert good == set(passed["line"].to_list()), file.name
        read += len(good)
    assert read > RESIDENTS * 10


def test_the_summary_is_the_sum_of_the_truth(exports: Exports):
    assert exports.summary["residents"] == RESIDENTS
    assert set(exports.summary["files"]) == {file.name for file in exports.files()}
    for file in exports.files():
        truth = exports.truth(file)
        described = exports.summary["files"][file.name]
        assert described["rows"] == truth.height
        assert described["outcomes"] == dict(sorted(truth["outcome"].value_counts().rows()))
    dirt = {kind for f in exports.summary["files"].values() for kind in f["dirt"]}
    assert {"resent", "mistyped_number", "formula"} <= dirt


def test_the_truth_knows_whose_each_row_is(exports: Exports):
    """In a file in plain English: identity numbers that stand in it belong to the person the truth names."""
    persons = pl.read_parquet(exports.folder / "_truth" / "persons.parquet").select("person", "id_number")
    file = exports.folder / "insurance_bureau__claims.csv"
    rows = (
        pl.read_csv(file, infer_schema=False)
        .with_row_index("line", offset=2)
        .with_columns(pl.col("line").cast(pl.Int32))
    )
    joined = rows.join(exports.truth(file), on="line").join(persons, on="person", suffix="_true")
    honest = joined.filter(~pl.col("dirt").is_in(["mistyped_number"]) & pl.col("id_number").is_not_null())
    assert honest.height > 1000
    assert (honest["id_number"] == honest["id_number_true"]).all()
    mistyped = joined.filter(pl.col("dirt") == "mistyped_number")
    assert (mistyped["id_number"] != mistyped["id_number_true"]).all()


def test_the_measures_of_the_truth_can_be_counted_again(exports: Exports):
    file = exports.folder / "insurance_bureau__claims.csv"
    rows = (
        pl.read_csv(file, infer_schema=False)
        .with_row_index("line", offset=2)
        .with_columns(pl.col("line").cast(pl.Int32))
    )
    stored = rows.join(exports.truth(file).filter(pl.col("outcome") == "stored"), on="line")
    visits = stored.filter(pl.col("setting").is_in(["outpatient", "emergency"]))
    share = 100 * (visits["inside_county"] == "1").mean()
    measures = exports.summary["measures"]
    assert share == pytest.approx(measures["in_county_visits_percent"], abs=0.001)
    months = visits.group_by(pl.col("settled_at").str.slice(5, 2).alias("month")).len().sort("month")["len"].to_list()
    assert months == [all_ for _inside, all_ in measures["in_county_visits_by_month"]]
    fund = stored.filter(pl.col("setting") != "pharmacy").with_columns(pl.col("fund_yuan").cast(pl.Decimal(18, 2)))
    inside = fund.filter(pl.col("inside_county") == "1")["fund_yuan"].sum()
    assert float(100 * inside / fund["fund_yuan"].sum()) == pytest.approx(measures["in_county_fund_percent"], abs=0.001)


def test_files_come_in_all_spellings(exports: Exports):
    names = {file.suffix for file in exports.files()}
    assert names == {".csv", ".xlsx"}
    heads = {file.name: file.read_bytes()[:200] for file in exports.files() if file.suffix == ".csv"}
    assert any(head.startswith(b"\xef\xbb\xbf") for head in heads.values())
    assert any(head.startswith("患者编号".encode("gb18030")) for head in heads.values())
    assert any(head.startswith(b"patient_no,") for head in heads.values())
    assert any(b"\r\n" in head for head in heads.values())


def test_a_large_workbook_becomes_csv_and_a_large_csv_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(county, "CHUNK", 300)
    folder = tmp_path / "policies" / "kunshan"
    folder.mkdir(parents=True)
    for name in ("organisations.yaml", "simulation.yaml"):
        (folder / name).write_text((place.POLICIES / "kunshan" / name).read_text("utf-8"), "utf-8")
    own = yaml.safe_load((folder / "simulation.yaml").read_text("utf-8"))
    own["rows_limit"] = {"value": {"xlsx": 60, "csv": 2000}, "source": "PROPOSED"}
    (folder / "simulation.yaml").write_text(yaml.safe_dump(own, allow_unicode=True), "utf-8")
    written = county.simulate("kunshan", 900, 7, tmp_path / "out", policies=tmp_path / "policies")
    claims = [name for name in written.files if name.startswith("insurance_bureau")]
    assert "insurance_bureau__part02__claims.csv" in claims
    for name in claims:
        assert (tmp_path / "out" / name).read_text("utf-8").count("\n") == written.files[name]["rows"] + 1
    large = [n for n, counts in written.files.items() if n.endswith(".xlsx") and counts["rows"] > 60]
    assert not large


def test_every_figure_has_a_source():
    loaded = parameters.load()
    assert loaded.sources.keys() == loaded.values.keys()
    assert all(loaded.sources.values())


@pytest.mark.parametrize("key", sorted(p.parent.name for p in place.POLICIES.glob("*/organisations.yaml")))
def test_every_place_with_institutions_can_be_simulated(key, tmp_path):
    written = county.simulate(key, 400, 1, tmp_path / key)
    summary = json.loads((tmp_path / key / "_truth" / "summary.json").read_text("utf-8"))
    assert written.rows > 400 * 8
    assert summary["place"] == key


def test_what_cannot_be_simulated_is_said_in_one_line(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    for place_key, folder, words in (("atlantis", "new", "no place atlantis"), ("kunshan", "full", "is not empty")):
        result = CliRunner().invoke(
            simulate, ["--place", place_key, "--residents", "5", "--out", str(tmp_path / folder)]
        )
        assert result.exit_code == 1
        assert words in result.output
        assert result.output.count("\n") == 1
    folder = tmp_path / "policies" / "p"
    folder.mkdir(parents=True)
    (folder / "simulation.yaml").write_text("visits: {per_persn: {value: 3, source: x}}", "utf-8")
    with pytest.raises(ParameterError, match="per_persn"):
        parameters.load(folder)
    (folder / "simulation.yaml").write_text("visits: {per_person: {value: 3}}", "utf-8")
    with pytest.raises(ParameterError, match="source"):
        parameters.load(folder)
