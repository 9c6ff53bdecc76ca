import threading

import pytest
from django.db import DatabaseError, connection, transaction

from integration import easyecom, inbox, inventory
from integration.models import Delivery, ParkedLine, StockLevel, Topic
from tests.factories import make_location, make_order, pushed
from tests.integration import deliveries
from tests.integration.deliveries import levels, manifest_row

pytestmark = pytest.mark.django_db


def verdict(delivery):
    delivery.refresh_from_db()
    return delivery.status, delivery.reason, delivery.lines, delivery.lines_applied


def parked(delivery):
    lines = ParkedLine.objects.filter(delivery=delivery)
    return [(line.line, line.reason, line.sku) for line in lines]


def test_what_is_stored_is_applied_and_marked():
    location = make_location()
    assert not inbox.has_stored()
    delivery = deliveries.inventory(location, ("A", 1), ("B", 2))
    assert inbox.has_stored()

    assert inbox.drain() == 1

    assert verdict(delivery) == ("applied", "", 2, 2)
    assert delivery.judged_at is not None
    assert delivery.times_applied == 1
    assert not inbox.has_stored()


def test_one_bad_line_does_not_spoil_the_others():
    location = make_location()
    delivery = deliveries.inventory(location, ("A", 1), ("B", -2), ("C", 3))

    inbox.drain()

    assert verdict(delivery) == ("partly", "bad_level", 3, 2)
    assert parked(delivery) == [(1, "bad_level", "B")]
    assert levels(location) == {"A": 1, "C": 3}


def test_a_body_of_bad_lines_only_is_parked():
    delivery = deliveries.inventory(make_location(), ("A", None), ("B", "many"))

    inbox.drain()

    assert verdict(delivery) == ("parked", "bad_level", 2, 0)


def test_an_unreadable_body_is_parked_with_the_reason():
    delivery = deliveries.stored(make_location(), Topic.INVENTORY, b"<html>")

    inbox.drain()

    assert verdict(delivery) == ("parked", "html", 0, 0)
    assert delivery.reason_message


def test_a_line_that_names_its_location_any_way_is_applied():
    location = make_location()
    delivery = deliveries.inventory(
        location,
        {"sku": "A", "inventory": 1, "location_key": location.location_key, "warehouse_id": 1},
        {"sku": "B", "inventory": 1, "warehouse_id": int(location.company_id)},
        {"sku": "C", "inventory": 1, "warehouseId": location.company_id},
        {"sku": "D", "inventory": 1},
    )
    inbox.drain()

    assert verdict(delivery) == ("applied", "", 4, 4)
    assert levels(location) == {"A": 1, "B": 1, "C": 1, "D": 1}


def test_a_line_that_names_another_location_is_parked():
    location = make_location()
    sibling, stranger = make_location(seller=location.seller), make_location()
    delivery = deliveries.inventory(
        location,
        {"sku": "A", "inventory": 1, "location_key": sibling.location_key},
        {"sku": "B", "inventory": 1, "location_key": stranger.location_key},
        {"sku": "C", "inventory": 1, "warehouse_id": sibling.company_id},
        {"sku": "D", "inventory": 1, "location_key": "nobody"},
    )
    inbox.drain()

    assert verdict(delivery) == ("parked", "foreign_location", 4, 0)
    assert parked(delivery) == [(n, "foreign_location", sku) for n, sku in enumerate("ABCD")]
    assert not StockLevel.objects.exists()


def test_a_manifest_that_names_another_location_is_parked():
    order = pushed(make_order())
    row = manifest_row(order, location_key=make_location().location_key)
    delivery = deliveries.manifested(order.location, row)
    inbox.drain()

    order.refresh_from_db()
    assert order.stage == "awaiting_carrier"
    line = ParkedLine.objects.get(delivery=delivery)
    assert (line.reason, line.order_number) == ("foreign_location", order.order_number)


def test_where_our_warehouse_id_is_not_known_a_lines_says_nothing_against_it():
    location = make_location()
    type(location).objects.filter(pk=location.pk).update(company_id="", live_at=None)
    delivery = deliveries.inventory(location, {"sku": "A", "inventory": 1, "warehouse_id": 9})
    inbox.drain()

    assert verdict(delivery)[0] == "applied"


def test_a_read_back_comes_in_by_the_same_door():
    location = make_location()
    asked = deliveries.stored(
        location,
        Topic.INVENTORY,
        {"inventoryData": [{"sku": "A", "inventory": 5}, {"sku": "B", "inventory": 5}]},
        endpoint=None,
        source=Delivery.Source.RECONCILED,
        status=Delivery.Status.ASKED,
    )
    deliveries.inventory(location, ("A", 9))
    inbox.drain()
    assert levels(location) == {"A": 9}

    Delivery.objects.filter(pk=asked.pk).update(status="stored")
    inbox.drain()

    assert verdict(asked) == ("applied", "", 2, 2)
    assert levels(location) == {"A": 9, "B": 5}


def test_replay_keeps_the_old_arrival_number_and_replaces_the_old_verdict():
    location = make_location()
    foreign = {"sku": "A", "inventory": 1, "location_key": "renamed"}
    older = deliveries.inventory(location, foreign, ("B", 1), ("C", -1))
    deliveries.inventory(location, ("B", 7))
    inbox.drain()
    assert verdict(older) == ("partly", "foreign_location", 3, 1)
    type(location).objects.filter(pk=location.pk).update(location_key="renamed")

    assert inbox.replay(Delivery.objects.filter(pk=older.pk)) == 1
    inbox.drain()

    assert verdict(older) == ("partly", "bad_level", 3, 2)
    assert older.times_applied == 2
    assert parked(older) == [(2, "bad_level", "C")]
    assert levels(location) == {"A": 1, "B": 7}
    assert StockLevel.objects.get(sku="A").arrival == older.pk


def test_replay_leaves_out_what_has_no_body_or_is_stored_already():
    location = make_location()
    for status in ("stored", "asked", "empty"):
        deliveries.stored(location, Topic.INVENTORY, b"", status=status)
    gone = deliveries.stored(
        location, Topic.INVENTORY, b"", status="applied", body_deleted_at=deliveries.RECEIVED_AT
    )

    assert inbox.replay(Delivery.objects.order_by("pk")[:10]) == 0
    assert verdict(gone)[0] == "applied"


def test_batches_are_bounded_by_count_and_by_bytes(monkeypatch):
    location = make_location()
    ids = [deliveries.inventory(location, ("A", n)).pk for n in range(5)]
    monkeypatch.setattr(inbox, "BATCH_COUNT", 3)
    assert [one.pk for one in inbox.next_batch()] == ids[:3]

    monkeypatch.setattr(inbox, "BATCH_BYTES", 1)
    assert [one.pk for one in inbox.next_batch()] == ids[:1]

    assert inbox.drain() == 5
    assert levels(location) == {"A": 4}


def test_a_drain_without_time_left_begins_nothing():
    deliveries.inventory(make_location(), ("A", 1))

    assert inbox.drain(seconds=0) == 0
    assert inbox.has_stored()


def test_a_fault_with_one_delivery_parks_it_and_lets_the_others_pass(monkeypatch, caplog):
    location = make_location()
    good, bad, last = (
        deliveries.inventory(location, ("A", 1)),
        deliveries.inventory(location, ("canary-sku", 2)),
        deliveries.inventory(location, ("C", 3)),
    )
    write = inventory.write

    def stumble(rows, now):
        written = write(rows, now)
        if any(row.sku == "canary-sku" for row in rows):
            raise ZeroDivisionError("canary-sku")
        return written

    monkeypatch.setattr(inventory, "write", stumble)
    assert inbox.drain() == 3

    assert verdict(good)[0] == verdict(last)[0] == "applied"
    assert verdict(bad) == ("parked", "internal_error", 0, 0)
    assert "ZeroDivisionError" in bad.reason_message
    assert levels(location) == {"A": 1, "C": 3}
    assert "canary" not in bad.reason_message + caplog.text

    monkeypatch.setattr(inventory, "write", write)
    inbox.replay(Delivery.objects.filter(pk=bad.pk))
    inbox.drain()
    assert levels(location) == {"A": 1, "canary-sku": 2, "C": 3}


def test_a_fault_of_the_database_with_one_delivery_parks_only_that(monkeypatch):
    location = make_location()
    good, bad = deliveries.inventory(location, ("A", 1)), deliveries.inventory(location, ("B", 2))
    write = inventory.write

    def stumble(rows, now):
        if any(row.sku == "B" for row in rows):
            with connection.cursor() as cursor:
                cursor.execute("SELECT no_such_column")
        return write(rows, now)

    monkeypatch.setattr(inventory, "write", stumble)
    inbox.drain()

    assert verdict(good)[0] == "applied"
    assert verdict(bad)[1] == "internal_error"


def test_a_fault_of_the_reader_parks_that_delivery(monkeypatch):
    delivery = deliveries.inventory(make_location(), ("A", 1))

    def stumble(body):
        raise RecursionError

    monkeypatch.setattr(easyecom, "read_inventory", stumble)
    inbox.drain()

    assert verdict(delivery)[1] == "internal_error"


def test_when_the_database_is_gone_everything_stays_stored(monkeypatch):
    delivery = deliveries.inventory(make_location(), ("A", 1))

    def gone(rows, now):
        raise DatabaseError

    monkeypatch.setattr(inventory, "write", gone)
    monkeypatch.setattr(inbox, "is_connected", lambda: False)
    with pytest.raises(DatabaseError):
        inbox.drain()

    assert verdict(delivery) == ("stored", "", 0, 0)


HOSTILE = {
    "NUL in a value": b'{"inventoryData":[{"sku":"a\\u0000b","inventory":1}]}',
    "NUL in a key": b'{"inventoryData":[{"sku":"a","inventory":"x","k\\u0000":1}]}',
    "raw NUL": b'{"inventoryData":[{"sku":"a\x00b","inventory":1}]}',
    "lone surrogate": b'{"inventoryData":[{"sku":"\\ud800","inventory":1}]}',
    "surrogate in a key": b'{"\\ud800":1}',
    "NaN": b'{"inventoryData":[{"sku":"a","inventory":NaN}]}',
    "Infinity": b'{"inventoryData":[{"sku":"a","inventory":-Infinity}]}',
    "1e999": b'{"inventoryData":[{"sku":"a","inventory":1e999}]}',
    "1E400": b'{"inventoryData":[{"sku":"a","inventory":1E400}]}',
    "endless exponent": b'{"inventoryData":[{"sku":"a","inventory":1e99999999999999999999}]}',
    "4,301 digits": b'{"inventoryData":[{"sku":"a","inventory":' + b"9" * 4301 + b"}]}",
    "10^998": b'{"inventoryData":[{"sku":"a","inventory":1' + b"0" * 998 + b"}]}",
    "2^63": b'{"inventoryData":[{"sku":"a","inventory":9223372036854775808}]}',
    "a million and one": b'{"inventoryData":[{"sku":"a","inventory":1000001}]}',
    "negative": b'{"inventoryData":[{"sku":"a","inventory":-1}]}',
    "fraction": b'{"inventoryData":[{"sku":"a","inventory":2.5}]}',
    "true": b'{"inventoryData":[{"sku":"a","inventory":true}]}',
    "null level": b'{"inventoryData":[{"sku":"a","inventory":null}]}',
    "Arabic digit": '{"inventoryData":[{"sku":"a","inventory":"٣"}]}'.encode(),
    "nested 65": b"[" * 65 + b"]" * 65,
    "nested 990": b"[" * 990 + b"]" * 990,
    "nested 100,000": b"[" * 100_000 + b"]" * 100_000,
    "nested and open": b'{"a":' * 100_000,
    "duplicate keys": b'{"inventoryData":[{"sku":"a","inventory":1,"inventory":0}]}',
    "100,000 keys": b'{"inventoryData":[{'
    + b",".join(b'"k%d":1' % n for n in range(100_000))
    + b"}]}",
    "too many lines": b'{"inventoryData":['
    + b",".join(b'{"sku":"s%d","inventory":1}' % n for n in range(5001))
    + b"]}",
    "two megabytes of SKU": b'{"inventoryData":[{"sku":"'
    + b"x" * 2_000_000
    + b'","inventory":1}]}',
    "a SKU too long for its column": b'{"inventoryData":[{"sku":"'
    + b"x" * 256
    + b'","inventory":1}]}',
    "gzip": bytes.fromhex("1f8b0800000000000003ab5604000000ffff"),
    "UTF-16": '{"inventoryData":[]}'.encode("utf-16"),
    "Latin-1": '{"inventoryData":[{"sku":"é","inventory":1}]}'.encode("latin-1"),
    "empty": b"",
    "blank": b" \n ",
    "null": b"null",
    "true alone": b"true",
    "1": b"1",
    "a string": b'"x"',
    "[]": b"[]",
    "{}": b"{}",
    "HTML": b"<!doctype html><p>Login",
    "truncated": b'{"inventoryData":[{"sku":"a","inv',
    "trailing junk": b'{"inventoryData":[{"sku":"a","inventory":1}]} x',
    "no object": b'{"inventoryData":[1,"a",null,[]]}',
    "wrapper of a string": b'{"inventoryData":"all"}',
    "tracking": b'[{"awb":"1","currentShippingStatus":"Delivered"}]',
    "the other topic": b'[{"reference_code":"BN-1","order_items":[]}]',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("topic", Topic.values)
def test_a_hostile_body_is_parked_and_nothing_else_comes_of_it(topic, body):
    location = make_location()
    delivery = deliveries.stored(location, topic, body)

    assert inbox.drain() == 1

    status, reason, _, applied = verdict(delivery)
    assert (status, applied) == ("parked", 0)
    assert reason not in ("", "internal_error")
    assert bytes(delivery.body) == body
    assert not StockLevel.objects.exists()


GOOD = {
    "a string of digits": b'{"inventoryData":[{"sku":"a","inventory":"3"}]}',
    "a byte order mark": b'\xef\xbb\xbf{"inventoryData":[{"sku":"a","inventory":3}]}',
    "nested 60": b'{"inventoryData":[{"sku":"a","inventory":3,"x":'
    + b"[" * 60
    + b"]" * 60
    + b"}]}",
    "two lists": b'[[{"sku":"a","inventory":3}]]',
}


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_an_odd_but_good_body_is_applied(body):
    location = make_location()
    delivery = deliveries.stored(location, Topic.INVENTORY, body)
    inbox.drain()

    assert verdict(delivery)[0] == "applied"
    assert levels(location) == {"a": 3}


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has no row locks")
def test_what_another_drain_holds_is_passed_over():
    location = make_location()
    held, free = deliveries.inventory(location, ("A", 1)), deliveries.inventory(location, ("B", 2))
    found = []

    def drain():
        try:
            found.append(inbox.drain())
        finally:
            connection.close()

    with transaction.atomic():
        Delivery.objects.select_for_update().get(pk=held.pk)
        thread = threading.Thread(target=drain)
        thread.start()
        thread.join(20)

    assert found == [1]
    assert verdict(held)[0] == "stored"
    assert verdict(free)[0] == "applied"
