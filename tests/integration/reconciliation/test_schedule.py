"""What is compared and when: overdue orders; levels in turn, after a silence, after downtime."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from integration.models import Order, ReadBack, Refusal, SyncJob, Topic
from integration.reconciliation import order_comparison, schedule
from sellers.models import Location
from tests.factories import make_location, make_order, make_seller, pushed
from tests.integration.conftest import API, run
from tests.integration.deliveries import inventory

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
INVENTORY = f"{API}/getInventoryDetailsV3"

pytestmark = pytest.mark.django_db


def read(location: Location, ago: timedelta = HOUR, **fields: Any) -> ReadBack:
    """A read-back that was asked for and ended so long ago."""
    at = timezone.now() - ago
    fields = {
        "cause": "rotation",
        "asked_at": at,
        "begun_at": at,
        "ended_at": at,
        "arrival": 0,
    } | fields
    return ReadBack.objects.create(location=location, **fields)


def moved(location: Location, ago: timedelta) -> Order:
    """EasyEcom took an order, and stock with it."""
    order = pushed(make_order(location))
    SyncJob.objects.filter(order=order).update(status="succeeded", due_at=None)
    Order.objects.filter(pk=order.pk).update(pushed_at=timezone.now() - ago)
    return order


def heard(location: Location, ago: timedelta) -> None:
    delivery = inventory(location, ("A", 1))
    type(delivery).objects.filter(pk=delivery.pk).update(received_at=timezone.now() - ago)


def asked() -> dict[int, str]:
    return dict(ReadBack.objects.filter(ended_at=None).values_list("location_id", "cause"))


def started() -> set[int]:
    return set(schedule.jobs_under_way().values_list("location_id", flat=True))


def overdue(location: Location, hours: int = 1) -> Order:
    order = moved(location, 30 * HOUR)
    order.change(stage="carrier_assigned", check_due_at=timezone.now() - hours * HOUR)
    return order


# Orders ---------------------------------------------------------------------------------------


def test_orders_past_their_clock_are_asked_about_oldest_first_and_no_more_than_a_round_holds(
    monkeypatch,
):
    monkeypatch.setattr(schedule, "CHECKS_AT_ONCE", 2)
    location = make_location()
    orders = [overdue(location, hours) for hours in (1, 3, 2)]
    not_yet = moved(location, HOUR)
    not_yet.change(stage="carrier_assigned", check_due_at=timezone.now() + HOUR)

    schedule.run_round()
    schedule.run_round()

    assert {order.pk for order in order_comparison.requested(location)} == {
        orders[1].pk,
        orders[2].pk,
    }
    job = SyncJob.objects.get(kind="checks")
    assert (job.location, job.status, job.is_polling) == (location, SyncJob.Status.PENDING, True)


def test_each_location_has_its_own_room_in_a_round(monkeypatch):
    monkeypatch.setattr(schedule, "CHECKS_AT_ONCE", 1)
    locations = [make_location(), make_location()]
    for location in locations * 3:
        overdue(location)

    schedule.run_round()

    assert [order_comparison.requested(location).count() for location in locations] == [1, 1]


# Stock ----------------------------------------------------------------------------------------


def test_each_live_location_has_its_turn_once_a_day():
    old, recent = make_location(), make_location()
    never, not_live = make_location(), make_location(live=False)
    read(old, 25 * HOUR)
    read(recent, 23 * HOUR)

    schedule.run_round()

    assert asked() == {old.pk: "rotation", never.pk: "first"}
    assert started() == {old.pk, never.pk}
    assert not_live.pk not in asked()


def test_a_few_of_an_account_are_read_at_once_the_longest_asked_first(monkeypatch):
    monkeypatch.setattr(schedule, "READ_BACKS_AT_ONCE", 2)
    seller = make_seller()
    locations = [make_location(seller=seller) for _ in range(4)]
    for n, location in enumerate(locations):
        read(location, 2 * HOUR, asked_at=timezone.now() - n * HOUR, ended_at=None, begun_at=None)
    other = make_location()
    read(other, 25 * HOUR)

    schedule.run_round()
    schedule.run_round()

    assert started() == {locations[3].pk, locations[2].pk, other.pk}


def test_silence_while_orders_move_is_read_at_once():
    silent, heard_since, quiet = make_location(), make_location(), make_location()
    for location in (silent, heard_since, quiet):
        Location.objects.filter(pk=location.pk).update(live_at=timezone.now() - 9 * HOUR)
        read(location, 6 * HOUR)
        heard(location, 5 * HOUR)
    moved(silent, 2 * HOUR)
    moved(heard_since, 2 * HOUR)
    heard(heard_since, HOUR)

    schedule.run_round()

    assert asked() == {silent.pk: "silence"}


def refused(location, ago, topic=Topic.INVENTORY, cause="wrong_token"):
    at = timezone.now() - ago
    Refusal.objects.create(
        endpoint_id=location.endpoints.get(topic=topic).pk,
        cause=cause,
        hour=at.replace(minute=0, second=0, microsecond=0),
        count=3,
        last_at=at,
    )


def test_levels_are_read_at_once_when_refused_webhooks_are_taken_again():
    mended, failing, read_since, another = [make_location() for _ in range(4)]
    for location in (mended, failing, read_since, another):
        Location.objects.filter(pk=location.pk).update(live_at=timezone.now() - 9 * HOUR)
        read(location, 30 * MINUTE)
        refused(location, 20 * MINUTE, Topic.MANIFESTED)
    for location in (mended, failing):
        refused(location, 20 * MINUTE)
    refused(read_since, 40 * MINUTE)
    refused(another, 20 * MINUTE, cause="method")
    for location in (mended, read_since, another):
        heard(location, 10 * MINUTE)

    schedule.run_round()

    assert asked() == {mended.pk: "refused"}


def test_two_senders_of_which_one_is_refused_are_not_read_back_in_every_round():
    location = make_location()
    Location.objects.update(live_at=timezone.now() - 9 * HOUR)
    read(location, 20 * MINUTE)
    refused(location, 2 * MINUTE)
    heard(location, MINUTE)

    schedule.run_round()

    assert asked() == {}


def test_levels_are_read_once_an_hour_while_all_webhooks_are_refused():
    location = make_location()
    Location.objects.update(live_at=timezone.now() - 9 * HOUR)
    read(location, HOUR + MINUTE)
    refused(location, 5 * MINUTE)

    schedule.run_round()
    assert asked() == {location.pk: "refused"}
    ReadBack.objects.filter(ended_at=None).update(ended_at=timezone.now())
    refused(location, -MINUTE, cause="no_token")
    schedule.run_round()

    assert asked() == {}


@pytest.mark.parametrize("minutes", [30, 50])
def test_order_of_a_moment_ago_makes_no_silence(minutes):
    location = make_location()
    Location.objects.update(live_at=timezone.now() - 9 * HOUR)
    read(location, 6 * HOUR)
    moved(location, minutes * MINUTE)

    schedule.run_round()

    assert asked() == {}


def test_webhook_that_came_before_easyecoms_own_answer_is_no_silence():
    location = make_location()
    Location.objects.update(live_at=timezone.now() - 9 * HOUR)
    read(location, 6 * HOUR)
    heard(location, 2 * HOUR + MINUTE)
    moved(location, 2 * HOUR)

    schedule.run_round()

    assert asked() == {}


def test_silence_that_was_read_once_waits_for_the_next_order():
    location = make_location()
    Location.objects.update(live_at=timezone.now() - 9 * HOUR)
    moved(location, 3 * HOUR)
    read(location, 2 * HOUR)

    schedule.run_round()
    assert asked() == {}
    moved(location, HOUR + MINUTE)
    schedule.run_round()

    assert asked() == {location.pk: "silence"}


def test_manifests_and_read_backs_are_no_word_about_stock():
    location = make_location()
    Location.objects.update(live_at=timezone.now() - 9 * HOUR)
    read(location, 6 * HOUR)
    moved(location, 2 * HOUR)
    for topic, endpoint in ((Topic.MANIFESTED, True), (Topic.INVENTORY, False)):
        own = location.endpoints.get(topic=topic) if endpoint else None
        location.deliveries.create(
            topic=topic, endpoint=own, status="applied", received_at=timezone.now()
        )

    schedule.run_round()

    assert asked() == {location.pk: "silence"}


def test_after_the_console_was_away_everything_is_read_at_once(settings):
    locations = {make_location().pk, make_location().pk}
    now = timezone.now()
    for pk in locations:
        read(Location.objects.get(pk=pk))
    schedule.Mark.objects.create(name="round", at=now - 40 * MINUTE)

    schedule.run_round()
    assert asked() == dict.fromkeys(locations, "downtime")
    ReadBack.objects.update(ended_at=now)
    schedule.run_round()

    assert asked() == {}


def test_rounds_that_follow_each_other_are_no_downtime():
    read(make_location())
    schedule.run_round()

    assert asked() == {}
    assert not schedule.was_away(timezone.now() + 20 * MINUTE)


@pytest.mark.parametrize(
    ("ago", "is_its_turn"),
    [
        (24 * HOUR - timedelta(microseconds=1), False),
        (24 * HOUR, True),
        (24 * HOUR + timedelta(microseconds=1), True),
    ],
)
def test_location_has_its_turn_when_the_hours_are_over(settings, ago, is_its_turn):
    settings.STOCK_READ_HOURS = 24
    location, now = make_location(), timezone.now()
    at = now - ago
    read(location, asked_at=at, begun_at=at, ended_at=at)

    assert schedule.locations_in_turn(now).exists() == is_its_turn


@pytest.mark.parametrize(
    ("before_the_order", "is_read_again"),
    [
        (10 * MINUTE - timedelta(microseconds=1), False),
        (10 * MINUTE, False),
        (10 * MINUTE + timedelta(microseconds=1), True),
    ],
)
def test_levels_read_shortly_before_an_order_was_answered_are_of_after_it(
    before_the_order, is_read_again
):
    """As a webhook may come before EasyEcom's answer to the order that caused it."""
    location = make_location()
    Location.objects.update(live_at=timezone.now() - 9 * HOUR)
    order = Order.objects.get(pk=moved(location, 2 * HOUR).pk)
    at = order.pushed_at - before_the_order
    read(location, asked_at=at, begun_at=at, ended_at=at)

    assert schedule.silent_locations(timezone.now()) == ([location.pk] if is_read_again else [])


@pytest.mark.parametrize(
    ("since", "is_away"),
    [(35 * MINUTE, False), (35 * MINUTE + timedelta(microseconds=1), True)],
)
def test_host_was_away_when_more_than_35_minutes_passed_between_rounds(since, is_away):
    now = timezone.now()
    schedule.Mark.objects.create(name="round", at=now - since)

    assert schedule.was_away(now) == is_away


def test_location_that_is_not_live_is_read_for_no_cause():
    make_location(live=False)
    schedule.Mark.objects.create(name="round", at=timezone.now() - 40 * MINUTE)

    schedule.run_round()

    assert not ReadBack.objects.exists()


def test_order_that_waits_to_be_asked_about_keeps_its_place():
    order, now = overdue(make_location()), timezone.now()

    for minutes in (0, 1, 2):
        schedule.request_checks(Order.objects.all(), now + minutes * MINUTE)

    order.refresh_from_db()
    assert order.check_asked_at == now


@time_machine.travel("2026-11-23T10:00:00Z", tick=False)
def test_first_round_of_all_is_no_downtime():
    assert not schedule.was_away(timezone.now())
    assert not schedule.was_away(timezone.now())


# A whole read-back ----------------------------------------------------------------------------


def page(location: Location, next_url: str | None, *skus: str) -> dict[str, Any]:
    rows = [
        {"sku": sku, "availableInventory": 1, "location_key": location.location_key} for sku in skus
    ]
    return {"code": 200, "data": {"inventoryData": rows, "nextUrl": next_url}}


def test_read_back_counts_its_pages_and_levels_and_ends_with_its_last_number(easyecom):
    location = make_location()
    easyecom.get(INVENTORY, json=page(location, "/getInventoryDetailsV3?cursor=2", "A", "B"))
    easyecom.get(f"{INVENTORY}?cursor=2", json=page(location, None, "C"))
    schedule.run_round()

    run(SyncJob.objects.get(kind="stock"))

    read_back = ReadBack.objects.get()
    assert (read_back.pages, read_back.levels) == (2, 3)
    assert read_back.ended_at >= read_back.begun_at >= read_back.asked_at
    assert read_back.arrival == location.deliveries.latest("pk").pk


def test_refused_page_ends_it_and_the_next_one_begins_anew(easyecom, settings):
    location = make_location()
    refused = {"code": 400, "message": "Invalid cursor", "data": []}
    easyecom.get(INVENTORY, json=page(location, "/getInventoryDetailsV3?cursor=2", "A"))
    easyecom.get(f"{INVENTORY}?cursor=2", json=refused)
    schedule.run_round()

    job = run(SyncJob.objects.get(kind="stock"))

    read_back = ReadBack.objects.get()
    assert (job.status, job.next_page) == (SyncJob.Status.FAILED, "")
    assert (read_back.ended_at is None, read_back.arrival) == (False, None)
    settings.STOCK_READ_HOURS = 1e-9
    schedule.run_round()
    assert ReadBack.objects.count() == 2
    assert started() == {location.pk}


def test_person_asks_for_a_seller_and_all_of_it_is_compared():
    seller = make_seller()
    locations = [make_location(seller=seller), make_location(seller=seller)]
    order = moved(locations[0], HOUR)
    elsewhere = moved(make_location(), HOUR)

    jobs = schedule.request_seller(seller, actor="asha")

    kinds = SyncJob.objects.filter(pk__in=jobs).values_list("kind", "location_id")
    assert set(kinds) == {
        (kind, location.pk) for kind in ("checks", "stock") for location in locations
    }
    assert asked() == dict.fromkeys([location.pk for location in locations], "first")
    order.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (order.check_asked_at is None, elsewhere.check_asked_at) == (False, None)
