"""Buyers' phone numbers as keyed digests, so that an order is found by one that nobody can read.

docs/decisions/0057-one-box.md
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from integration.easyecom.plain_text import plain_number
from integration.models import Order
from integration.orders.addresses import phone_of

# What is the same whether a country's code or a 0 stands before it.
DIGITS = 10
CHUNK = 500
# As somebody types an Indian mobile number: one that begins with 6 to 9.
MOBILE = re.compile(r"(?:tel:)?(?:(?:\+|00)?91|0)?([6-9][0-9]{9})", re.I)


def last_digits(phone: str) -> str:
    """ "" where there are fewer."""
    digits = re.sub("[^0-9]", "", plain_number(phone_of(phone)[0]))
    return digits[-DIGITS:] if len(digits) >= DIGITS else ""


def typed_number(words: str) -> str:
    """The last ten digits where all that was typed looks like a mobile number; else ""."""
    found = MOBILE.fullmatch(re.sub(r"[\s().-]", "", plain_number(words)))
    return found.group(1) if found else ""


def digest(address: dict[str, Any] | None) -> str:
    """Of the number of a given address, under the first key; "" where there is none."""
    digits = last_digits(str((address or {}).get("phone") or ""))
    return keyed(settings.FIELD_KEYS[0], digits) if digits else ""


def digests(digits: str) -> list[str]:
    """Under each key that something may have been written with."""
    return [keyed(key, digits) for key in settings.FIELD_KEYS]


def keyed(key: str, digits: str) -> str:
    """The key's own mark before it, so that what another key wrote can be told."""
    said = hmac.new(derived(key), digits.encode(), hashlib.sha256).hexdigest()
    return f"{mark_of(key)}{said[:56]}"


def derived(key: str) -> bytes:
    """A key that is for nothing else."""
    return hmac.new(key.encode(), b"buyers' phone numbers", hashlib.sha256).digest()


def mark_of(key: str) -> str:
    return hashlib.sha256(derived(key)).hexdigest()[:8]


def under_another_key() -> QuerySet[Order]:
    mark = mark_of(settings.FIELD_KEYS[0])
    return Order.objects.exclude(phone_digest="").exclude(phone_digest__startswith=mark)


def write_anew() -> int:
    """Those of another key, a chunk at a time. Returns how many."""
    return fill(under_another_key(), digest)


def fill(orders: QuerySet[Any], digest_of: Callable[[Any], str]) -> int:
    """Safe to repeat and to interrupt. By `update`: no fact of Booon's changes."""
    written, last = 0, 0
    while rows := list(
        orders.filter(pk__gt=last).order_by("pk").only("pk", "shipping_address")[:CHUNK]
    ):
        last = rows[-1].pk
        for row in rows:
            row.phone_digest = digest_of(row.shipping_address)
        with_number = [row for row in rows if row.phone_digest]
        orders.model._base_manager.bulk_update(with_number, ["phone_digest"])
        written += len(with_number)
    return written
