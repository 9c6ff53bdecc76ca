"""Credentials that look like something else: said before anything is sent, and only a warning.

EasyEcom copies Account Token and Location Key from the same menu (the guide), and its location keys
are two letters and some digits wherever one was seen (docs/easyecom-contract.md#2-get-location).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST_KEY = 24
JWT = re.compile(r"(bearer\s+)?eyJ[\w-]+\.[\w-]+\.[\w-]*\Z", re.IGNORECASE)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
KEY = re.compile(r"[a-z]{2}[0-9]{8,14}\Z")
NUMBER = re.compile(r"[0-9]{1,9}\Z")

IS_JWT = "This looks like a log-in token (JWT): a secret, and not what belongs here."
IS_KEY = "This looks like a location key."
KEY_IS_MAIL = "This looks like an e-mail address, perhaps the API user name."
KEY_IS_NUMBER = "This looks like a company id. The location key has letters too."
KEY_IS_TOKEN = (
    "This looks like an Account Token or api token, which opens the seller's account. "
    "The Location Key is in the same menu, and much shorter."
)
NAME_IS_NO_MAIL = "EasyEcom's API users are e-mail addresses, and this is none."
PASSWORD_AGAIN = "This is the API user name or a location key once more."
PASSWORD_IS_MAIL = "This looks like an e-mail address: user name and password may be swapped."
PASSWORD_HAS_SPACE = "This begins or ends with a space, perhaps from copying it."
Suspicion = tuple[tuple[str, ...], str]


def suspicions(given: Mapping[str, Any]) -> Iterator[Suspicion]:
    """Of a seller as `enrolment.SellerIn` takes it: path and sentence. No value is repeated."""
    keys = [each["location_key"] for each in given["locations"]]
    about = {
        "api_username": about_username(given.get("api_username") or ""),
        "api_password": about_password(
            given.get("api_password") or "", [given.get("api_username"), *keys]
        ),
        "x_api_key": about_api_key(given.get("x_api_key") or ""),
    }
    yield from (((name,), sentence) for name, sentence in about.items() if sentence)
    for index, key in enumerate(keys):
        if sentence := about_key(key):
            yield ("locations", str(index), "location_key"), sentence


def masked(key: str) -> str:
    """Not whole where it may be somebody's token."""
    return key if len(key) <= LONGEST_KEY else f"{key[:8]}…"


def about_key(key: str) -> str:
    if JWT.match(key):
        return IS_JWT
    if EMAIL.match(key):
        return KEY_IS_MAIL
    if NUMBER.match(key):
        return KEY_IS_NUMBER
    if len(key) > LONGEST_KEY:
        return KEY_IS_TOKEN
    return ""


def about_username(name: str) -> str:
    if not name or EMAIL.match(name):
        return ""
    if JWT.match(name):
        return IS_JWT
    if KEY.match(name):
        return IS_KEY
    return NAME_IS_NO_MAIL


def about_password(password: str, others: list[str | None]) -> str:
    if password and password in others:
        return PASSWORD_AGAIN
    if JWT.match(password):
        return IS_JWT
    if EMAIL.match(password):
        return PASSWORD_IS_MAIL
    if KEY.match(password):
        return IS_KEY
    if password != password.strip():
        return PASSWORD_HAS_SPACE
    return ""


def about_api_key(key: str) -> str:
    if JWT.match(key):
        return IS_JWT
    if EMAIL.match(key):
        return "This looks like an e-mail address."
    return IS_KEY if KEY.match(key) else ""
