"""The model field for values that must be unreadable in the database, its backups and its logs."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError
from django.db import models

from yigongti.kernel.privacy import ciphers

if TYPE_CHECKING:
    _Stored = models.BinaryField[str | bytes | None, Any]
else:
    _Stored = models.BinaryField


class EncryptedText(_Stored):
    """Text stored as SM4-GCM ciphertext (see ``ciphers``), plain in Python; None stays NULL.

    ``context`` names the column for good (it is authenticated with every value, so never change it).
    It cannot be searched or ordered: keep a ``blind_index`` beside it. Look-ups but ``isnull`` raise FieldError.
    """

    def __init__(self, *args: Any, context: str, **kwargs: Any) -> None:
        self.context = context
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "context": self.context}

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        return None if value is None else ciphers.unseal(bytes(value), self.context)

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, (bytes, memoryview)):
            return value
        return ciphers.seal(str(value), self.context)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self.name} is encrypted: search its blind index instead")

    def value_to_string(self, obj: Any) -> str:
        raise FieldError(f"{self.name} is encrypted and is not written out in the clear")
