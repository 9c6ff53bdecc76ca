import threading
from contextlib import suppress

import pytest
from django.db import DatabaseError, connection, transaction
from structlog.testing import capture_logs

from integration import easyecom
from integration.catalog import stock
from integration.models import Change, Delivery, Order, ParkedLine, StockEntry, StockLevel, Topic
from integration.webhooks import processing
from tests import only_on
from tests.factories import make_location, make_order, pushed
from tests.integration import deliveries
from tests.integration.deliveries import levels, manifest_row

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def verdict(delivery):
    delivery.refresh_from_db()
    return delivery.status, delivery.reason, delivery.lines, delivery.lines_applied


def parked(delivery):
    lines = ParkedLine.objects.filter(delivery=delivery)
    return [(line.line, line.reason, line.sku) for line in lines]


def test_what_is_stored_is_applied_and_marked():
    location = make_location()
    assert not processing.has_stored()
    delivery = deliveries.inventory(location, ("A", 1), ("B", 2))
    assert processing.has_stored()

    assert processing.drain() == 1

    assert verdict(delivery) == ("applied", "", 2, 2)
    assert delivery.judged_at is not None
    assert delivery.times_applied == 1
    assert not processing.has_stored()


def test_one_bad_line_does_not_spoil_the_others():
    location = make_location()
    delivery = deliveries.inventory(location, ("A", 1), ("B", "2.5"), ("C", 3))

    processing.drain()

    assert verdict(delivery) == ("partly", "bad_level", 3, 2)
    assert parked(delivery) == [(1, "bad_level", "B")]
    assert levels(location) == {"A": 1, "C": 3}


def test_a_body_of_bad_lines_only_is_parked():
    delivery = deliveries.inventory(make_location(), ("A", None), ("B", "many"))

    processing.drain()

    assert verdict(delivery) == ("parked", "bad_level", 2, 0)


def test_an_unreadable_body_is_parked_with_the_reason():
    delivery = deliveries.stored(make_location(), Topic.INVENTORY, b"<html>")

    processing.drain()

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
    processing.drain()

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
    processing.drain()

    assert verdict(delivery) == ("parked", "foreign_location", 4, 0)
    assert parked(delivery) == [(n, "foreign_location", sku) for n, sku in enumerate("ABCD")]
    assert not StockLevel.objects.exists()


@pytest.mark.parametrize("write", [str.upper, str.lower, str.title])
def test_a_location_key_in_other_letters_is_the_same_location(write):
    location = make_location(location_key="nE29488101841")
    order = pushed(make_order(location))
    key = write(location.location_key)
    deliveries.inventory(location, {"sku": "A", "inventory": 1, "location_key": key})
    deliveries.manifested(location, manifest_row(order, location_key=key))
    processing.drain()

    order.refresh_from_db()
    assert (levels(location), order.stage) == ({"A": 1}, "manifested")


def test_a_manifest_that_names_another_location_is_parked():
    order = pushed(make_order())
    row = manifest_row(order, location_key=make_location().location_key)
    delivery = deliveries.manifested(order.location, row)
    processing.drain()

    order.refresh_from_db()
    assert order.stage == "awaiting_carrier"
    line = ParkedLine.objects.get(delivery=delivery)
    assert (line.reason, line.order_number) == ("foreign_location", order.order_number)


def test_where_our_warehouse_id_is_not_known_a_lines_says_nothing_against_it():
    location = make_location()
    type(location).objects.filter(pk=location.pk).update(company_id="", live_at=None)
    delivery = deliveries.inventory(location, {"sku": "A", "inventory": 1, "warehouse_id": 9})
    processing.drain()

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
    processing.drain()
    assert levels(location) == {"A": 9}

    Delivery.objects.filter(pk=asked.pk).update(status="stored")
    processing.drain()

    assert verdict(asked) == ("applied", "", 2, 2)
    assert levels(location) == {"A": 9, "B": 5}


def test_replay_keeps_the_old_arrival_number_and_replaces_the_old_verdict():
    location = make_location()
    foreign = {"sku": "A", "inventory": 1, "location_key": "renamed"}
    older = deliveries.inventory(location, foreign, ("B", 1), ("C", 0.5))
    deliveries.inventory(location, ("B", 7))
    processing.drain()
    assert verdict(older) == ("partly", "foreign_location", 3, 1)
    type(location).objects.filter(pk=location.pk).update(location_key="renamed")

    assert processing.replay(Delivery.objects.filter(pk=older.pk)) == 1
    processing.drain()

    assert verdict(older) == ("partly", "bad_level", 3, 2)
    assert older.times_applied == 2
    assert parked(older) == [(2, "bad_level", "C")]
    assert levels(location) == {"A": 1, "B": 7}
    assert StockLevel.objects.get(sku="A").arrival == older.pk


def test_batch_that_another_drain_has_judged_meanwhile_is_not_applied_again():
    location = make_location()
    delivery = deliveries.inventory(location, ("A", 5), ("B", "many"))
    stale = [processing.parse(each) for each in processing.next_batch()]
    processing.drain()
    before = verdict(delivery), StockEntry.objects.count(), Change.objects.count()

    assert processing.apply(stale) == 0

    delivery.refresh_from_db()
    assert delivery.times_applied == 1
    assert (verdict(delivery), StockEntry.objects.count(), Change.objects.count()) == before


def test_replay_leaves_out_what_has_no_body_or_is_stored_already():
    location = make_location()
    for status in ("stored", "asked", "empty"):
        deliveries.stored(location, Topic.INVENTORY, b"", status=status)
    gone = deliveries.stored(
        location, Topic.INVENTORY, b"", status="applied", body_deleted_at=deliveries.RECEIVED_AT
    )

    assert processing.replay(Delivery.objects.order_by("pk")[:10]) == 0
    assert verdict(gone)[0] == "applied"


def test_batches_are_bounded_by_count_and_by_bytes(monkeypatch):
    location = make_location()
    ids = [deliveries.inventory(location, ("A", n)).pk for n in range(5)]
    monkeypatch.setattr(processing, "BATCH_COUNT", 3)
    assert [one.pk for one in processing.next_batch()] == ids[:3]

    monkeypatch.setattr(processing, "BATCH_BYTES", 1)
    assert [one.pk for one in processing.next_batch()] == ids[:1]

    assert processing.drain() == 5
    assert levels(location) == {"A": 4}


def test_bodies_that_fill_a_batch_to_the_byte_are_one_batch(monkeypatch):
    location = make_location()
    first, second, third = (deliveries.inventory(location, ("A", n)) for n in range(3))
    monkeypatch.setattr(processing, "BATCH_BYTES", first.size + second.size)

    assert processing.next_batch() == [first, second]
    Delivery.objects.filter(pk__in=[first.pk, second.pk]).update(status="applied")
    assert processing.next_batch() == [third]


def test_second_try_of_a_batch_judges_every_line_anew(monkeypatch):
    """The order came after the first try, which something else ended."""
    location = make_location()
    row = manifest_row(reference_code="BN-1", invoice_id=91, location_key=location.location_key)
    delivery = deliveries.manifested(location, row)
    apply, tried = processing.apply, []

    def apply_once_in_vain(readings):
        if not tried:
            tried.append(readings)
            with suppress(InterruptedError), transaction.atomic():
                apply(readings)
                raise InterruptedError
            pushed(make_order(location, order_number="BN-1"))
            Order.objects.update(easyecom_invoice_id="91")
            raise RuntimeError
        return apply(readings)

    monkeypatch.setattr(processing, "apply", apply_once_in_vain)

    processing.drain()

    assert verdict(delivery) == ("applied", "", 1, 1)
    # Nor was it parked first, and tried again later.
    assert (parked(delivery), delivery.times_applied) == ([], 1)


def test_a_drain_without_time_left_begins_nothing():
    deliveries.inventory(make_location(), ("A", 1))

    assert processing.drain(seconds=0) == 0
    assert processing.has_stored()


def test_a_fault_with_one_delivery_parks_it_and_lets_the_others_pass(monkeypatch, caplog):
    location = make_location()
    good, bad, last = (
        deliveries.inventory(location, ("A", 1)),
        deliveries.inventory(location, ("canary-sku", 2)),
        deliveries.inventory(location, ("C", 3)),
    )
    write = stock.upsert_levels

    def stumble(rows, now):
        written = write(rows, now)
        if any(row.sku == "canary-sku" for row in rows):
            raise ZeroDivisionError("canary-sku")
        return written

    monkeypatch.setattr(stock, "upsert_levels", stumble)
    assert processing.drain() == 3

    assert verdict(good)[0] == verdict(last)[0] == "applied"
    assert verdict(bad) == ("parked", "internal_error", 0, 0)
    assert "ZeroDivisionError" in bad.reason_message
    assert levels(location) == {"A": 1, "C": 3}
    assert "canary" not in bad.reason_message + caplog.text

    monkeypatch.setattr(stock, "upsert_levels", write)
    processing.replay(Delivery.objects.filter(pk=bad.pk))
    processing.drain()
    assert levels(location) == {"A": 1, "canary-sku": 2, "C": 3}


def test_a_fault_of_the_database_with_one_delivery_parks_only_that(monkeypatch):
    location = make_location()
    good, bad = deliveries.inventory(location, ("A", 1)), deliveries.inventory(location, ("B", 2))
    write = stock.upsert_levels

    def stumble(rows, now):
        if any(row.sku == "B" for row in rows):
            with connection.cursor() as cursor:
                cursor.execute("SELECT no_such_column")
        return write(rows, now)

    monkeypatch.setattr(stock, "upsert_levels", stumble)
    processing.drain()

    assert verdict(good)[0] == "applied"
    assert verdict(bad)[1] == "internal_error"


def test_a_fault_of_the_reader_parks_that_delivery(monkeypatch):
    delivery = deliveries.inventory(make_location(), ("A", 1))

    def stumble(body):
        raise RecursionError

    monkeypatch.setattr(easyecom, "read_inventory", stumble)
    processing.drain()

    assert verdict(delivery)[1] == "internal_error"


def test_when_the_database_is_gone_everything_stays_stored(monkeypatch):
    delivery = deliveries.inventory(make_location(), ("A", 1))

    def gone(rows, now):
        raise DatabaseError

    monkeypatch.setattr(stock, "upsert_levels", gone)
    monkeypatch.setattr(processing, "is_connected", lambda: False)
    with pytest.raises(DatabaseError):
        processing.drain()

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

    assert processing.drain() == 1

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
    processing.drain()

    assert verdict(delivery)[0] == "applied"
    assert levels(location) == {"a": 3}


@pytest.mark.django_db(transaction=True)
@only_on.postgresql("row locks")
def test_what_another_drain_holds_is_passed_over():
    location = make_location()
    held, free = deliveries.inventory(location, ("A", 1)), deliveries.inventory(location, ("B", 2))
    found = []

    def drain():
        try:
            found.append(processing.drain())
        finally:
            connection.close()

    with transaction.atomic():
        Delivery.objects.select_for_update().get(pk=held.pk)
        thread = threading.Thread(target=drain)
        thread.start()
        thread.join(60)

    assert found == [1]
    assert verdict(held)[0] == "stored"
    assert verdict(free)[0] == "applied"


# What is kept of a line and a fault --------------------------------------------------------------


def test_parked_line_keeps_as_much_as_its_columns_hold():
    delivery = deliveries.inventory(make_location())
    reading = processing.Reading(delivery)
    nothing = dict.fromkeys(easyecom.Manifest.__dataclass_fields__, "")
    number = f"BN-{'7' * 200}_OR2"
    manifest = easyecom.Manifest(**nothing | {"line": 4, "order_number": number})

    reading.park(manifest, "r" * 40, "m" * 600)

    line = reading.parked[4]
    assert (line.delivery, line.line, line.reason, line.message) == (
        delivery,
        4,
        "r" * 32,
        "m" * 500,
    )
    assert (line.sku, line.order_number) == ("", f"BN-{'7' * 97}")
    assert line.reference == f"BN-{'7' * 97}"


def test_parked_order_is_kept_by_its_number_and_as_it_was_written():
    reading = processing.Reading(deliveries.inventory(make_location()))
    nothing = dict.fromkeys(easyecom.Manifest.__dataclass_fields__, "")
    reading.park(easyecom.Manifest(**nothing | {"line": 0, "order_number": "BN-7_OR2"}), "r", "m")
    reading.park(easyecom.BadLine(1, "bad_level", "No number."), "bad_level", "No number.")
    nothing = dict.fromkeys(easyecom.Level.__dataclass_fields__, "")
    reading.park(easyecom.Level(**nothing | {"line": 2, "sku": "KURTA"}), "r", "m")

    kept = [(each.order_number, each.reference, each.sku) for each in reading.parked.values()]
    assert kept == [("BN-7", "BN-7_OR2", ""), ("", "", ""), ("", "", "KURTA")]


def test_unreadable_body_says_why():
    reading = processing.parse(deliveries.stored(make_location(), Topic.INVENTORY, b"<html>"))

    assert (reading.lines, reading.reason) == ((), "html")
    assert reading.message == "The body is a web page and not JSON."


def test_fault_of_ours_is_logged_by_its_class_and_place_and_nothing_of_the_body(monkeypatch):
    def break_down(body):
        raise ValueError("canary of the body")

    monkeypatch.setattr(easyecom, "read_inventory", break_down)
    delivery = deliveries.inventory(make_location(), ("A", 1))

    with capture_logs() as logs:
        reading = processing.parse(delivery)

    [told] = logs
    assert (told["event"], told["log_level"]) == ("delivery_not_applied", "error")
    assert (told["delivery"], told["fault"]) == (delivery.pk, "ValueError")
    assert "break_down" in str(told["frames"])
    assert "canary" not in str(told)
    assert reading.reason == "internal_error"
    assert reading.message == (
        "The console could not apply it (ValueError). Replay it once mended."
    )


def test_batch_that_fails_is_logged_and_each_is_tried_by_itself(monkeypatch):
    first, second = (deliveries.inventory(make_location(), ("A", n)) for n in (1, 2))
    apply, tried = processing.apply, []

    def apply_one(readings):
        tried.append([each.delivery.pk for each in readings])
        if len(readings) > 1:
            raise ValueError("canary of the body")
        return apply(readings)

    monkeypatch.setattr(processing, "apply", apply_one)

    with capture_logs() as logs:
        assert processing.drain() == 2

    assert tried == [[first.pk, second.pk], [first.pk], [second.pk]]
    [told] = logs
    assert (told["event"], told["log_level"]) == ("batch_not_applied", "warning")
    assert (told["first"], told["fault"]) == (first.pk, "ValueError")
    assert "apply_one" in str(told["frames"])
    assert "canary" not in str(told)


def test_connection_is_there_only_while_it_can_be_used(monkeypatch):
    Delivery.objects.exists()
    assert processing.is_connected() is True

    monkeypatch.setattr(connection, "is_usable", lambda: False)
    assert processing.is_connected() is False
