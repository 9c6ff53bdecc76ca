"""Many orders in one request: each answered, and left behind, as its own PUT would."""

import json
import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booon_console.lib import contention
from integration.api.views.orders import parse_order
from integration.models import (
    Change,
    Delivery,
    Event,
    Order,
    OrderLine,
    ParkedLine,
    SyncJob,
    UnmappedSku,
)
from integration.orders import corrections, intake
from tests.factories import make_location, make_seller, pushed
from tests.integration.api.conftest import BODY, body_with, fields
from tests.integration.orders.test_intake import in_threads, needs_postgresql

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

URL = "/api/v1/orders/bulk/"


def item(number="BN-1", **change):
    return BODY | {"seller": "acme", "order_number": number} | change


def give(api, *items):
    answer = api.post_json(URL, {"orders": list(items)})
    assert answer.status_code == 200, answer.json()
    return answer.json()["results"]


def statuses(results):
    return [each["status"] for each in results]


def given(location, number, more):
    line = BODY["lines"][0] | {"sku": f"SKU-{number}"}
    return parse_order(
        location.seller, number, BODY | {"shipping_charge": f"2{more}", "lines": [line]}
    )


@pytest.mark.parametrize("slash", ["", "/"])
def test_each_order_is_taken_in_and_answered_in_its_place(api, location, woken, slash):
    body = {"orders": [item("BN-2"), item("BN-1")]}

    answer = api.post_json(URL.rstrip("/") + slash, body)

    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [(each["seller"], each["order_number"], each["status"]) for each in results] == [
        ("acme", "BN-2", 201),
        ("acme", "BN-1", 201),
    ]
    assert results[0]["order"] == api.get("/api/v1/sellers/acme/orders/BN-2/").json()
    assert results[0]["errors"] == []
    assert (SyncJob.objects.count(), Change.objects.count(), Event.objects.count()) == (2, 2, 2)
    assert woken == ["outbox"]


def test_what_is_left_behind_is_what_a_put_leaves_behind(api, location):
    api.put_json("/api/v1/sellers/acme/orders/BN-1/", BODY)
    give(api, item("BN-2"))

    for model in (Order, OrderLine, SyncJob, Change, Event, UnmappedSku):
        own = {"id", "order_number", "order_id", "job_id", "data", "correlation_id"}
        own |= {field.name for field in model._meta.fields if field.name.endswith(("at", "since"))}
        rows = list(model.objects.order_by("pk").values())
        alike = [{name: row[name] for name in row if name not in own} for row in rows]
        assert alike[0] == alike[-1]
    first, second = Change.objects.order_by("pk")
    assert first.data | {"order_number": "BN-2"} == second.data


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"lines": body_with("lines.0.quantity", 0)["lines"]}, 400, "lines.0.quantity"),
        ({"location_key": "nobody's"}, 400, "location_key"),
        ({"payment": {"mode": "cod"}}, 400, "payment.collectable_amount"),
        ({"discount": "266.01", "payment": {"mode": "prepaid"}}, 400, "discount"),
        ({"order_number": "../x"}, 400, "order_number"),
        ({"order_number": 7}, 400, "order_number"),
        ({"order_number": ""}, 400, "order_number"),
        ({"seller": None}, 400, "seller"),
        ({"seller": "nobody"}, 404, ""),
        ({"seller": "\n"}, 404, ""),
        ({"colour": "red"}, 400, "colour"),
    ],
)
def test_one_that_is_wrong_spoils_no_other(api, location, change, status, field):
    results = give(api, item("BN-1"), item("BN-2", **change), item("BN-3"))

    assert statuses(results) == [201, status, 201]
    assert results[1]["order"] is None
    assert [error["field"] for error in results[1]["errors"]] == [field]
    assert sorted(Order.objects.values_list("order_number", flat=True)) == ["BN-1", "BN-3"]


@pytest.mark.parametrize("thing", [None, 7, "BN-1", [], {}])
def test_what_is_no_order_is_answered_in_its_place(api, location, thing):
    results = give(api, thing, item("BN-1"))

    assert statuses(results) == [400, 201]
    assert (results[0]["seller"], results[0]["order_number"]) == (None, None)


def test_what_stands_in_the_way_is_said_as_a_put_says_it(api, location):
    give(api, *(item(f"BN-{n}") for n in range(5)))
    for number in ("BN-1", "BN-2"):
        pushed(Order.objects.get(order_number=number))
    corrections.withdraw(Order.objects.get(order_number="BN-3"))
    Order.objects.filter(order_number="BN-3").update(is_number_spent=True)

    results = give(
        api,
        item("BN-0"),
        item("BN-1"),
        item("BN-2", shipping_charge="21.00"),
        item("BN-3"),
        item("BN-4", shipping_charge="21.00"),
    )

    assert statuses(results) == [200, 200, 409, 409, 200]
    assert "at EasyEcom" in results[2]["errors"][0]["message"]
    assert "withdrawn" in results[3]["errors"][0]["message"]
    assert results[4]["order"]["shipping_charge"] == "21.00"


def test_an_order_that_comes_twice_is_taken_twice_in_sequence(api, location):
    results = give(
        api,
        item("BN-1", shipping_charge="21.00"),
        item("BN-2"),
        item("BN-1", shipping_charge="22.00"),
        item("BN-1", shipping_charge="22.00"),
    )

    assert statuses(results) == [201, 201, 200, 200]
    assert str(Order.objects.get(order_number="BN-1").shipping_charge) == "22.00"
    kinds = Event.objects.filter(order__order_number="BN-1").order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == ["received", "changed"]


def test_sellers_are_kept_apart(api, location):
    other = make_location(seller=make_seller(code="other"))

    results = give(
        api,
        item("BN-1"),
        item("BN-1", seller="other", location_key=other.location_key),
        item("BN-2", seller="other"),
    )

    assert statuses(results) == [201, 201, 400]
    assert Order.objects.filter(order_number="BN-1").count() == 2


def test_manifests_that_came_too_early_are_tried_again(api, location, woken):
    delivery = Delivery.objects.create(
        location=location, topic="manifested", status="parked", received_at=timezone.now()
    )
    ParkedLine.objects.create(
        delivery=delivery, line=0, reason="unknown_order", order_number="BN-2"
    )

    give(api, item("BN-1"), item("BN-2"))

    delivery.refresh_from_db()
    assert delivery.status == "stored"
    assert woken == ["outbox", "inbox"]


def test_nobody_is_woken_where_nothing_came(api, location, woken):
    give(api, item("BN-1"))
    woken.clear()

    assert statuses(give(api, item("BN-1"), item("BN-2", seller="nobody"))) == [200, 404]
    assert give(api) == []
    assert woken == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "orders"),
        ({"orders": None}, "orders"),
        ({"orders": {}}, "orders"),
        ({"orders": "BN-1"}, "orders"),
        ({"orders": [{}] * 501}, "orders"),
        ({"orders": [], "seller": "acme"}, "seller"),
        ([], ""),
        (None, ""),
    ],
)
def test_an_envelope_that_is_wrong_is_refused_whole(api, location, body, field):
    answer = api.post_json(URL, body)

    assert answer.status_code == 400
    assert fields(answer) == [field]


def test_what_is_no_json_is_refused_and_too_much_of_it_too(api, location):
    broken = api.post(URL, b'{"orders": [', content_type="application/json")
    huge = api.post_json(URL, {"orders": [item(discount="x" * 2 * 1024 * 1024)]})

    assert (broken.status_code, huge.status_code) == (400, 413)
    assert (fields(broken), fields(huge)) == ([""], [""])


def test_only_with_a_key_and_only_by_post(api, client, location):
    assert client.post(URL, "{}", content_type="application/json").status_code == 401
    assert api.get(URL).status_code == 405


def test_five_hundred_with_addresses_and_lines_fit_the_body():
    full = body_with("lines", BODY["lines"] * 3)
    for name in ("shipping_address", "billing_address"):
        full[name] = BODY["shipping_address"] | {"line1": "x" * 100, "line2": "x" * 100}

    assert len(json.dumps({"orders": [item("BN-1001", **full)] * 500})) < 2 * 1024 * 1024


def test_statements_do_not_grow_with_the_orders(api, location):
    with CaptureQueriesContext(connection) as few:
        give(api, *(item(f"A-{n}") for n in range(2)))
    with CaptureQueriesContext(connection) as many:
        give(api, *(item(f"B-{n}") for n in range(19)))

    # SQLite takes at most 999 values in a statement, which are the columns of 19 orders.
    assert len(many) == len(few)


def test_the_sequence_stands_over_several_transactions(api, location, monkeypatch):
    monkeypatch.setattr(intake, "CHUNK", 2)

    results = give(api, *(item(f"BN-{n}") for n in (5, 4, 3, 2, 1)))

    assert [each["order_number"] for each in results] == ["BN-5", "BN-4", "BN-3", "BN-2", "BN-1"]
    assert statuses(results) == [201] * 5
    assert Order.objects.count() == 5


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_requests_with_the_same_orders_reversed_wait_for_each_other(monkeypatch):
    """Existing, changed and new ones, with unmapped SKUs: nothing is lost, nothing is doubled."""
    location = make_location(seller=make_seller(code="acme"), location_key=BODY["location_key"])
    monkeypatch.setattr(intake, "CHUNK", 20)
    # A deadlock would raise.
    monkeypatch.setattr(contention, "SQLSTATES", ())
    for _ in range(3):
        numbers = [f"BN-{n}" for n in range(Order.objects.count() // 2, 60)]
        first = [given(location, number, "1.00") for number in numbers]
        second = [given(location, number, "2.00") for number in reversed(numbers)]

        found = in_threads(lambda f=first: intake.accept(f), lambda s=second: intake.accept(s))

        assert all(isinstance(each, intake.Taken) for each in found), found
        assert all(
            isinstance(outcome, intake.Receipt) for each in found for outcome in each.outcomes
        )
    assert Order.objects.count() == SyncJob.objects.count() == OrderLine.objects.count() == 60
    assert Change.objects.count() == 60
    assert UnmappedSku.objects.count() == 60


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_deadlock_loses_nothing(monkeypatch):
    """One that sorting can't prevent: another transaction locks two orders the wrong way round."""
    location = make_location(seller=make_seller(code="acme"), location_key=BODY["location_key"])
    both = [given(location, number, "0.00") for number in ("BN-1", "BN-2")]
    intake.accept(both)
    first, second = Order.objects.order_by("pk")
    has_second, is_asked = threading.Event(), threading.Event()

    def in_the_way():
        with connection.cursor() as cursor:
            cursor.execute("SET deadlock_timeout = '10s'")
        with transaction.atomic():
            Order.objects.select_for_update().get(pk=second.pk)
            has_second.set()
            is_asked.wait(30)
            wait_for_a_lock()
            Order.objects.select_for_update().get(pk=first.pk)

    def give_again():
        with connection.cursor() as cursor:
            cursor.execute("SET deadlock_timeout = '50ms'")
        has_second.wait(30)
        is_asked.set()
        changed = [given(location, number, "1.00") for number in ("BN-1", "BN-2")]
        return intake.accept(changed)

    _, taken = in_threads(in_the_way, give_again)

    assert [outcome.result for outcome in taken.outcomes] == ["changed", "changed"]


def wait_for_a_lock():
    """Until someone in this database waits for a row."""
    for _ in range(2000):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
        threading.Event().wait(0.01)


@pytest.mark.parametrize("name", ["A\ud83d", "A\x00"])
def test_text_that_cannot_be_stored_is_no_matter_to_the_others(api, location, name):
    """Half an emoji is what a cut by its units leaves of one."""
    address = BODY["shipping_address"] | {"name": name}

    results = give(api, item("BN-1"), item("BN-2", shipping_address=address), item("BN-3"))

    assert statuses(results) == [201, 400, 201]
    assert [error["field"] for error in results[1]["errors"]] == ["shipping_address.name"]


def test_name_of_an_order_that_cannot_be_stored_is_not_repeated(api, location):
    results = give(api, item("BN-\ud83d"), item("BN-1") | {"seller": "ac\x00me"}, item("BN-2"))

    assert statuses(results) == [400, 400, 201]
    assert [each["order_number"] for each in results] == [None, "BN-1", "BN-2"]
    assert [each["seller"] for each in results] == ["acme", None, "acme"]
