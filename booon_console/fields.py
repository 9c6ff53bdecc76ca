"""Text that is encrypted in the database and plain only in memory."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


class Undecipherable(Exception):
    """A stored secret that none of FIELD_KEYS opens."""


@lru_cache
def cipher(keys: tuple[str, ...]) -> MultiFernet:
    """The first key writes, every key reads. Raises ImproperlyConfigured."""
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise ImproperlyConfigured("FIELD_KEYS must be Fernet keys, comma-separated.") from None


class EncryptedTextField(models.TextField):
    """A TextField whose column holds a Fernet token; an empty string stays empty.

    Not searchable, and never in forms unless one is made for it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, path, args, kwargs

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        if not text:
            return text
        return cipher(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if not value:
            return value
        try:
            return cipher(tuple(settings.FIELD_KEYS)).decrypt(value.encode()).decode()
        except InvalidToken:
            # "from None": the token must not travel in a traceback.
            raise Undecipherable(f"No key in FIELD_KEYS opens {self.name}.") from None
