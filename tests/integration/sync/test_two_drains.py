"""Two hosts that carry orders at once: no account's limits are passed, none is sent twice, none
waits for ever."""

import json
import threading
import time
from collections import Counter, defaultdict
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from booon_console.lib import clock
from integration.models import Order, Quota, Shard, Stage, SyncJob, Worker
from integration.sync import engine, gateway, shards
from tests import races
from tests.factories import make_location, make_order, make_seller
from tests.integration.conftest import API
from tests.integration.orders.test_push import created

pytestmark = races.marks

SELLERS, EACH = 8, 12


class SlowEasyEcom:
    """Takes 20 ms for an order, and counts each account's calls under way."""

    def __init__(self, easyecom):
        self.lock = threading.Lock()
        self.sent = Counter()
        self.under_way = Counter()
        self.most = defaultdict(int)
        easyecom.add_callback("POST", f"{API}/webhook/v2/createOrder", self.create)

    def create(self, request):
        order = Order.objects.get(order_number=json.loads(request.body)["orderNumber"])
        connections.close_all()
        with self.lock:
            self.sent[order.order_number] += 1
            self.under_way[order.seller_id] += 1
            now = self.under_way[order.seller_id]
            self.most[order.seller_id] = max(self.most[order.seller_id], now)
        time.sleep(0.02)  # weak: EasyEcom takes its time
        with self.lock:
            self.under_way[order.seller_id] -= 1
        return 200, {}, json.dumps(created(order))


def two_hosts():
    now = clock.now()
    for name in ("one", "two"):
        Worker.objects.create(id=name, host=name, started_at=now, pulsed_at=now, beat_at=now)


def turn_of(name, carried, seconds=60):
    """One task of the queue on that host, in a thread of its own."""
    try:
        if claim := shards.claim(name, clock.now()):
            carried[name] |= claim.part.numbers
            try:
                engine.drain(seconds, when_closed=claim.release, part=claim.part)
            finally:
                claim.release()
    finally:
        connections.close_all()


def at_once(*names, **more):
    carried = {name: set() for name in names}
    threads = [
        threading.Thread(target=turn_of, args=(name, carried), kwargs=more) for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert not any(thread.is_alive() for thread in threads)
    return carried


@pytest.fixture
def orders():
    locations = [make_location(seller=make_seller()) for _ in range(SELLERS)]
    return [make_order(location) for location in locations for _ in range(EACH)]


@pytest.mark.slow
def test_two_drains_at_once_send_each_order_once_and_pass_no_accounts_limit(easyecom, orders):
    two_hosts()
    slow = SlowEasyEcom(easyecom)

    carried = at_once("one", "two")

    assert not carried["one"] & carried["two"]
    assert carried["one"] and carried["two"]
    assert slow.sent == Counter({order.order_number: 1 for order in orders})
    assert max(slow.most.values()) <= gateway.IN_FLIGHT_PER_ACCOUNT
    assert set(Order.objects.values_list("stage", flat=True)) == {Stage.AWAITING_CARRIER}
    assert SyncJob.objects.filter(attempts__gt=1).count() == 0
    assert set(Quota.objects.values_list("used_today", flat=True)) == {EACH}
    assert set(Shard.objects.values_list("running_until", flat=True)) == {None}


@pytest.mark.slow
def test_host_that_is_left_over_carries_what_the_other_had(easyecom, orders):
    two_hosts()
    slow = SlowEasyEcom(easyecom)
    dead = shards.claim("two", clock.now())
    (left,) = [job for job in SyncJob.objects.all() if job.seller_id % 16 in dead.part.numbers][:1]
    Worker.objects.filter(pk="two").update(
        pulsed_at=clock.now() - timedelta(seconds=16), beat_at=clock.now() - timedelta(seconds=16)
    )

    carried = at_once("one")

    assert carried["one"] == set(range(16))
    assert slow.sent[left.order.order_number] == 1
    assert len(slow.sent) == SELLERS * EACH


@pytest.mark.slow
def test_one_accounts_crowd_on_one_host_keeps_nobody_waiting_on_the_other(easyecom):
    two_hosts()
    crowd = make_location(seller=make_seller(rate_per_second=0.01, burst=1))
    for _ in range(300):
        make_order(crowd)
    others = [make_order() for _ in range(6)]
    slow = SlowEasyEcom(easyecom)

    at_once("one", "two", seconds=3)

    assert all(slow.sent[order.order_number] == 1 for order in others)
    assert sum(slow.sent.values()) == len(others) + 1


def test_shards_that_two_claim_at_once_are_one_drains_each():
    two_hosts()
    now = clock.now()

    mine, theirs = races.meet(lambda: shards.claim("one", now), lambda: shards.claim("two", now))

    assert len(mine.part.numbers) == len(theirs.part.numbers) == 8
    assert not mine.part.numbers & theirs.part.numbers


def test_host_that_claims_at_once_from_two_tasks_has_one_drain():
    now = timezone.now()

    mine, theirs = races.meet(lambda: shards.claim("one", now), lambda: shards.claim("one", now))

    assert len(mine.part.numbers) == 16
    assert theirs is None


def test_release_and_claim_at_once_do_not_lock_each_other_out():
    two_hosts()
    now = clock.now()
    mine = shards.claim("one", now)

    released, theirs = races.meet(mine.release, lambda: shards.claim("two", now))

    assert released == 8
    assert len(theirs.part.numbers) == 8


def test_drain_that_was_taken_over_meanwhile_releases_nothing():
    now = clock.now()
    mine = shards.claim("one", now - timedelta(seconds=61))

    theirs, released = races.meet(lambda: shards.claim("two", now), mine.release)

    assert len(theirs.part.numbers) == 16
    assert released == 0


def release_all():
    shards.release_all("one")


def claim_all():
    shards.claim("one", timezone.now())


@pytest.mark.parametrize("task", [claim_all, release_all])
def test_shards_are_locked_by_their_numbers(task):
    """The lowest is written last: whoever just reads on meets it last."""
    Shard.objects.update(running_in="one", running_until=timezone.now() - timedelta(seconds=1))
    Shard.objects.filter(number=0).update(running_in="one")
    lowest, *others = Shard.objects.order_by("number")

    assert races.locks_in_order(lowest, others, task) is None
