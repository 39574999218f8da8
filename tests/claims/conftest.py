"""Each test has its own folder for received files and the lake, and its own county."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.claims.county import Here, county


@pytest.fixture(autouse=True)
def _own_folder(settings: LazySettings, tmp_path: Path) -> None:
    keys = settings.VAR / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    settings.VAR = tmp_path / "var"
    settings.VAR.mkdir()
    (settings.VAR / "keys").symlink_to(keys)


@pytest.fixture
def here(db: None) -> Here:
    return county()
