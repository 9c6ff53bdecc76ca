import copy
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from integration.models import (
    ApiKey,
    Delivery,
    Event,
    Order,
    OrderRevision,
    ParkedLine,
    ShipmentDetails,
    SyncJob,
    Topic,
)
from tests.factories import (
    awb_conflict,
    make_location,
    make_order,
    make_seller,
    make_shipment,
    pushed,
)
from tests.integration.api.conftest import (
    BODY,
    ORDER_URL,
    SHIPMENT,
    body_with,
    body_without,
    fields,
)

pytestmark = pytest.mark.django_db

SHIPMENT_URL = f"{ORDER_URL}shipment/"


@pytest.fixture(autouse=True)
def place(location):
    return location


def test_the_body_of_the_docs_is_accepted_as_it_stands_and_answered(api, woken):
    response = api.put_json(ORDER_URL, BODY)

    assert response.status_code == 201
    order = Order.objects.get()
    assert response.json() == BODY | {
        "ordered_at": "2026-11-23T04:45:00Z",
        "order_number": "BN-1001",
        "seller": "acme",
        "stage": "received",
        "blocked_reason": "",
        "blocked_message": "",
        "blocked_lines": [],
        "blocked_file": None,
        "cancelled_at_easyecom": None,
        "cancelled_lines": [],
        "revision": 1,
        "easyecom_order_id": None,
        "easyecom_invoice_id": None,
        "shipment": None,
        "manifested_at": None,
        "manifest_number": None,
        "updated_at": order.updated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert (order.seller.code, order.order_number) == ("acme", "BN-1001")
    assert order.ordered_at == datetime(2026, 11, 23, 4, 45, tzinfo=UTC)
    assert (order.collectable_amount, order.package["weight_g"]) == (Decimal("266.00"), 100)
    assert woken == ["outbox"]


def test_get_answers_what_put_answered(api):
    answer = api.put_json(ORDER_URL, BODY).json()

    assert api.get(ORDER_URL).json() == answer
    assert api.get(ORDER_URL.rstrip("/")).json() == answer


def test_put_works_without_a_trailing_slash(api):
    assert api.put_json(ORDER_URL.rstrip("/"), BODY).status_code == 201


def test_an_order_of_an_unborn_location_waits_and_says_why(api, place):
    make_location(live=False, seller=place.seller, location_key="en1")

    response = api.put_json(ORDER_URL, BODY | {"location_key": "en1"})

    assert response.status_code == 201
    assert response.json()["blocked_reason"] == "location_not_live"
    assert response.json()["blocked_message"].startswith("Its location is not live yet.")


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        dict(reversed(BODY.items())),
        body_with("shipping_charge", 20),
        body_with("shipping_charge", "20"),
        body_with("lines.0.unit_price", 123.0),
        body_with("lines.0.quantity", "2"),
        body_with("package.weight_g", "100.00"),
        body_with("ordered_at", "2026-11-23T04:45:00Z"),
        body_with("shipping_address.pincode", "400 067"),
        body_without("billing_address"),
        body_without("discount"),
        body_without("lines.0.discount"),
        body_without("shipping_address.country"),
        body_without("shipping_address.phone"),
    ],
)
def test_the_same_order_written_in_another_way_is_the_same(api, woken, body):
    first = api.put_json(ORDER_URL, BODY).json()

    response = api.put_json(ORDER_URL, body)

    assert (response.status_code, response.json()) == (200, first)
    assert SyncJob.objects.get().wanted == 1
    assert woken == ["outbox"]


def test_an_unsent_order_can_be_changed(api, woken):
    api.put_json(ORDER_URL, BODY)

    response = api.put_json(ORDER_URL, body_with("lines.0.quantity", 3))

    assert (response.status_code, response.json()["lines"][0]["quantity"]) == (200, 3)
    assert Order.objects.get().lines.get().quantity == 3
    assert woken == ["outbox", "outbox"]


def test_a_sent_order_can_not_be_changed(api):
    api.put_json(ORDER_URL, BODY)
    pushed(Order.objects.get())

    response = api.put_json(ORDER_URL, body_with("lines.0.quantity", 3))

    assert (response.status_code, fields(response)) == (409, [""])
    assert Order.objects.get().lines.get().quantity == 2


def test_optional_parts_may_be_left_out(api):
    body = {
        "location_key": BODY["location_key"],
        "ordered_at": "2026-11-23T04:45:00Z",
        "payment": {"mode": "prepaid"},
        "lines": [{"line_id": "1", "sku": "mob000", "quantity": 1, "unit_price": 0.1}],
        "shipping_address": {
            "name": "Asha Rao",
            "line1": "14 Lake Road",
            "city": "Mumbai",
            "state": "Maharashtra",
            "pincode": 400067,
        },
    }

    response = api.put_json(ORDER_URL, body)

    assert response.status_code == 201
    order = Order.objects.get()
    assert order.lines.get().unit_price == Decimal("0.10")
    assert (order.package, order.billing_address) == (None, None)
    assert order.shipping_address == BODY["shipping_address"]
    answer = response.json()
    assert answer["payment"] == {
        "mode": "prepaid",
        "collectable_amount": "0.00",
        "gateway": "",
        "transaction_id": "",
    }
    assert (answer["package"], answer["shipping_charge"]) == (None, "0.00")


@pytest.mark.parametrize(
    "path",
    [
        "shipping_address.phone",
        "shipping_address.country",
        "payment.gateway",
        "payment.transaction_id",
        "shipping_charge",
        "discount",
        "lines.0.name",
        "lines.0.discount",
        "billing_address",
        "package",
        "package.weight_g",
        "expected_delivery_at",
    ],
)
def test_a_null_is_a_field_that_is_not_there(api, path):
    without = body_without(path)
    without["payment"] |= {"mode": "prepaid", "collectable_amount": "0"}
    with_null = body_with(path, None)
    with_null["payment"] |= {"mode": "prepaid", "collectable_amount": None}

    assert api.put_json(ORDER_URL, without).status_code == 201
    assert api.put_json(ORDER_URL, with_null).status_code == 200
    assert Order.objects.get().sync_job.wanted == 1


def test_measures_keep_their_fractions_and_may_be_null(api):
    response = api.put_json(ORDER_URL, BODY | {"package": {"weight_g": 99.5, "length_cm": None}})

    kept = {"weight_g": 99.5, "length_cm": None, "width_cm": None, "height_cm": None}
    assert response.json()["package"] == kept
    assert Order.objects.get().package == kept


def test_an_awaited_manifest_wakes_the_inbox(api, place, woken):
    delivery = Delivery.objects.create(
        location=place,
        topic=Topic.MANIFESTED,
        status=Delivery.Status.PARKED,
        received_at=timezone.now(),
    )
    ParkedLine.objects.create(
        delivery=delivery, line=0, reason="unknown_order", order_number="BN-1001"
    )

    api.put_json(ORDER_URL, BODY)

    assert woken == ["outbox", "inbox"]


WRONG = [
    ("location_key", "en-of-someone-else"),
    ("location_key", ""),
    ("location_key", None),
    ("ordered_at", "2026-11-23T10:15:00"),
    ("ordered_at", "2026-11-23"),
    ("ordered_at", "0000-00-00T00:00:00Z"),
    ("ordered_at", "1999-12-31T23:59:59Z"),
    ("ordered_at", "9999-12-31T23:59:59Z"),
    ("ordered_at", "2026-02-30T00:00:00Z"),
    ("ordered_at", "٢٠٢٦-11-23T10:15:00Z"),
    ("ordered_at", 1_764_000_000),
    ("ordered_at", None),
    ("expected_delivery_at", "2026-11-23T10:15:00"),
    ("payment", None),
    ("payment", "cod"),
    ("payment.mode", "card"),
    ("payment.mode", ["cod"]),
    ("payment.collectable_amount", "-1"),
    ("payment.collectable_amount", -0.01),
    ("payment.collectable_amount", "NaN"),
    ("payment.collectable_amount", "Infinity"),
    ("payment.collectable_amount", "1e5"),
    ("payment.collectable_amount", "1_000"),
    ("payment.collectable_amount", "٢٠"),
    ("payment.collectable_amount", True),
    ("payment.collectable_amount", ""),
    ("payment.collectable_amount", None),
    ("payment.gateway", "g" * 101),
    ("shipping_charge", "20.005"),
    ("shipping_charge", 10**10),
    ("shipping_charge", 10**60),
    ("discount", {"amount": 1}),
    ("lines", []),
    ("lines", {}),
    ("lines", [BODY["lines"][0]] * 201),
    ("lines.0", "mob000"),
    ("lines.0.line_id", ""),
    ("lines.0.sku", "  "),
    ("lines.0.sku", "s" * 256),
    ("lines.0.name", ["Galaxy"]),
    ("lines.0.quantity", 0),
    ("lines.0.quantity", -1),
    ("lines.0.quantity", 2.5),
    ("lines.0.quantity", 1_000_001),
    ("lines.0.quantity", 10**60),
    ("lines.0.quantity", True),
    ("lines.0.quantity", "٣"),
    ("lines.0.quantity", "2.0"),
    ("lines.0.quantity", None),
    ("lines.0.unit_price", None),
    ("lines.0.discount", "246.01"),
    ("shipping_address", None),
    ("shipping_address", []),
    ("shipping_address.pincode", ""),
    ("shipping_address.pincode", "4000"),
    ("shipping_address.pincode", "4000AB"),
    ("shipping_address.pincode", "000000"),
    ("shipping_address.pincode", "٤٠٠٠"),
    ("shipping_address.phone", "call me"),
    ("shipping_address.phone", "9" * 31),
    ("shipping_address.name", "n" * 201),
    ("billing_address", BODY["shipping_address"] | {"pincode": "x"}),
    ("package", "big"),
    ("package.weight_g", -1),
    ("package.weight_g", "heavy"),
    ("stage", "manifested"),
    ("easyecom_order_id", "1"),
    ("seller", "other"),
    ("lines.0.position", 7),
    ("payment.stage", "received"),
]


COLLECTABLE = "payment.collectable_amount"
COD, PREPAID = {"mode": "cod"}, {"mode": "prepaid"}
FREE = {"shipping_charge": "0", "discount": "246.00"}


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"payment": COD}, {COLLECTABLE: "Needed for cod: what the courier collects."}),
        (
            {"payment": COD | {"collectable_amount": "0"}},
            {COLLECTABLE: "It must be more than 0 for cod."},
        ),
        (
            {"payment": COD | {"collectable_amount": "266.01"}},
            {COLLECTABLE: "It is more than the order's total of 266.00."},
        ),
        (
            {"payment": COD | {"collectable_amount": "266.00"}, "discount": "0.01"},
            {COLLECTABLE: "It is more than the order's total of 265.99."},
        ),
        (
            {"payment": PREPAID | {"collectable_amount": "0.01"}},
            {COLLECTABLE: "A prepaid order has nothing to collect."},
        ),
        (
            {"payment": PREPAID, "discount": "266.01"},
            {"discount": "The discount is more than the order costs."},
        ),
        (
            {"payment": COD, "discount": "5000.00"},
            {
                "discount": "The discount is more than the order costs.",
                COLLECTABLE: "Needed for cod: what the courier collects.",
            },
        ),
        (
            FREE | {"payment": COD | {"collectable_amount": "1.00"}},
            {COLLECTABLE: "It is more than the order's total of 0.00."},
        ),
    ],
)
def test_money_that_can_not_be_right_is_refused_by_field(api, change, errors):
    response = api.put_json(ORDER_URL, BODY | change)

    assert response.status_code == 400
    found = {error["field"]: error["message"] for error in response.json()["errors"]}
    assert found == errors
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("change", "mode", "collectable"),
    [
        ({"payment": COD | {"collectable_amount": "266.00"}}, "cod", "266.00"),
        ({"payment": COD | {"collectable_amount": "0.01"}}, "cod", "0.01"),
        ({"payment": PREPAID | {"collectable_amount": None}}, "prepaid", "0.00"),
        ({"payment": PREPAID | {"collectable_amount": "0"}, "discount": "266"}, "prepaid", "0.00"),
        # Nothing is left to be paid, so there is nothing to collect either.
        (FREE | {"payment": COD}, "prepaid", "0.00"),
        (FREE | {"payment": COD | {"collectable_amount": "0"}}, "prepaid", "0.00"),
    ],
)
def test_money_that_can_be_right_is_taken(api, change, mode, collectable):
    response = api.put_json(ORDER_URL, BODY | change)

    assert response.status_code == 201
    payment = response.json()["payment"]
    assert (payment["mode"], payment["collectable_amount"]) == (mode, collectable)
    assert api.put_json(ORDER_URL, BODY | change).status_code == 200


@pytest.mark.parametrize(("path", "value"), WRONG)
def test_a_wrong_value_is_refused_by_name(api, path, value):
    response = api.put_json(ORDER_URL, body_with(path, value))

    assert response.status_code == 400
    expected = "billing_address.pincode" if path == "billing_address" else path
    assert fields(response) == [expected]
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "location_key",
        "ordered_at",
        "payment",
        "payment.mode",
        "lines",
        "lines.0.line_id",
        "lines.0.sku",
        "lines.0.quantity",
        "lines.0.unit_price",
        "shipping_address",
        "shipping_address.pincode",
    ],
)
def test_a_missing_value_is_refused_by_name(api, path):
    response = api.put_json(ORDER_URL, body_without(path))

    assert (response.status_code, fields(response)) == (400, [path])


def test_all_that_is_wrong_is_named_at_once(api):
    body = body_with("lines.0.quantity", 0) | {"stage": "manifested", "discount": "x"}

    assert fields(api.put_json(ORDER_URL, body)) == ["stage", "discount", "lines.0.quantity"]


def test_a_line_id_that_comes_twice_is_named(api):
    body = BODY | {"lines": BODY["lines"] * 2}

    assert fields(api.put_json(ORDER_URL, body)) == ["lines.1.line_id"]


def test_pincodes_of_other_countries_are_taken_as_they_are(api):
    abroad = {
        "name": "Asha Rao",
        "line1": "1 Mall",
        "city": "London",
        "pincode": "SW1A 1AA",
        "country": "United Kingdom",
    }

    response = api.put_json(ORDER_URL, BODY | {"billing_address": abroad})

    assert response.status_code == 201
    assert Order.objects.get().billing_address["pincode"] == "SW1A 1AA"


@pytest.mark.parametrize("number", ["-1", "a b", "é", "x" * 65, "a%00b", "a%0A"])
def test_a_number_that_no_order_may_have_is_refused(api, number):
    url = f"/api/v1/sellers/acme/orders/{number}/"

    refused = api.put_json(url, BODY)

    assert (refused.status_code, fields(refused)) == (400, ["order_number"])
    assert api.get(url).status_code == api.delete(url).status_code == 404


@pytest.mark.parametrize("seller", ["nobody", "a%00b", "-", "x" * 300])
@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_an_unknown_seller_is_not_found(api, seller, method):
    url = f"/api/v1/sellers/{seller}/orders/BN-1/"

    response = api.generic(method, url, json.dumps(BODY), "application/json")

    assert (response.status_code, fields(response)) == (404, [""])


def test_another_sellers_order_is_not_found(api):
    make_order(make_location(seller=make_seller(code="other")), order_number="BN-1001")

    assert api.get(ORDER_URL).status_code == 404
    assert api.put_json(SHIPMENT_URL, SHIPMENT).status_code == 404
    assert not ShipmentDetails.objects.exists()


def test_an_unsent_order_can_be_withdrawn_again_and_again(api):
    api.put_json(ORDER_URL, BODY)

    for _ in range(2):
        response = api.delete(ORDER_URL)
        assert (response.status_code, response.json()["stage"]) == (200, "withdrawn")

    assert Order.objects.get().stage == "withdrawn"
    assert SyncJob.objects.get().status == "cancelled"


def test_a_sent_order_is_not_withdrawn(api):
    api.put_json(ORDER_URL, BODY)
    pushed(Order.objects.get())

    response = api.delete(ORDER_URL)

    assert (response.status_code, fields(response)) == (409, [""])
    assert Order.objects.get().stage == "awaiting_carrier"


def test_shipment_details_are_kept_and_answered_with_the_order(api, woken):
    api.put_json(ORDER_URL, BODY)

    response = api.put_json(SHIPMENT_URL.rstrip("/"), SHIPMENT)

    assert response.status_code == 200
    assert response.json()["shipment"] == SHIPMENT | {
        "at_easyecom": None,
        "assigned_at": None,
        "replaced": [],
    }
    assert response.json()["order_number"] == "BN-1001"
    assert ShipmentDetails.objects.get().awb_number == "890012345"
    assert woken == ["outbox", "outbox"]
    assert api.get(SHIPMENT_URL).json() == api.get(ORDER_URL).json() == response.json()


def test_the_same_shipment_details_again_are_answered_and_do_nothing(api, woken):
    api.put_json(ORDER_URL, BODY)
    first = api.put_json(SHIPMENT_URL, SHIPMENT)

    again = api.put_json(SHIPMENT_URL, SHIPMENT)

    assert (again.status_code, again.json()) == (200, first.json())
    assert woken == ["outbox", "outbox"]


@pytest.mark.parametrize("link", [None, "", "absent"])
def test_the_links_of_a_shipment_may_be_left_out(api, link):
    api.put_json(ORDER_URL, BODY)
    body = {"courier": "Delhivery", "awb_number": "890012345"}
    if link != "absent":
        body |= {"label_url": link, "invoice_url": link}

    response = api.put_json(SHIPMENT_URL, body)

    assert response.json()["shipment"]["label_url"] is None
    assert ShipmentDetails.objects.get().label_url == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("courier", ""),
        ("courier", None),
        ("awb_number", " "),
        ("awb_number", "9" * 101),
        ("label_url", "http://labels.booon.test/1.pdf"),
        ("label_url", "javascript:alert(1)"),
        ("label_url", "data:text/html,x"),
        ("label_url", "https://user:word@labels.booon.test/1.pdf"),
        ("invoice_url", "https://" + "a" * 1000),
        ("assigned_at", "2026-11-23T10:15:00Z"),
    ],
)
def test_wrong_shipment_details_are_refused_by_name(api, name, value):
    api.put_json(ORDER_URL, BODY)

    response = api.put_json(SHIPMENT_URL, SHIPMENT | {name: value})

    assert response.status_code == 400
    assert set(fields(response)) == {name}
    assert not ShipmentDetails.objects.exists()


def test_other_details_are_refused_once_they_are_at_easyecom(api):
    api.put_json(ORDER_URL, BODY)
    make_shipment(pushed(Order.objects.get()), assign_begun_at=timezone.now())

    response = api.put_json(SHIPMENT_URL, SHIPMENT)

    assert (response.status_code, fields(response)) == (409, [""])
    assert ShipmentDetails.objects.get().awb_number != "890012345"


def test_an_awb_on_another_order_is_refused_by_name(api, place):
    api.put_json(ORDER_URL, BODY)
    make_shipment(make_order(place), courier="Delhivery", awb_number="890012345")

    response = api.put_json(SHIPMENT_URL, SHIPMENT)

    assert (response.status_code, fields(response)) == (409, ["awb_number"])


def test_nothing_more_is_taken_for_an_order_that_is_cancelled_at_easyecom(api, place):
    order = pushed(make_order(place, order_number="BN-1001"))
    cancelled_at = timezone.now().replace(microsecond=0)
    lines = [{"sku": "A", "quantity": 2, "cancelled": 1, "shipped": 0}]
    order.change(cancelled_at_easyecom=cancelled_at, cancelled_lines=lines)
    order.mark_blocked("cancelled_at_easyecom")

    shown = api.get(ORDER_URL).json()
    response = api.put_json(SHIPMENT_URL, SHIPMENT)

    assert shown["cancelled_at_easyecom"] == f"{cancelled_at:%Y-%m-%dT%H:%M:%SZ}"
    assert (shown["stage"], shown["cancelled_lines"]) == ("awaiting_carrier", lines)
    assert response.status_code == 409
    assert "cancelled" in response.json()["errors"][0]["message"]
    assert not ShipmentDetails.objects.exists()


@pytest.fixture
def conflict(api, place):
    return awb_conflict(pushed(make_order(place, order_number="BN-1001")), "XB-55120")


def test_an_awb_conflict_says_what_easyecom_holds_and_takes_no_other_awb(api, conflict):
    shown = api.get(SHIPMENT_URL).json()
    assert shown["blocked_reason"] == "awb_conflict"
    assert shown["shipment"]["at_easyecom"] == [{"courier": "Xpress", "awb_number": "XB-55120"}]

    response = api.put_json(SHIPMENT_URL, SHIPMENT)

    assert (response.status_code, fields(response)) == (409, ["awb_number"])
    assert "XB-55120" in response.json()["errors"][0]["message"]
    assert Order.objects.get().is_in_doubt


def test_the_same_details_again_change_nothing_of_an_awb_conflict(api, conflict):
    ours = {"courier": conflict.shipment.courier, "awb_number": conflict.shipment.awb_number}

    assert api.put_json(SHIPMENT_URL, ours).status_code == 200
    assert (Order.objects.get().doubt, SyncJob.objects.get().wanted) == ("awb_unknown", 1)


def test_easyecoms_awb_is_used_by_giving_it(api, conflict):
    response = api.put_json(SHIPMENT_URL, {"courier": "Xpress", "awb_number": "xb-55120"})

    answer = response.json()
    assert (response.status_code, answer["stage"]) == (200, "carrier_assigned")
    assert (answer["shipment"]["awb_number"], answer["blocked_reason"]) == ("xb-55120", "")
    sentence = Event.objects.get(kind="shipment").sentence
    assert "xb-55120" in sentence and conflict.shipment.awb_number in sentence


def test_easyecoms_awb_is_replaced_by_naming_it_with_a_reason(api, conflict, woken):
    said = {"replaces": "XB-55120", "reason": "The courier came for ours."}

    response = api.put_json(SHIPMENT_URL, SHIPMENT | said)

    answer = response.json()
    assert (response.status_code, answer["stage"]) == (200, "awaiting_carrier")
    assert (answer["shipment"]["awb_number"], answer["blocked_reason"]) == ("890012345", "")
    assert (Order.objects.get().doubt, SyncJob.objects.get().status) == ("", "pending")
    assert "XB-55120 at EasyEcom. The courier" in Event.objects.get(kind="shipment").sentence
    assert woken == ["outbox"]
    assert api.put_json(SHIPMENT_URL, SHIPMENT | said).status_code == 200


@pytest.mark.parametrize(
    ("said", "status", "field"),
    [
        ({"replaces": "XB-55120"}, 400, "reason"),
        ({"replaces": "XB-55120", "reason": ""}, 400, "reason"),
        ({"replaces": "ANOTHER", "reason": "The courier came."}, 409, "awb_number"),
        ({"reason": "The courier came."}, 409, "awb_number"),
    ],
)
def test_a_replacement_names_what_gives_way_and_why(api, conflict, said, status, field):
    response = api.put_json(SHIPMENT_URL, SHIPMENT | said)

    assert (response.status_code, fields(response)) == (status, [field])
    assert Order.objects.get().is_in_doubt


def test_nothing_is_replaced_where_easyecom_holds_no_other_awb(api, place):
    pushed(make_order(place, order_number="BN-1001"))

    response = api.put_json(SHIPMENT_URL, SHIPMENT | {"replaces": "XB-1", "reason": "It is ours."})

    assert (response.status_code, fields(response)) == (409, ["replaces"])


@pytest.mark.parametrize("awb", ["XB-55120", "890012345"])
def test_no_word_about_a_conflict_takes_another_orders_awb(api, conflict, place, awb):
    make_shipment(make_order(place), courier="Delhivery", awb_number=awb)
    said = {"replaces": "XB-55120", "reason": "The courier came for ours."}

    response = api.put_json(SHIPMENT_URL, SHIPMENT | said | {"awb_number": awb})

    assert (response.status_code, fields(response)) == (409, ["awb_number"])
    assert Order.objects.get(pk=conflict.pk).is_in_doubt


def test_a_shipment_that_was_not_given_is_not_found(api):
    api.put_json(ORDER_URL, BODY)

    response = api.get(SHIPMENT_URL)

    assert (response.status_code, fields(response)) == (404, [""])


def test_a_manifested_order_shows_how_far_it_got(api, place):
    order = pushed(make_order(place, order_number="BN-1001"))
    make_shipment(order)
    order.change(
        stage="manifested",
        manifested_at=datetime(2026, 11, 23, 13, 16, 49, tzinfo=UTC),
        manifest_number="M-7",
    )

    answer = api.get(ORDER_URL).json()

    assert (answer["stage"], answer["manifest_number"]) == ("manifested", "M-7")
    assert answer["manifested_at"] == "2026-11-23T13:16:49Z"
    assert answer["easyecom_invoice_id"] == order.easyecom_invoice_id


@pytest.mark.parametrize("field", ["lines.0.name", "lines.0.sku", "shipping_address.name"])
def test_words_that_turn_the_reading_direction_are_refused_by_field(api, field):
    answer = api.put_json(ORDER_URL, body_with(field, "Asha \u202eoaR"))

    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["field"], "U+202E" in error["message"]) == (field, True)


def test_what_joins_letters_in_indian_scripts_is_taken(api):
    name = "\u0915\u094d\u200d\u0937 \u0d28\u0d4d\u200d"

    assert api.put_json(ORDER_URL, body_with("shipping_address.name", name)).status_code == 201


# AWBs as couriers live them ---------------------------------------------------------------------


def taken(location, awb="8901"):
    """An order whose AWB EasyEcom took."""
    order = pushed(make_order(location))
    make_shipment(order, awb_number=awb, assign_begun_at=timezone.now(), assigned_at=timezone.now())
    order.change(stage="carrier_assigned")
    return order


def shipment_path(order):
    return f"/api/v1/sellers/{order.seller.code}/orders/{order.order_number}/shipment/"


@pytest.mark.postgres
def test_awb_is_replaced_once_the_old_one_is_named(api, location):
    order = taken(location)
    other = {"courier": "Bluedart", "awb_number": "7701"}

    refused = api.put_json(shipment_path(order), other)
    assert refused.status_code == 409
    assert refused.json()["errors"] == [
        {
            "field": "replaces",
            "message": "EasyEcom has AWB 8901 for this order. To have it replaced, name it, and "
            "say why.",
        }
    ]
    why = {"replaces": "8901", "reason": "The courier missed the pickup."}
    answer = api.put_json(shipment_path(order), other | why)

    assert answer.status_code == 200
    shown = answer.json()
    assert shown["stage"] == "carrier_assigned"
    assert (shown["shipment"]["awb_number"], shown["shipment"]["assigned_at"]) == ("7701", None)
    [old] = shown["shipment"]["replaced"]
    assert (old["courier"], old["awb_number"]) == ("Delhivery", "8901")
    assert (old["actor"], old["reason"]) == ("booon", "The courier missed the pickup.")


def test_each_act_names_the_key_that_did_it(api, location):
    """And tells other callers of the API of no key."""
    api.put_json(ORDER_URL, BODY)
    api.put_json(ORDER_URL, BODY | {"shipping_charge": "21.00"})
    api.put_json(f"{ORDER_URL}shipment/", SHIPMENT)
    api.delete(ORDER_URL)

    actor = f"booon · {ApiKey.objects.get().name}"
    events = Event.objects.filter(order__order_number="BN-1001").order_by("pk")
    assert {event.kind for event in events} >= {"received", "changed", "shipment", "stage"}
    assert {event.actor for event in events} == {actor}
    assert OrderRevision.objects.get(number=2).actor == actor


def test_label_comes_later(api, location):
    order = taken(location)
    label = "https://labels.booon.test/9.pdf"

    answer = api.put_json(
        shipment_path(order), {"courier": "Delhivery", "awb_number": "8901", "label_url": label}
    )

    assert answer.status_code == 200
    assert answer.json()["shipment"]["label_url"] == label
    assert SyncJob.objects.get(order=order).wanted == 2


@pytest.mark.parametrize("awb", ["9.87655E+11", "8901.0", 8901.0, 9.87655e11, "'8901"])
def test_damaged_awb_is_refused_by_name(api, location, awb):
    order = pushed(make_order(location))

    answer = api.put_json(shipment_path(order), {"courier": "Delhivery", "awb_number": awb})

    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["field"] == "awb_number"
    assert error["message"].startswith("This looks like what Excel makes of a number")


@pytest.mark.postgres
def test_awb_is_used_again_once_the_other_order_is_manifested(api, location):
    first, second = taken(location), pushed(make_order(location))
    given = {"courier": "delhivery", "awb_number": "8901"}
    assert api.put_json(shipment_path(second), given).status_code == 409

    first.change(stage="manifested", manifested_at=timezone.now())

    assert api.put_json(shipment_path(second), given).status_code == 200


SPELLINGS = {
    "state by code": ("shipping_address.state", "TN"),
    "state in small letters": ("shipping_address.state", "tamil nadu"),
    "country by code": ("shipping_address.country", "IN"),
    "pincode with a hyphen": ("shipping_address.pincode", "600-001"),
    "pincode in Devanagari": ("shipping_address.pincode", "६००००१"),
    "no package": ("package", None),
    "billed where it is sent": ("billing_address", "shipping_address"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_order_at_easyecom_is_the_same_however_it_is_spelled(api, location, spelling):
    address = body_with("shipping_address.state", "Tamil Nadu")["shipping_address"]
    address |= {"pincode": "600001", "country": "India"}
    plain = BODY | {"shipping_address": address, "billing_address": None, "package": {}}
    api.put_json(ORDER_URL, plain)
    order = pushed(Order.objects.get())
    path, value = SPELLINGS[spelling]
    other = copy.deepcopy(plain)
    if "." in path:
        other["shipping_address"][path.partition(".")[2]] = value
    else:
        other[path] = address if value == "shipping_address" else value

    same = api.put_json(ORDER_URL, other)
    another = api.put_json(ORDER_URL, other | {"shipping_charge": "21.00"})

    assert (same.status_code, another.status_code) == (200, 409)
    order.refresh_from_db()
    assert (order.revision, order.shipping_address["state"]) == (1, "Tamil Nadu")
