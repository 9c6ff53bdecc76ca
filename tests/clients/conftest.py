"""The client beside a live console; what it would sleep is written down instead."""

import hashlib
from datetime import UTC, datetime

import pytest
from booon_console_client import Client

from integration import feed, jobs
from integration.models import ApiKey, Change, StockLevel
from tests.factories import make_location, make_seller
from tests.integration.api.conftest import BODY

KEY = "booon_canary-key-of-the-client"


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    kinds = []
    monkeypatch.setattr(jobs, "wake", kinds.append)
    return kinds


@pytest.fixture
def key(transactional_db):
    return ApiKey.objects.create(name="Booon", digest=hashlib.sha256(KEY.encode()).hexdigest())


@pytest.fixture
def location(transactional_db):
    return make_location(seller=make_seller(code="acme"), location_key=BODY["location_key"])


@pytest.fixture
def naps():
    return []


@pytest.fixture
def console(live_server, settings, key, location, naps):
    settings.PUBLIC_URL = live_server.url
    with Client(live_server.url, KEY, timeout=10, sleep=naps.append) as console:
        yield console


def set_level(location, sku, quantity, at="2026-11-24T10:00:00Z"):
    """A level and the change that tells of it, as a delivery makes them."""
    row, _ = StockLevel.objects.update_or_create(
        location=location,
        sku=sku,
        defaults={
            "seller": location.seller,
            "quantity": quantity,
            "arrival": 1,
            "line": 0,
            "updated_at": at,
        },
    )
    Change.objects.create(
        type=Change.Type.STOCK_UPDATED,
        at=at,
        seller=location.seller,
        location=location,
        data={"sku": sku, "quantity": quantity, "previous": None},
    )


def forget_everything():
    """As retention does it, when all of the feed is old."""
    while feed.number_some():
        pass
    feed.forget(datetime.max.replace(tzinfo=UTC), None)
