"""Protection of personal data, for everybody above."""

from yigongti.kernel.privacy.blind import PHONE, blind_index, blind_indexes, normalise
from yigongti.kernel.privacy.ciphers import NotGenuine, seal, seal_many, unseal
from yigongti.kernel.privacy.fields import EncryptedText
from yigongti.kernel.privacy.keys import KeyMissing, key, rotate
from yigongti.kernel.privacy.masks import mask_id_number, mask_name, mask_phone
from yigongti.kernel.privacy.tokens import TokenExpired, TokenInvalid, read_token, sign_token

__all__ = [
    "PHONE",
    "EncryptedText",
    "KeyMissing",
    "NotGenuine",
    "TokenExpired",
    "TokenInvalid",
    "blind_index",
    "blind_indexes",
    "key",
    "mask_id_number",
    "mask_name",
    "mask_phone",
    "normalise",
    "read_token",
    "rotate",
    "seal",
    "seal_many",
    "sign_token",
    "unseal",
]
