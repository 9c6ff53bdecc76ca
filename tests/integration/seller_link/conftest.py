"""A seller's browser, a link of theirs, and what they type."""

import re
from typing import Any

import pytest
from django.test import Client

from integration.models import SellerLink
from integration.onboarding import seller_links
from sellers.models import Location, Seller

PASSWORD = "seller-password-canary"


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A busy machine may need longer than a person would wait; it ends when all is at rest."""
    monkeypatch.setattr("integration.seller_link.views.FOREGROUND_SECONDS", 20)


def make(seller: Seller | None = None, **said: Any) -> tuple[SellerLink, str]:
    """A link and its secret."""
    named = {"code": seller.code, "name": seller.name} if seller else {}
    facts = {"code": "acme", "name": "Acme Traders", "actor": "asha"} | named | said
    return seller_links.make(seller=seller, **facts)


def enter(link: SellerLink, secret: str, **headers: str) -> Client:
    """A browser of its own, with the link open in it."""
    browser = Client(headers=headers)
    assert browser.post(link.path, {"code": secret}).status_code == 302
    return browser


def typed(**fields: object) -> dict[str, object]:
    return {
        "api_username": "api@acme.test",
        "api_password": PASSWORD,
        "location_keys": "en100",
        "seen": "",
    } | fields


def post(browser: Client, link: SellerLink, page: str, **data: object) -> Any:
    return browser.post(f"{link.path}{page}/", data)


def text_of(browser: Client, link: SellerLink) -> str:
    answer = browser.get(link.path)
    assert answer.status_code == 200
    return answer.content.decode()


def seen_in(text: str) -> str:
    """What the form of the log-in was drawn over."""
    found = re.search(r'name="seen" value="([^"]*)"', text)
    assert found
    return found[1]


def tokens_in(text: str) -> list[str]:
    return re.findall(r'class="once">([^<]+)<', text)


def make_token(browser: Client, link: SellerLink, location: Location, topic: str) -> Any:
    endpoint = location.endpoints.get(topic=topic)
    seen = seller_links.made_at(endpoint)
    return post(browser, link, "token", endpoint=endpoint.pk, seen=seen)
