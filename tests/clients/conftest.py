"""The client beside a live console; what it would sleep is written down instead."""

import hashlib
from datetime import UTC, datetime

import pytest
from booon_console_client import Client

from integration.api.views import changes
from integration.feed import feed
from integration.feed.long_poll import Watch
from integration.models import ApiKey, Change, StockLevel
from integration.sync import wakeup
from tests.factories import make_location, make_seller
from tests.integration.api.conftest import BODY
from tests.integration.processes import wait_for

KEY = "booon_canary-key-of-the-client"
AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    kinds = []
    monkeypatch.setattr(wakeup, "wake", kinds.append)
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


@pytest.fixture
def offline(naps):
    return Client("http://127.0.0.1:9", KEY, sleep=naps.append)


class Brisk(Watch):
    """Lets no reader wait long, for a test would wait for its end."""

    def wait(self, after, seconds):
        return super().wait(after, min(seconds, 1.05))


@pytest.fixture
def brisk_watch(monkeypatch, console):
    watch = Brisk()
    monkeypatch.setattr(changes, "watch", watch)
    yield
    wait_for(lambda: not watch.is_looking)


def set_level(location, sku, quantity):
    set_levels(location, [(sku, quantity)])


def set_levels(location, pairs):
    """Levels, and the changes that tell of them one by one, as deliveries make them."""
    whose = {"seller": location.seller, "location": location}
    StockLevel.objects.bulk_create(
        [
            StockLevel(**whose, sku=sku, quantity=quantity, arrival=1, line=0, updated_at=AT)
            for sku, quantity in dict(pairs).items()
        ],
        update_conflicts=True,
        unique_fields=["location", "sku"],
        update_fields=["quantity", "updated_at"],
    )
    Change.objects.bulk_create(
        Change(
            **whose,
            type=Change.Type.STOCK_UPDATED,
            at=AT,
            data={"sku": sku, "quantity": quantity, "previous": None},
        )
        for sku, quantity in pairs
    )


def forget_everything():
    """As retention does it, when all of the feed is old."""
    while feed.number_some():
        pass
    feed.forget(datetime.max.replace(tzinfo=UTC), None)
