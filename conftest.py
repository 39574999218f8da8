"""What every test shares: a fast password hasher, run-time files in a throw-away folder, people to act as."""

import os
import tempfile
from collections.abc import Iterator
from uuid import uuid4

# Before Django reads its settings: tests never touch the files of ``./yigongti run``.
os.environ.setdefault("YIGONGTI_VAR", tempfile.mkdtemp(prefix="yigongti-test-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yigongti.config.settings")

import hypothesis
import pytest
from django.conf import LazySettings

# How long something takes depends on what else the machine does: no test fails by the clock.
hypothesis.settings.register_profile("house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("house")


@pytest.fixture(autouse=True)
def _chinese() -> Iterator[None]:
    """Every test begins in the default language, whatever a page visited by the one before was shown in."""
    from django.utils import translation

    with translation.override("zh-hans"):
        yield


@pytest.fixture(autouse=True)
def _fast_passwords(settings: LazySettings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _own_anchors(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    """Every test has a trail of its own, so none is to meet the anchors of another's."""
    from yigongti.kernel.audit import anchors

    own = settings.VAR / "audit" / f"anchors-{uuid4()}"
    monkeypatch.setattr(anchors, "path", lambda: own)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say loudly what is skipped for want of sample data."""
    from tests.support.samples import folder

    if folder() is None:
        for item in items:
            if item.get_closest_marker("samples"):
                item.add_marker(pytest.mark.skip(reason="sample data absent: set YIGONGTI_SAMPLES"))
