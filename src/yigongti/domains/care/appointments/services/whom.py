"""For whom staff book: nobody uses up a stranger's limits, or learns by trying where a stranger is booked."""

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.appointments.permissions import BOOK, BOOK_HERE
from yigongti.domains.care.appointments.refusals import BarcodeWanted
from yigongti.kernel.access.api import Actor


def require_known(entries: tuple[int, ...], institution_id: int, actor: Actor) -> None:
    """Raises BarcodeWanted for staff whom nothing ties to the person, unless the clinic is that of their own desk."""
    if not (actor.may(BOOK_HERE, institution_id) or is_known(entries, actor)):
        raise BarcodeWanted


def is_known(entries: tuple[int, ...], actor: Actor) -> bool:
    """Whether the person is the actor's own or his ward, looked after by his institutions, or has a relation to him
    that would open the health record: treatment, a contract, a referral."""
    if actor.everything or actor.is_resident:
        return True
    standing = residents.cards(entries[:1]).get(entries[0])
    if standing is not None and standing.managing_institution_id in actor.organisations(BOOK):
        return True
    return actor.may(health_record.VIEW) and health_record.relation(actor, entries[0]) is not None
