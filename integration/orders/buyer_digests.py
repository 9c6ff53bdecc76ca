"""What a buyer is found by, as keyed digests that nobody can read: the phone number, and the name.

docs/decisions/0057-one-box.md
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from integration.easyecom.plain_text import plain_code, plain_number
from integration.models import Order
from integration.orders.addresses import phone_of

# Each column of an order with what its key is for, and for nothing else.
PHONE, NAME = "phone_digest", "name_digest"
PURPOSES = {PHONE: b"buyers' phone numbers", NAME: b"buyers' names"}
# What is the same whether a country's code or a 0 stands before it.
DIGITS = 10
CHUNK = 500
# As somebody types an Indian mobile number: one that begins with 6 to 9.
MOBILE = re.compile(r"(?:tel:)?(?:(?:\+|00)?91|0)?([6-9][0-9]{9})", re.I)
# No part of a name: who says it may leave it out.
TITLES = {"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "shri", "shree", "sri", "smt", "kum"}
BETWEEN_WORDS = re.compile(r"[\s.,()-]+")
APOSTROPHES = re.compile("['’‘`]")


def last_digits(phone: str) -> str:
    """ "" where there are fewer."""
    digits = re.sub("[^0-9]", "", plain_number(phone_of(phone)[0]))
    return digits[-DIGITS:] if len(digits) >= DIGITS else ""


def typed_number(words: str) -> str:
    """The last ten digits where all that was typed looks like a mobile number; else ""."""
    found = MOBILE.fullmatch(re.sub(r"[\s().-]", "", plain_number(words)))
    return found.group(1) if found else ""


def ends_of_name(name: str) -> str:
    """Its first and its last word, the same for "Meera S. Iyer", "IYER MEERA" and "Smt Meera Iyer".

    What stands between them is said or left out, and which comes first differs by region.
    """
    plain = APOSTROPHES.sub("", unicodedata.normalize("NFKC", plain_code(name)).casefold())
    words = [each for each in BETWEEN_WORDS.split(plain) if each and each not in TITLES]
    return " ".join(sorted({words[0], words[-1]})) if words else ""


def typed_name(words: str) -> str:
    """As `ends_of_name`, where all that was typed may be a person's name; else ""."""
    ends = ends_of_name(words)
    is_code = "-" in words and " " not in words.strip()
    # Letters, and the marks with which the scripts of India write their vowels.
    is_name = all(each == " " or unicodedata.category(each)[0] in "LM" for each in ends)
    return ends if is_name and not is_code and len(ends) > 1 else ""


def of_address(address: Mapping[str, Any] | None) -> dict[str, str]:
    """The columns for a given address, under the first key; "" where it has no such thing."""
    given = address or {}
    plain = {
        PHONE: last_digits(str(given.get("phone") or "")),
        NAME: ends_of_name(str(given.get("name") or "")),
    }
    first = settings.FIELD_KEYS[0]
    return {column: keyed(first, column, said) if said else "" for column, said in plain.items()}


def digests(column: str, plain: str) -> list[str]:
    """Under each key that something may have been written with."""
    return [keyed(key, column, plain) for key in settings.FIELD_KEYS]


def keyed(key: str, column: str, plain: str) -> str:
    """The key's own mark before it, so that what another key wrote can be told."""
    own = derived(key, column)
    return f"{mark_of(own)}{hmac.new(own, plain.encode(), hashlib.sha256).hexdigest()[:56]}"


def derived(key: str, column: str) -> bytes:
    """A key that is for nothing else."""
    return hmac.new(key.encode(), PURPOSES[column], hashlib.sha256).digest()


def mark_of(own: bytes) -> str:
    return hashlib.sha256(own).hexdigest()[:8]


def under_another_key(column: str) -> QuerySet[Order]:
    mark = mark_of(derived(settings.FIELD_KEYS[0], column))
    return Order.objects.exclude(**{column: ""}).exclude(**{f"{column}__startswith": mark})


def write_anew() -> int:
    """Those of another key, a chunk at a time. Returns how many."""
    return sum(fill(under_another_key(column), column) for column in PURPOSES)


def fill(orders: QuerySet[Any], column: str) -> int:
    """Safe to repeat and to interrupt. By `update`: no fact of Booon's changes."""
    written, last = 0, 0
    while rows := list(
        orders.filter(pk__gt=last).order_by("pk").only("pk", "shipping_address")[:CHUNK]
    ):
        last = rows[-1].pk
        for row in rows:
            setattr(row, column, of_address(row.shipping_address)[column])
        found = [row for row in rows if getattr(row, column)]
        orders.model._base_manager.bulk_update(found, [column])
        written += len(found)
    return written
