"""A GST number's check digit (Rule 10 of the CGST Rules, 2017): Luhn's way in base 36."""

import re

from integration.easyecom.plain_text import plain_number

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# The state's code, then PAN or another register's number, and at the end the check digit.
_GSTIN = re.compile(r"[0-9]{2}[0-9A-Z]{13}")


def gstin_of(text: str) -> str | None:
    """The number in capitals and without blanks; "" for none, None for what is no GSTIN."""
    number = re.sub("[ -]", "", plain_number(text)).upper()
    if number in ("", "NA"):
        return ""
    if not _GSTIN.fullmatch(number) or check_digit(number[:14]) != number[14]:
        return None
    return number


def check_digit(fourteen: str) -> str:
    total = 0
    for place, character in enumerate(fourteen):
        product = _DIGITS.index(character) * (place % 2 + 1)
        total += product // 36 + product % 36
    return _DIGITS[-total % 36]
