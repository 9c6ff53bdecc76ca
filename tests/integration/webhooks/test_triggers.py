"""What EasyEcom's headers call a webhook: kept, shown, and evidence of nothing."""

import json

import pytest
from django.test import Client

from integration.easyecom.triggers import wrong_trigger
from integration.models import Delivery, Order, ParkedLine, Refusal, WebhookEndpoint
from integration.monitoring import webhook_health
from integration.orders import manifests
from integration.webhooks import processing
from tests.factories import endpoint_token, make_location, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

# A Cancel Order pointed at the address for manifests.
BODY = [{"invoice_id": 71200901, "reference_code": "BN-901", "order_status": "Cancelled"}]
NAMED = {
    "HTTP_X_EASYECOM_WEBHOOK_ACTION": "CancelOrderV2",
    "HTTP_X_EASYECOM_COMPANY_ID": "88231",
}
SENTENCE = "EasyEcom calls this CancelOrderV2: another trigger was pointed here."


def send(endpoint, body=BODY, **headers):
    return Client().post(
        endpoint.path, json.dumps(body), content_type="application/json", **headers
    )


def endpoint_of(location, topic="manifested"):
    return WebhookEndpoint.objects.get(location=location, topic=topic)


def test_refusal_says_which_trigger_and_company_called():
    endpoint = endpoint_of(make_location())

    assert send(endpoint, **NAMED).status_code == 401
    assert send(endpoint).status_code == 401

    refusal = Refusal.objects.get()
    assert (refusal.cause, refusal.count) == ("no_token", 2)
    assert (refusal.action, refusal.company_id) == ("CancelOrderV2", "88231")
    [health] = webhook_health.health_of([endpoint], refusal.last_at)
    words = f"No token: the header is missing in EasyEcom's settings. {SENTENCE}"
    assert health.causes == {words: 2}


def test_parked_body_says_which_trigger_sent_it():
    location = make_location()
    endpoint = endpoint_of(location)
    token = endpoint_token(location, "manifested")

    assert send(endpoint, HTTP_ACCESS_TOKEN=token, **NAMED).status_code == 200
    processing.drain()

    delivery = Delivery.objects.get()
    assert (delivery.action, delivery.company_id) == ("CancelOrderV2", "88231")
    assert (delivery.status, delivery.reason) == ("parked", "not_shipped")
    assert delivery.reason_message == (
        f"{SENTENCE} The order is not shipped: its status is Cancelled."
    )


def test_header_is_no_evidence_so_what_can_be_applied_is_applied():
    location = make_location()
    order = make_order(location, order_number="BN-901")
    body = [BODY[0] | {"order_status": "Shipped"}]

    send(
        endpoint_of(location),
        body,
        HTTP_ACCESS_TOKEN=endpoint_token(location, "manifested"),
        **NAMED,
    )
    processing.drain()

    order.refresh_from_db()
    assert order.stage == "manifested"
    assert Delivery.objects.get().reason_message == ""


@pytest.mark.parametrize(
    "action", ["", " ", "<script>", "a" * 65, "Cancel Order", "ab\ncd", "9lives", "\u0661"]
)
def test_what_looks_like_no_name_is_not_kept(action):
    endpoint = endpoint_of(make_location())

    send(endpoint, HTTP_X_EASYECOM_WEBHOOK_ACTION=action, HTTP_X_EASYECOM_COMPANY_ID="x" * 40)

    refusal = Refusal.objects.get()
    assert (refusal.action, refusal.company_id) == ("", "")


@pytest.mark.parametrize(
    ("action", "topic", "is_wrong"),
    [
        ("", "inventory", False),
        ("UpdateInventory", "inventory", False),
        ("UpdateInventoryV2", "inventory", False),
        ("updateinventory", "inventory", False),
        ("Manifested", "manifested", False),
        ("ManifestedV2", "manifested", False),
        ("ManifestedV2", "inventory", True),
        ("UpdateInventory", "manifested", True),
        ("CancelOrderV2", "manifested", True),
        ("MarkReturnV2", "inventory", True),
        ("BatchManifest", "manifested", True),
        ("CancelOrderV2", "", False),
    ],
)
def test_only_another_triggers_name_is_worth_a_word(action, topic, is_wrong):
    said = f"EasyEcom calls this {action}: another trigger was pointed here."
    assert wrong_trigger(action, topic) == (said if is_wrong else "")


# What EasyEcom does not list is learnt from what names it ----------------------------------------


def unlisted():
    return make_location(name="", city="", company_id="")


def learnt(location):
    location.refresh_from_db()
    return (location.name, location.city, location.company_id)


@pytest.mark.parametrize(
    ("topic", "row", "known"),
    [
        ("inventory", {"sku": "A", "inventory": 3, "warehouse_id": 88231}, ("", "", "88231")),
        (
            "manifested",
            {
                "invoice_id": 7,
                "reference_code": "BN-1",
                "order_status": "Shipped",
                "warehouse_id": 88231,
                "company_name": "Shimla WH",
                "pickup_city": "Shimla",
            },
            ("Shimla WH", "Shimla", "88231"),
        ),
    ],
)
def test_location_is_known_once_a_webhook_names_it(
    django_capture_on_commit_callbacks, topic, row, known
):
    location = unlisted()
    rows = [row | {"location_key": location.location_key}]
    body = {"inventoryData": rows} if topic == "inventory" else rows
    token = endpoint_token(location, topic)
    send(endpoint_of(location, topic), body, HTTP_ACCESS_TOKEN=token)

    with django_capture_on_commit_callbacks(execute=True):
        processing.drain()

    assert learnt(location) == known
    assert location.events.filter(kind="learnt").count() == 1


@pytest.mark.parametrize("key", ["", "en-other"])
def test_row_that_does_not_name_the_key_teaches_nothing(django_capture_on_commit_callbacks, key):
    location = unlisted()
    row = {"sku": "A", "inventory": 3, "warehouse_id": 88231, "location_key": key}
    token = endpoint_token(location, "inventory")
    send(endpoint_of(location, "inventory"), [row], HTTP_ACCESS_TOKEN=token)

    with django_capture_on_commit_callbacks(execute=True):
        processing.drain()

    assert learnt(location) == ("", "", "")


def test_what_is_known_is_not_overwritten(django_capture_on_commit_callbacks):
    location = make_location(name="Main", city="", company_id="5001")
    row = {
        "invoice_id": 7,
        "order_status": "Shipped",
        "warehouse_id": 5002,
        "company_name": "Else",
        "pickup_city": "Pune",
        "location_key": location.location_key,
    }
    token = endpoint_token(location, "manifested")
    send(endpoint_of(location), [row], HTTP_ACCESS_TOKEN=token)

    with django_capture_on_commit_callbacks(execute=True):
        processing.drain()

    assert learnt(location) == ("Main", "Pune", "5001")


# A number of our own that ends like a split order's suffix ---------------------------------------


def test_order_whose_own_number_ends_like_a_suffix_gets_the_manifest_that_came_first():
    location = make_location()
    row = {"invoice_id": 9, "reference_code": "BN-77_OR2", "order_status": "Shipped"}
    token = endpoint_token(location, "manifested")
    send(endpoint_of(location), [row], HTTP_ACCESS_TOKEN=token)
    processing.drain()
    line = ParkedLine.objects.get()
    assert (line.reason, line.order_number, line.reference) == (
        "unknown_order",
        "BN-77",
        "BN-77_OR2",
    )
    order = make_order(location, order_number="BN-77_OR2")

    assert manifests.retry_unknown([line.delivery_id]) == 1
    processing.drain()

    assert Order.objects.get(pk=order.pk).stage == "manifested"
    assert not ParkedLine.objects.exists()
