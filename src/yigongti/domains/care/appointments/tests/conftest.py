"""A county on a Monday morning."""

import pytest

from yigongti.domains.care.appointments.tests.factories import NOW, County
from yigongti.kernel import clock


@pytest.fixture
def county(db):
    with clock.fixed(NOW):
        yield County()
