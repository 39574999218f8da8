"""The demo county against its truth: what was refused, who is who, what the measures come to. Through intake only."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.conf import LazySettings
from django.db import connection

from yigongti.domains.base.organisation import api as organisation
from yigongti.kernel.access.api import Role, system_actor
from yigongti.kernel.access.models import Account as AccountRow
from yigongti.kernel.access.models import Grant
from yigongti.kernel.intake.models import Batch, RefusedRow
from yigongti.simulation import county, demo

RESIDENTS = 150


@pytest.fixture
def said(settings: LazySettings, tmp_path: Path) -> list[str]:
    settings.VAR = tmp_path / "var"
    settings.PLACE = "kunshan"
    return []


def _truth(settings: LazySettings) -> Path:
    return settings.VAR / "demo" / f"kunshan-{RESIDENTS}-{demo.SEED}" / "_truth"


def _rows(truth: Path, batch: Batch) -> pl.DataFrame:
    return pl.read_parquet(truth / "rows" / f"{batch.file_name}.parquet")


def _facts(columns: str, where: str) -> list[tuple[Any, ...]]:
    """The stored facts, read past every domain: the truth is compared with what is in the table."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM health_record_fact WHERE superseded_by IS NULL AND {where}")
        return cursor.fetchall()


def _compare_with_the_truth(settings: LazySettings, exports: Path) -> None:
    truth = _truth(settings)
    summary = json.loads((truth / "summary.json").read_text("utf-8"))
    batches = {b.file_name: b for b in Batch.objects.unscoped("a test").all()}
    assert set(batches) == set(summary["files"])
    for name, batch in batches.items():
        rows = _rows(truth, batch)
        refused = set(RefusedRow.objects.filter(batch=batch).values_list("row_no", flat=True))
        assert refused == set(rows.filter(pl.col("outcome") == "refused")["line"]), name
        assert batch.unchanged == rows.filter(pl.col("outcome") == "unchanged").height, name
        assert batch.stored == rows.filter(pl.col("outcome") == "stored").height, name
        assert batch.updated == 0

    # every resident of the index is one person of the truth, and nearly every person one resident
    claims = pl.read_csv(exports / "insurance_bureau__claims.csv", infer_schema=False).with_row_index("line", offset=2)
    whose = claims.with_columns(pl.col("line").cast(pl.Int32)).join(
        _rows(truth, batches["insurance_bureau__claims.csv"]), on="line"
    )
    person_of = dict(whose.filter(pl.col("outcome") == "stored").select("claim_no", "person").rows())
    claimed = _facts("record_no, resident_id", "kind = 'claim'")
    pairs = {(person_of[number], resident) for number, resident in claimed}
    assert len({resident for _person, resident in pairs}) == len(pairs)
    assert len(pairs) - len({person for person, _resident in pairs}) <= 2

    tiers = [tier for (tier,) in _facts("tier", "kind = 'encounter' AND setting <> 'inpatient'")]
    counted = summary["measures"]["encounters"]
    assert len(tiers) == counted["visits"]
    assert sum(tier in ("primary", "village") for tier in tiers) == counted["grass_roots_visits"]


@pytest.mark.django_db
def test_a_load_that_was_killed_goes_on_and_ends_as_its_truth(settings, said, tmp_path, monkeypatch):
    county.simulate("kunshan", RESIDENTS, demo.SEED, tmp_path / "exports")
    real, taken = demo.process, []

    def killed_after_twenty(batch_id, **options):
        if len(taken) == 20:
            raise KeyboardInterrupt
        taken.append(batch_id)
        return real(batch_id, **options)

    monkeypatch.setattr(demo, "process", killed_after_twenty)
    with pytest.raises(KeyboardInterrupt):
        demo.load(said.append, residents=RESIDENTS)
    assert len(demo.accounts()) == 13
    monkeypatch.setattr(demo, "process", real)
    demo.load(said.append, residents=RESIDENTS)
    _compare_with_the_truth(settings, tmp_path / "exports")
    assert any("rows" in line for line in said)

    before = _facts("count(*)", "true"), Batch.objects.unscoped("a test").count()
    demo.load(said.append, residents=RESIDENTS)
    assert (_facts("count(*)", "true"), Batch.objects.unscoped("a test").count()) == before


@pytest.mark.django_db
def test_each_role_has_an_account_with_a_first_password_of_its_own(said):
    organisation.load_place("kunshan", system_actor("demo"))
    demo.open_accounts("kunshan", system_actor("demo"))
    shown = demo.accounts()
    of_role = Counter(account.role for account in shown)
    twice = {Role.INSURANCE_OFFICER, Role.FINANCE_OFFICER}  # one prepares, the other approves
    assert dict(of_role) == {role: 2 if role in twice else 1 for role in Role}
    assert len({account.password for account in shown}) == 13
    for account in shown:
        row = AccountRow.objects.get(username=account.username)
        assert row.check_password(account.password)
        assert row.must_change_password
        assert Grant.objects.filter(account=row, role=account.role).count() == 1
    assert demo._password_file().stat().st_mode & 0o077 == 0
    AccountRow.objects.filter(username="shuju").update(must_change_password=False)
    changed = next(account for account in demo.accounts() if account.username == "shuju")
    assert changed.password is None
