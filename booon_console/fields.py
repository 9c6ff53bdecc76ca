"""Text that is encrypted in the database, and plain only where somebody asks for it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


class Undecipherable(Exception):
    """A stored secret that none of FIELD_KEYS opens; the text names which."""


class Secret:
    """A secret as it is stored. Rows are loaded, shown, changed and saved without a key."""

    __slots__ = ("name", "token")

    def __init__(self, name: str, token: str) -> None:
        self.name, self.token = name, token

    def __eq__(self, other: object) -> bool:
        """The very same as it is stored: two rows with one plain text are not alike."""
        return isinstance(other, Secret) and other.token == self.token

    def __hash__(self) -> int:
        return hash(self.token)

    def __str__(self) -> str:
        return "(secret)"

    def __repr__(self) -> str:
        return f"Secret({self.name!r})"


@lru_cache
def cipher(keys: tuple[str, ...]) -> MultiFernet:
    """The first key writes, every key reads. Raises ImproperlyConfigured."""
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise ImproperlyConfigured("FIELD_KEYS must be Fernet keys, comma-separated.") from None


def reveal(value: str | Secret) -> str:
    """The plain text of a column, also of one that was just set. Raises Undecipherable."""
    if isinstance(value, str):
        return value
    try:
        return cipher(tuple(settings.FIELD_KEYS)).decrypt(value.token.encode()).decode()
    except InvalidToken:
        # "from None": the token must not travel in a traceback.
        raise Undecipherable(f"No key in FIELD_KEYS opens the stored {value.name}.") from None


def seal(text: str) -> str:
    """As an encrypted column keeps it."""
    return cipher(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()


if TYPE_CHECKING:
    Base = models.TextField[str | Secret, str | Secret]
else:
    Base = models.TextField


class EncryptedTextField(Base):
    """A TextField whose column holds a Fernet token; an empty string stays empty.

    Read it with `reveal`. Not searchable, and never in forms or dumps: only a form of its own
    writes it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, path, args, kwargs

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, Secret) else super().to_python(value)

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Secret):
            return value.token
        text = super().get_prep_value(value)
        if not text:
            return text
        return seal(text)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return Secret(str(self.verbose_name), value) if value else value

    def value_from_object(self, obj: models.Model) -> str:
        """What forms and `dumpdata` see: nothing."""
        return ""
