"""Each test of claims has its own lake and its own county."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.claims.county import Here, county
from yigongti.kernel.policy import api as policy


@pytest.fixture
def here(db: None, settings: LazySettings, tmp_path: Path) -> Here:
    keys = settings.VAR / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    settings.VAR = tmp_path / "var"
    settings.VAR.mkdir()
    (settings.VAR / "keys").symlink_to(keys)
    policy.reload()
    return county()
