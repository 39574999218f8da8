"""The personal barcode (个人条码): a QR code of a token that holds for minutes and says nothing to anybody else.

Wuhua plan no. 14 (探索实施个人条码管理). The code carries no personal data, not even a number that stays the same:
two codes of one person cannot be told to belong together. Who scans it gets no right by it; the record opens, or
does not, under the scanner's own.
"""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from yigongti.domains.base.residents.permissions import SCAN, SHOW_BARCODE
from yigongti.domains.base.residents.policy import BARCODE_MINUTES
from yigongti.domains.base.residents.selectors import whole
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.audit.api import record
from yigongti.kernel.privacy.api import TokenExpired, TokenInvalid, read_token, sign_token

PURPOSE = "residents.barcode"


class BarcodeRefused(Exception):
    """A code that opens nothing. ``str()`` says why, in words for the person at the scanner."""


def make_barcode(resident_id: int, *, actor: Actor) -> tuple[str, datetime]:
    """A fresh code for a resident and when it ends; a resident gets his own and his wards'.

    Raises Forbidden, NotVisible for an unknown resident.
    """
    standing = whole(resident_id)
    if actor.is_resident:
        if standing not in actor.residents:
            raise NotVisible
    else:
        actor.require(SHOW_BARCODE)
    if standing is None:
        raise NotVisible
    lasts = timedelta(minutes=BARCODE_MINUTES.at().value)
    record(actor=actor, act="residents.show_barcode", subject=f"resident:{resident_id}", resident_id=resident_id)
    return sign_token(PURPOSE, str(resident_id), lasts=lasts), clock.now() + lasts


def read_barcode(token: str, actor: Actor) -> int:
    """The resident a code stands for. Raises Forbidden, BarcodeRefused for an expired or forged one.

    Every scan is in the trail, refused ones too; the caller decides what the scanner may then see.
    """
    actor.require(SCAN)
    try:
        resident_id = whole(int(read_token(PURPOSE, token)))
    except TokenExpired:
        record(actor=actor, act="residents.scan", subject="barcode", outcome="refused", detail={"why": "expired"})
        raise BarcodeRefused(_("这个条码已过期。请居民或发码的工作人员刷新条码后再扫。")) from None
    except TokenInvalid:
        record(actor=actor, act="residents.scan", subject="barcode", outcome="refused", detail={"why": "invalid"})
        raise BarcodeRefused(_("这不是本平台的个人条码，或者没有扫完整。请重新扫描。")) from None
    if resident_id is None:
        raise BarcodeRefused(_("条码对应的居民已不存在。"))
    record(actor=actor, act="residents.scan", subject=f"resident:{resident_id}", resident_id=resident_id)
    return resident_id
