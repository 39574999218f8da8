"""Finding a resident by name, pinyin, initials, or any number. Numbers are looked up by their blind index alone."""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from yigongti.domains.base.residents import names
from yigongti.domains.base.residents.models import DOCUMENTS, Identifier, IdentifierKind, Phone, Resident
from yigongti.domains.base.residents.permissions import SCAN, SEARCH, SHOW_BARCODE
from yigongti.domains.base.residents.policy import BARCODE_MINUTES
from yigongti.domains.base.residents.selectors import Card, cards, whole
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.audit.api import record
from yigongti.kernel.privacy.api import PHONE, TokenExpired, TokenInvalid, blind_index, read_token, sign_token

MOST = 50
PURPOSE = "residents.barcode"
_WHY = "the master index is searched county-wide by those who hold residents.search"
_LOOKS_LIKE_A_NUMBER = re.compile(r"(?=(?:.*\d){4})[0-9A-Za-z][0-9A-Za-z\s\-./]{3,63}")
_LOOKS_LIKE_A_TOKEN = re.compile(r"[A-Z2-7]{40,}")


@dataclass(frozen=True)
class Found:
    """What a search gave: masked cards, and whether there are more than are shown."""

    cards: tuple[Card, ...]
    more: bool = False


def search(text: str, *, actor: Actor) -> Found:
    """Residents a text means: a number exactly; else a part of a name, pinyin or initials. At most MOST.

    The search is audited without the text, which may be a number. Raises Forbidden.
    """
    actor.require(SEARCH)
    text = " ".join(text.split())
    if not text:
        return Found(())
    by_number = bool(_LOOKS_LIKE_A_NUMBER.fullmatch(text))
    ids = _by_number(text) if by_number else _by_name(text)
    record(
        actor=actor,
        act="residents.search",
        subject="residents:search",
        detail={"by": "number" if by_number else "name", "found": len(ids)},
    )
    by_id = cards(ids[:MOST])
    return Found(tuple(by_id[i] for i in ids[:MOST] if i in by_id), more=len(ids) > MOST)


def is_token(text: str) -> bool:
    """Whether a typed or scanned text is a personal barcode rather than words to search for."""
    return bool(_LOOKS_LIKE_A_TOKEN.fullmatch("".join(text.split()).upper()))


def barcode(resident_id: int, *, actor: Actor) -> str:
    """The text of a personal barcode: an opaque token that holds for the place's ``residents.barcode_minutes``.

    Raises Forbidden, or NotVisible when there is no such resident.
    """
    actor.require(SHOW_BARCODE)
    top = whole(resident_id)
    if top is None:
        raise NotVisible
    record(actor=actor, act="residents.show_barcode", subject=f"resident:{top}", resident_id=top)
    return sign_token(PURPOSE, str(top), lasts=timedelta(minutes=BARCODE_MINUTES.at().value))


def read_barcode(token: str, *, actor: Actor) -> int:
    """The resident a scanned barcode is of. What of the record may then be read is the scanner's own right.

    Raises Forbidden, TokenInvalid or TokenExpired.
    """
    actor.require(SCAN)
    try:
        top = whole(int(read_token(PURPOSE, token)))
    except (TokenInvalid, TokenExpired) as error:
        record(
            actor=actor,
            act="residents.scan",
            subject="residents:barcode",
            outcome="refused",
            detail={"why": type(error).__name__},
        )
        raise
    if top is None:
        raise TokenInvalid("nobody")
    record(actor=actor, act="residents.scan", subject=f"resident:{top}", resident_id=top)
    return top


def _by_number(text: str) -> list[int]:
    kinds = [*DOCUMENTS, IdentifierKind.CARD, IdentifierKind.PATIENT]
    blinds = [blind_index(kind, text) for kind in kinds]
    found = set(Identifier.objects.filter(blind__in=blinds, active=True).values_list("resident_id", flat=True))
    found |= set(Phone.objects.filter(blind=blind_index(PHONE, text)).values_list("resident_id", flat=True))
    tops = {whole(resident_id) for resident_id in found}
    return sorted(top for top in tops if top is not None)


def _by_name(text: str) -> list[int]:
    rows = Resident.objects.unscoped(_WHY)
    folded = names.fold(text)
    if folded and not folded.isascii():
        wanted = [folded[i : i + 2] for i in range(len(folded) - 1)] or [folded]
        matched = rows.filter(name_grams__contains=wanted, name_key__contains=folded)
    else:
        typed = text.lower().replace(" ", "").replace("'", "")
        matched = rows.filter(Q(pinyin__startswith=typed) | Q(initials=typed) | Q(name_key__istartswith=folded))
    ordered = matched.order_by("name_key", "birth_date", "pk").values_list("pk", "merged_into_id")
    return list(dict.fromkeys(into or pk for pk, into in ordered[: MOST * 2]))


