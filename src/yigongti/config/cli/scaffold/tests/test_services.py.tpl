import pytest

from yigongti.domains.${tier}.${name} import selectors, services
from yigongti.domains.${tier}.${name}.tests.factories import entry
from yigongti.kernel.access.api import Forbidden, Role
from tests.support.people import person

pytestmark = pytest.mark.django_db


def test_an_entry_is_seen_where_it_was_written_and_nowhere_else():
    entry("在一处", organisation_id=1)
    assert [row.title for row in selectors.entries(person(Role.DOCTOR, 1))] == ["在一处"]
    assert not selectors.entries(person(Role.DOCTOR, 2)).exists()


def test_an_entry_needs_a_title():
    with pytest.raises(ValueError, match="title"):
        entry("  ")


def test_only_some_roles_write():
    with pytest.raises(Forbidden):
        services.write("不许", organisation_id=1, actor=person(Role.AUDITOR, 1))
