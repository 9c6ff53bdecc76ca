"""A receiver that fails for ten minutes is told everything, once and in order by its ids; the
feed read beside it tells the same story. Time is moved, not slept."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from booon_console_client import Message
from django.test import Client

from integration.feed import announcements, sender
from integration.models import ApiKey, Attempt, Order, Receiver, Stage, raise_stage
from integration.sync import wakeup
from integration.webhooks import processing
from sellers.models import Location
from tests.factories import make_location
from tests.integration.api.conftest import BODY
from tests.integration.deliveries import inventory, manifest_row, manifested
from tests.moment import Moment
from tests.receiver import Receiver as Listening

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

KEY = "booon_canary-key-of-the-reader"
STEP = timedelta(seconds=15)
FAILING = timedelta(minutes=10)
SKUS = [f"KURTA-{n}" for n in range(6)]
ROAD = [Stage.AWAITING_CARRIER, Stage.CARRIER_ASSIGNED, Stage.MANIFESTED]


class Shop:
    """What Booon makes of messages: each id once, whatever comes again."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.cursors: list[str] = []
        self.repeats = 0
        self.levels: dict[tuple[str, str], int] = {}
        self.stages: dict[str, list[str]] = {}

    def apply(self, id: str, change: dict[str, Any]) -> None:
        if id in self.ids:
            self.repeats += 1
            return
        self.ids.append(id)
        self.cursors.append(change["cursor"])
        data = change["data"]
        if change["type"] == "stock.updated":
            self.levels[change["location_key"], data["sku"]] = data["quantity"]
        elif change["type"] == "order.stage_changed":
            self.stages.setdefault(data["order_number"], []).append(data["stage"])

    @property
    def story(self) -> tuple[Any, ...]:
        return sorted(self.cursors), self.levels, self.stages


class Reader:
    """Follows the feed by its cursor."""

    def __init__(self, client: Client) -> None:
        ApiKey.objects.create(name="reader", digest=hashlib.sha256(KEY.encode()).hexdigest())
        self.client, self.shop = client, Shop()
        self.cursor: str | None = None

    def read(self) -> None:
        asked = {"limit": 500} | ({"after": self.cursor} if self.cursor else {})
        headers = {"Authorization": f"Bearer {KEY}"}
        page = self.client.get("/api/v1/changes/", asked, headers=headers).json()
        for change in page["results"]:
            self.shop.apply(change["cursor"], change)
        self.cursor = page["cursor"]


@pytest.fixture
def moment(monkeypatch: Any, receiver: Listening) -> Moment:
    monkeypatch.setattr(wakeup, "wake", lambda kind: None)
    return Moment(monkeypatch, receiver)


def place_order(client: Client, location: Location, number: str) -> None:
    address = f"/api/v1/sellers/{location.seller.code}/orders/{number}/"
    body = BODY | {"location_key": location.location_key}
    headers = {"Authorization": f"Bearer {KEY}"}
    answer = client.put(address, json.dumps(body), "application/json", headers=headers)
    assert answer.status_code == 201


def go_on(client: Client, location: Location, step: int, moment: Moment) -> None:
    """Levels change in every step; an order is placed, or goes one stage further."""
    inventory(location, (SKUS[step % 6], step), (SKUS[(step + 1) % 6], 100 + step))
    number, way = f"BN-{step // 4}", step % 4
    if way == 0:
        place_order(client, location, number)
    elif way == 3:
        order = Order.objects.get(order_number=number)
        manifested(location, manifest_row(order, awb_number=f"8900{step}"))
    else:
        order = Order.objects.get(order_number=number)
        ids = {"easyecom_invoice_id": f"8{step // 4}", "easyecom_order_id": f"7{step // 4}"}
        raise_stage(order, ROAD[way - 1], at=moment.now, **ids)
    processing.drain(2)


def test_after_ten_minutes_of_500_all_is_told_once_and_as_the_feed_tells_it(
    client, receiver, moment
):
    location, shop, reader = make_location(), Shop(), Reader(client)
    ends_at = moment.now + FAILING

    def answer(message: Message) -> int:
        # While it fails, every other one was applied before it fell over.
        is_failing = moment.now < ends_at
        if not is_failing or len(receiver.came) % 2:
            shop.apply(message.id, dict(message.data))
        return 500 if is_failing else 200

    receiver.answer = answer
    for step in range(48):
        go_on(client, location, step, moment)
        reader.read()
        if announcements.has_work():
            sender.drain()
        if moment.now < ends_at:
            assert Attempt.objects.filter(outcome="told").count() == 0
        moment.set(moment.now + STEP)

    assert not announcements.has_work()
    # Two levels a step, and each of twelve orders its four stages and its manifest.
    assert len(shop.ids) == len(set(shop.ids)) == 48 * 2 + 12 * 5
    assert shop.repeats > 0
    assert shop.story == reader.shop.story
    assert set(map(tuple, shop.stages.values())) == {("received", *ROAD)}
    assert receiver.refused == []
    told = Attempt.objects.filter(outcome="told").values_list("webhook_id", flat=True)
    assert sorted(told) == sorted(shop.ids)
    row = Receiver.objects.get()
    assert (row.failures, row.opened_at) == (0, None)
