"""How a resident is reached. The plain number goes to whoever carries the text, and to no page."""

from collections.abc import Sequence

from yigongti.domains.base.residents.models import Phone
from yigongti.domains.base.residents.selectors import cluster

_MOBILE_LENGTH = 11


def phone_of(resident_id: int) -> str | None:
    """The phone of a person, a mobile one first, the newest of several; None without any."""
    known = Phone.objects.filter(resident_id__in=cluster(resident_id)).order_by("-pk")
    return best([str(phone.value) for phone in known])


def best(phones: Sequence[str]) -> str | None:
    """Of phones, the newest first, the one that takes a text: a mobile one, else any."""
    mobile = [phone for phone in phones if len(phone) == _MOBILE_LENGTH and phone.startswith("1")]
    return next(iter(mobile or phones), None)
