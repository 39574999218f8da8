"""How a resident is reached. The plain number goes to whoever carries the text, and to no page."""

from collections.abc import Iterable, Sequence

from yigongti.domains.base.residents.columns import fetch
from yigongti.domains.base.residents.models import Phone
from yigongti.domains.base.residents.selectors import cluster
from yigongti.kernel.privacy.api import unseal

_CONTEXT: str = Phone._meta.get_field("value").context
_PHONES = """
    WITH RECURSIVE entry AS (
        SELECT r.id, r.id AS standing, r.managing_institution_id AS manager
        FROM unnest(%s::bigint[]) AS k (id) JOIN residents_resident r ON r.id = k.id
        UNION
        SELECT r.id, e.standing, e.manager FROM entry e JOIN residents_resident r ON r.merged_into_id = e.id
    )
    SELECT p.value FROM residents_phone p JOIN entry e ON e.id = p.resident_id
    WHERE p.vouched AND (e.id = e.standing OR p.source_id IS NULL OR p.source_id = e.manager)
    ORDER BY p.id DESC
"""
_MOBILE_LENGTH = 11


def phone_of(resident_id: int) -> str | None:
    """The phone the platform's texts to a person go to, a mobile one first, the newest of several; None without any
    that is vouched for."""
    return best(vouched_phones(cluster(resident_id)[:1]))


def vouched_phones(standing: Iterable[int]) -> list[str]:
    """The phones vouched for (docs/adr/0018) of persons by their standing entries, the newest first.

    What was only known of an entry before it was merged counts where the managing institution said it.
    """
    return [unseal(bytes(value), _CONTEXT) for (value,) in fetch(_PHONES, [list(standing)])]


def best(phones: Sequence[str]) -> str | None:
    """Of phones, the newest first, the one that takes a text: a mobile one, else any."""
    mobile = [phone for phone in phones if len(phone) == _MOBILE_LENGTH and phone.startswith("1")]
    return next(iter(mobile or phones), None)
