"""A county with two areas, and the people of its books."""

from dataclasses import dataclass
from datetime import date

import pytest

from tests.support.people import person
from yigongti.domains.base.organisation.tests.factories import county_with_two_areas
from yigongti.domains.money.books import api as books
from yigongti.kernel.access.api import Actor, Role
from yigongti.kernel.ledger.api import BookView


@dataclass
class World:
    """The east area's lead hospital and centre, the west's lead hospital, and who keeps their books."""

    ids: dict[str, int]

    @property
    def lead(self) -> BookView:
        return books.book_of(self.ids["east_hospital"])

    @property
    def member(self) -> BookView:
        return books.book_of(self.ids["east_centre"])

    @property
    def west(self) -> BookView:
        return books.book_of(self.ids["west_hospital"])

    def finance(self, id: int = 21, area: str = "east") -> Actor:
        return person(Role.FINANCE_OFFICER, self.ids[area], id=id, name=f"财务{id}")

    def director(self, id: int = 31) -> Actor:
        return person(Role.DIRECTOR, self.ids["east"], id=id, name="院长")

    def guidance(self, id: int = 41) -> Actor:
        return person(Role.GUIDANCE_OFFICER, self.ids["county"], id=id, name="指导中心")


@pytest.fixture
def world(db):
    return World({key: row.pk for key, row in county_with_two_areas().items()})


DAY = date(2026, 3, 9)
