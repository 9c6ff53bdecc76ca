"""What Booon's receiver has to be told: in order under each key, until it is told or given up."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.feed import announcements, feed, sender
from integration.feed.announcements import Try
from integration.models import Announcement, Attempt, Change, ChangeCounter, Stage, raise_stage
from integration.models import Receiver as ReceiverRow
from integration.posting import Reply
from tests.factories import make_location, make_order
from tests.moment import Moment, take_up_all

pytestmark = pytest.mark.django_db

MOMENT = timedelta(microseconds=1)
TAKEN, FAILED = Reply(200, 5, ""), Reply(500, 5, "HTTP 500 Internal Server Error.")


def make_levels(location, count, *, sku="", quantity=None):
    """Changes of so many SKUs, or of one: 0, 1, 2 …, or that quantity."""
    Change.objects.bulk_create(
        Change(
            type=Change.Type.STOCK_UPDATED,
            at=timezone.now(),
            seller_id=location.seller_id,
            location=location,
            data={"sku": sku or f"SKU-{n}", "quantity": n if quantity is None else quantity},
        )
        for n in range(count)
    )


def the_receiver():
    return ReceiverRow.objects.get()


def settle(cursor, reply, now):
    row = Announcement.objects.select_related("change").get(cursor=cursor)
    announcements.record_tries([Try(row, now, reply)], now)


def due(now):
    return [row.cursor for row in announcements.next_due(100, [], now)]


def told(receiver):
    """Which changes, in sequence."""
    return [named(each.message.id) for each in receiver.came if each.status == 200]


def named(webhook_id):
    """The change's part of a webhook id, without its time."""
    return webhook_id.rpartition("_")[0]


@pytest.fixture
def moment(monkeypatch, receiver):
    return Moment(monkeypatch, receiver)


# Taking up -----------------------------------------------------------------------------------


def test_each_change_of_the_feed_is_announced_once(moment):
    make_levels(make_location(), 3)
    take_up_all(moment.now)
    make_levels(make_location(), 2)
    take_up_all(moment.now)
    take_up_all(moment.now)

    assert list(Announcement.objects.order_by("cursor").values_list("cursor", flat=True)) == [
        *range(1, 6)
    ]
    assert the_receiver().taken_up == ChangeCounter.objects.current().last == 5


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_more_changes_than_are_taken_up_at_once_are_all_announced(moment, monkeypatch, count):
    monkeypatch.setattr(announcements, "CHUNK", 2)
    make_levels(make_location(), count)

    take_up_all(moment.now)

    announced = Announcement.objects.order_by("cursor").values_list("cursor", flat=True)
    assert list(announced) == list(range(1, count + 1))
    assert the_receiver().taken_up == count


def test_without_a_receiver_nothing_is_announced(settings):
    make_levels(make_location(), 3)
    settings.BOOON_WEBHOOK_URL = ""

    sender.drain()

    assert not announcements.has_work()
    assert not Announcement.objects.exists()
    assert not ReceiverRow.objects.exists()


def test_work_is_there_from_the_change_until_it_is_told(moment, receiver):
    assert announcements.has_work()  # It was never met.
    sender.drain()
    assert not announcements.has_work()

    make_levels(make_location(), 1)
    assert announcements.has_work()
    sender.drain()

    assert not announcements.has_work()
    assert told(receiver) == ["change_1"]


# In order ------------------------------------------------------------------------------------


def test_under_one_key_the_next_waits_for_the_one_before(moment):
    one, other = make_location(), make_location()
    make_levels(one, 3, sku="KURTA")
    make_levels(other, 2, sku="KURTA")
    take_up_all(moment.now)
    assert due(moment.now) == [1, 4]

    settle(4, TAKEN, moment.now)
    settle(1, FAILED, moment.now)

    assert due(moment.now) == [5]
    moment.pass_by(seconds=6)
    assert due(moment.now) == [5, 1]
    settle(1, TAKEN, moment.now)
    assert due(moment.now) == [5, 2]


def test_an_orders_stages_and_its_manifest_share_a_key(moment):
    order = make_order()
    for stage in (Stage.AWAITING_CARRIER, Stage.CARRIER_ASSIGNED):
        raise_stage(order, stage, at=moment.now, easyecom_invoice_id="1")
    make_levels(order.location, 1)
    take_up_all(moment.now)

    assert due(moment.now) == [1, 3]
    assert len(set(Announcement.objects.values_list("key", flat=True))) == 2


def test_what_is_taken_up_later_waits_behind_what_waits_already(moment):
    location = make_location()
    make_levels(location, 1, sku="KURTA")
    take_up_all(moment.now)
    settle(1, FAILED, moment.now)
    make_levels(location, 1, sku="KURTA", quantity=9)
    take_up_all(moment.now)
    moment.pass_by(seconds=6)

    assert due(moment.now) == [1]


def test_what_is_under_way_keeps_its_key_busy(moment):
    make_levels(make_location(), 2)
    take_up_all(moment.now)
    first = Announcement.objects.get(cursor=1)

    assert [row.cursor for row in announcements.next_due(9, [first.key], moment.now)] == [2]


# Until it is told or given up -------------------------------------------------------------------


def test_a_change_that_was_told_leaves_only_its_attempt(moment, receiver):
    make_levels(make_location(), 1)

    sender.drain()

    assert not Announcement.objects.exists()
    attempt = Attempt.objects.get()
    assert (attempt.number, attempt.outcome) == (1, "told")
    assert attempt.webhook_id.startswith("change_1_")
    assert (attempt.http_status, attempt.reason, attempt.at) == (200, "", moment.now)


def test_each_failure_waits_longer_and_after_three_days_it_is_given_up(moment, settings):
    make_levels(make_location(), 2, sku="KURTA")
    take_up_all(moment.now)
    began, waits = moment.now, []
    while not (row := Announcement.objects.get(cursor=1)).given_up_at:
        settle(1, FAILED, moment.now)
        row.refresh_from_db()
        if row.due_at:
            waits.append((row.due_at - moment.now).total_seconds())
            moment.set(row.due_at)

    for waited, planned in zip(waits, settings.BOOON_WEBHOOK_DELAYS, strict=False):
        assert planned * 0.9 <= waited <= planned * 1.1
    assert moment.now - began == timedelta(days=3)
    assert row.tries == len(waits) + 1 > len(settings.BOOON_WEBHOOK_DELAYS)
    assert Attempt.objects.order_by("-id")[0].outcome == "given_up"
    assert due(moment.now) == [2]  # What came after it does not wait for ever.


@pytest.mark.parametrize(
    ("later", "is_given_up"),
    [(timedelta(hours=1) - MOMENT, False), (timedelta(hours=1), True), (timedelta(days=1), True)],
)
def test_a_failure_once_its_time_is_over_is_the_last(moment, settings, later, is_given_up):
    settings.BOOON_WEBHOOK_TRIES_FOR, settings.BOOON_WEBHOOK_DELAYS = 3600, [7200]
    make_levels(make_location(), 1)
    take_up_all(moment.now)
    first = moment.now
    settle(1, FAILED, first)
    row = Announcement.objects.get()
    # Never put off beyond it: there is one try at its very end.
    assert (row.due_at, row.gives_up_at) == (first + timedelta(hours=1),) * 2

    settle(1, FAILED, first + later)

    row = Announcement.objects.get()
    assert (row.given_up_at is not None, row.gives_up_at) == (
        is_given_up,
        first + timedelta(hours=1),
    )
    assert row.due_at == (None if is_given_up else first + timedelta(hours=1))


@pytest.mark.parametrize(
    ("tries", "asked", "seconds"),
    [(1, None, 5), (2, None, 60), (3, None, 600), (4, None, 600), (1, 30, 30), (2, 30, 60)],
)
def test_delays_are_as_set_or_as_long_as_the_receiver_asks(
    settings, monkeypatch, tries, asked, seconds
):
    settings.BOOON_WEBHOOK_DELAYS = [5, 60, 600]
    monkeypatch.setattr(announcements.random, "uniform", lambda low, high: (low + high) / 2)

    assert announcements.delay(tries, asked) == timedelta(seconds=seconds)


def test_what_comes_after_one_that_was_given_up_is_told_at_once(moment):
    location = make_location()
    make_levels(location, 1, sku="KURTA")
    take_up_all(moment.now)
    Announcement.objects.update(due_at=None, given_up_at=moment.now)
    make_levels(location, 1, sku="KURTA")

    take_up_all(moment.now)

    assert due(moment.now) == [2]


def test_the_same_sku_elsewhere_waits_for_nobody(moment):
    make_levels(make_location(), 1, sku="KURTA")
    make_levels(make_location(), 1, sku="KURTA")

    take_up_all(moment.now)

    assert due(moment.now) == [1, 2]


def test_each_try_has_its_number(moment):
    make_levels(make_location(), 1)
    take_up_all(moment.now)

    for reply in (FAILED, FAILED, TAKEN):
        settle(1, reply, moment.now)

    tries = Attempt.objects.order_by("pk").values_list("number", "outcome")
    assert list(tries) == [(1, "failed"), (2, "failed"), (3, "told")]


def test_the_receiver_may_ask_to_be_left_longer(moment):
    make_levels(make_location(), 1)
    take_up_all(moment.now)

    settle(1, Reply(429, 5, "HTTP 429 Too Many Requests.", retry_after=600), moment.now)

    assert Announcement.objects.get().due_at == moment.now + timedelta(seconds=600)


def test_a_worker_that_died_midway_tells_again_under_the_same_id(moment, receiver, monkeypatch):
    make_levels(make_location(), 1)

    def die(*args):
        raise SystemExit

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(announcements, "record_tries", die)
        sender.drain()
    sender.drain()

    first, second = receiver.ids()
    assert first == second and named(first) == "change_1"
    assert receiver.came[0].body == receiver.came[1].body
    assert not Announcement.objects.exists()


def test_a_cursor_that_is_given_twice_is_no_webhook_id_that_is_given_twice(moment, receiver):
    """As after a restore that nobody noticed."""
    location = make_location()
    for quantity in (1, 2):
        ChangeCounter.objects.all().delete()
        ReceiverRow.objects.all().delete()
        Change.objects.all().delete()
        make_levels(location, 1, quantity=quantity)
        sender.drain()

    first, second = receiver.ids()
    assert named(first) == named(second) == "change_1"
    assert first != second


def test_the_webhook_holds_what_the_feed_holds(moment, receiver):
    location = make_location()
    make_levels(location, 1, sku="KURTA", quantity=4)

    sender.drain()

    (change,) = feed.read(0, 10)
    held = {
        "cursor": "1",
        "type": "stock.updated",
        "at": f"{change.at:%Y-%m-%dT%H:%M:%SZ}",
        "seller": location.seller.code,
        "location_key": location.location_key,
        "data": {"sku": "KURTA", "quantity": 4},
    }
    assert feed.as_json(change) == held
    assert receiver.came[0].message.type == "stock.updated"
    assert receiver.came[0].message.data == held


def test_each_is_told_once_and_each_key_in_its_order_though_eight_are_under_way(moment, receiver):
    for location in (make_location(), make_location()):
        for n in range(10):
            make_levels(location, 10, quantity=n)

    sender.drain()

    assert sorted(told(receiver)) == sorted(f"change_{n}" for n in range(1, 201))
    by_key = {}
    for each in receiver.came:
        data = each.message.data
        by_key.setdefault((data["location_key"], data["data"]["sku"]), []).append(
            data["data"]["quantity"]
        )
    assert list(by_key.values()) == [[*range(10)]] * 20


def test_a_secret_that_is_rotated_loses_nothing(moment, receiver, settings):
    new = f"whsec_{'n' * 32}"
    location = make_location()
    make_levels(location, 1)
    settings.BOOON_WEBHOOK_SECRET_OLD, settings.BOOON_WEBHOOK_SECRET = receiver.secrets[0], new
    sender.drain()
    receiver.secrets = [new]
    make_levels(location, 1)
    sender.drain()
    settings.BOOON_WEBHOOK_SECRET_OLD = ""
    make_levels(location, 1)
    sender.drain()

    assert told(receiver) == ["change_1", "change_2", "change_3"]
    assert receiver.refused == []
