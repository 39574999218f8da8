"""A family whose institution answers, and one whose does not concern it."""

from datetime import date
from typing import Any

from yigongti.domains.base.organisation.tests.factories import county_with_two_areas
from yigongti.domains.base.residents.tests.factories import id_number, person, register
from yigongti.domains.care.enquiries import services
from yigongti.domains.care.enquiries.models import Enquiry
from yigongti.kernel.access.api import Actor, resident_actor


def places() -> dict[str, int]:
    """Ids of a county's organisations by key."""
    return {key: row.pk for key, row in county_with_two_areas().items()}


def resident(institution_id: int | None, *, name: str = "王秀英", born: str = "1958-03-02", serial: int = 2,
             phone: str = "13812345678") -> int:  # fmt: skip
    """Somebody whom an institution manages."""
    row = person(name, born, "2" if serial % 2 == 0 else "1", phone=phone,
                 id_number=id_number(date.fromisoformat(born), serial))  # fmt: skip
    [made] = register({**row, "managing_institution_id": institution_id})
    return int(made)


def himself(resident_id: int, name: str = "王秀英（居民本人）") -> Actor:
    """A resident who signed in."""
    return resident_actor(name, {resident_id})


def asked(resident_id: int, institution_id: int, **said: Any) -> int:
    """A question of his."""
    words = {"topic": "medicine", "text": "降压药饭前吃还是饭后吃？", "actor": himself(resident_id), **said}
    return services.ask(resident_id, institution_id=institution_id, **words)


def case_of(enquiry_id: int) -> Enquiry:
    """The case of a question."""
    found: Enquiry = Enquiry.objects.unscoped("test").get(pk=enquiry_id)
    return found
