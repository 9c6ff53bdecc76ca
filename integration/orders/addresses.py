"""A buyer's address as it was typed, and as the courier and EasyEcom get it.

What was given is kept as it was; what goes out is made plain here: marks that nobody sees, digits
of other scripts, names of states. A phone number is found in what stands around it by
`phonenumbers`, the port of Google's libphonenumber, which knows how the world writes extensions.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import phonenumbers
from phonenumbers import Leniency, PhoneNumberMatcher

from integration.easyecom.plain_text import plain_number, plain_words
from integration.easyecom.states_and_countries import (
    INDIA,
    country_named,
    is_no_country,
    state_named,
)
from integration.models import Order

Address: TypeAlias = Mapping[str, str]

NEEDED = {
    "name": "Needed: who gets the parcel.",
    "line1": "Needed: where the parcel goes.",
    "city": "Needed.",
    "pincode": "Needed.",
}
NO_STATE = "Needed in India."
UNKNOWN_STATE = "India has no state or union territory of this name."
NO_COUNTRY = "This is no country. Give its name or ISO code, such as India or IN; none is India."
NO_INDIAN_PINCODE = "A pincode in India has six digits."
NO_PINCODE = "This is no pincode."
NO_PHONE = "A phone number has digits, spaces and + ( ) . , / - only."
WORDS = ("name", "line1", "line2", "city", "state", "country", "email")
INDIAN_PINCODE = re.compile(r"[1-9][0-9]{5}")
OTHER_PINCODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]{0,11}")
BLANKS_AND_DASHES = re.compile("[ -]+")
PHONE = re.compile(r"[0-9+(). ,/-]{1,30}")
# One number, and nothing that could be read as its extension.
ONE_NUMBER = re.compile(r"\+?[0-9][0-9 -]{4,15}[0-9]")
REGION = "IN"


def as_sent(given: Address) -> dict[str, str]:
    """The address as EasyEcom gets it. What can't be made out stays as it was typed."""
    sent = {name: plain_words(given.get(name, "")) for name in WORDS}
    sent["country"] = country_named(sent["country"])
    if sent["country"] == INDIA:
        sent["state"] = state_named(sent["state"]) or sent["state"]
    sent["pincode"] = pincode_of(given.get("pincode", ""), sent["country"])
    sent["phone"], rest = phone_of(given.get("phone", ""))
    # The courier reads the address's lines; a number's field takes a number only.
    sent["line2"] = ", ".join(filter(None, [sent["line2"], rest]))
    return sent


def problems(sent: Address) -> Iterator[tuple[str, str]]:
    """What EasyEcom or the courier would refuse of an address: field and sentence."""
    for field, sentence in NEEDED.items():
        if not sent[field]:
            yield field, sentence
    pincode = OTHER_PINCODE
    if is_no_country(sent["country"]):
        yield "country", NO_COUNTRY
    if sent["country"] == INDIA:
        pincode = INDIAN_PINCODE
        if not sent["state"]:
            yield "state", NO_STATE
        elif not state_named(sent["state"]):
            yield "state", UNKNOWN_STATE
    if sent["pincode"] and not pincode.fullmatch(sent["pincode"]):
        yield "pincode", NO_PINCODE if pincode is OTHER_PINCODE else NO_INDIAN_PINCODE
    if sent["phone"] and not PHONE.fullmatch(sent["phone"]):
        yield "phone", NO_PHONE


def differences(given: Address | None) -> dict[str, str]:
    """The fields that EasyEcom gets otherwise than they were typed."""
    if given is None:
        return {}
    return {name: text for name, text in as_sent(given).items() if text != given.get(name, "")}


def kept_differences(shipping: Address, billing: Address | None) -> dict[str, dict[str, str]]:
    """Of an order's addresses: as its `sent_as` keeps them."""
    return {"shipping": differences(shipping), "billing": differences(billing)}


def sent_addresses(order: Order) -> tuple[dict[str, str], dict[str, str] | None]:
    """An order's addresses as EasyEcom gets them: where the parcel goes, and who pays if given."""
    sent = order.sent_as
    if sent is None:
        # Taken in by a release that kept no such thing.
        sent = kept_differences(order.shipping_address, order.billing_address)
    billing = order.billing_address
    return order.shipping_address | sent["shipping"], billing and billing | sent["billing"]


def pincode_of(typed: str, country: str) -> str:
    plain = plain_number(typed)
    return BLANKS_AND_DASHES.sub("", plain) if country == INDIA else plain


def phone_of(typed: str) -> tuple[str, str]:
    """The number, and what else the courier needs to know: its extension, and other numbers.

    "" for a text without a digit that says that there is none; any other text stays as it is.
    """
    plain = plain_number(typed)
    if ONE_NUMBER.fullmatch(plain):
        return plain, ""
    found = list(PhoneNumberMatcher(plain, REGION, leniency=Leniency.POSSIBLE))
    if not found:
        return ("" if is_none(plain) else plain), ""
    numbers = [split_extension(match.raw_string, match.number) for match in found]
    (number, extension), others = numbers[0], numbers[1:]
    around = plain
    for match in found:
        around = around.replace(match.raw_string, "", 1)
    if re.search("[0-9]", around):
        return number, f"Phone: {plain}"
    told = [f"Phone extension {extension}"] if extension else []
    told += [f"Other phone {other}" + (f" extension {ext}" if ext else "") for other, ext in others]
    return number, ", ".join(told)


def split_extension(text: str, number: phonenumbers.PhoneNumber) -> tuple[str, str]:
    extension = number.extension or ""
    if not extension:
        return text, ""
    before = text[: text.rindex(extension)]
    return re.sub(r"[^0-9]*\Z", "", before), extension


def is_none(text: str) -> bool:
    """Whether a person means that there is no number."""
    word = re.sub("[^a-z]", "", text.casefold())
    has_digit = any(character.isdigit() for character in text)
    return not has_digit and word in ("", "na", "nil", "no", "none", "null", "notavailable")
