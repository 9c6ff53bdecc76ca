"""FIELD_KEYS and what is stored under them: which secrets a key opens, and their rotation."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db.models import Model

from booon_console.fields import EncryptedTextField, Secret, Undecipherable, cipher, reveal

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Column:
    model: type[Model]
    field: str
    name: str

    def __str__(self) -> str:
        return f"{self.model._meta.verbose_name} {self.name}"

    def secrets(self) -> Iterator[tuple[Any, Secret]]:
        """Primary key and secret of each row that has one, a chunk of rows at a time."""
        rows = self.model._base_manager.exclude(**{self.field: ""}).order_by("pk")
        last = None
        while chunk := list(
            (rows if last is None else rows.filter(pk__gt=last)).values_list("pk", self.field)[
                :CHUNK
            ]
        ):
            yield from chunk
            last = chunk[-1][0]

    def rows(self, pks: list[Any]) -> Iterable[Model]:
        return self.model._base_manager.filter(pk__in=pks).order_by("pk")

    def replace(self, pk: Any, old: Secret, token: str) -> bool:
        """False where the secret was changed meanwhile, which wrote it under the first key."""
        new = Secret(old.name, token)
        row = self.model._base_manager.filter(**{"pk": pk, self.field: old})
        return row.update(**{self.field: new}) == 1


@dataclass(slots=True)
class Count:
    """How many secrets of one column the first key opens, another one, or none."""

    column: Column
    first: int = 0
    other: int = 0
    unreadable: list[Any] = field(default_factory=list)


def columns() -> list[Column]:
    return [
        Column(model, each.name, str(each.verbose_name))
        for model in apps.get_models()
        for each in model._meta.local_concrete_fields
        if isinstance(each, EncryptedTextField)
    ]


def count(column: Column, rotates: bool = False) -> Count:
    """With `rotates` what another key opens is written anew under the first.

    Idempotent: after an interruption it is simply run again.
    """
    keys = tuple(settings.FIELD_KEYS)
    first, found = Fernet(keys[0]), Count(column)
    for pk, secret in column.secrets():
        if opens(first, secret):
            found.first += 1
            continue
        try:
            token = cipher(keys).rotate(secret.token.encode()).decode()
        except InvalidToken:
            found.unreadable.append(pk)
            continue
        if rotates:
            column.replace(pk, secret, token)
            found.first += 1
        else:
            found.other += 1
    return found


def opens(key: Fernet, secret: Secret) -> bool:
    try:
        key.decrypt(secret.token.encode())
    except InvalidToken:
        return False
    return True


def unreadable_columns() -> list[Column]:
    """Those whose newest secret no key opens: a look at one row each, for health checks."""
    return [column for column in columns() if not reads_newest(column)]


def reads_newest(column: Column) -> bool:
    rows = column.model._base_manager.exclude(**{column.field: ""}).order_by("-pk")
    for secret in rows.values_list(column.field, flat=True)[:1]:
        try:
            reveal(secret)
        except Undecipherable:
            return False
    return True
