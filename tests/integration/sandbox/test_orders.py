import json

import pytest

from tests.integration.sandbox.helpers import HERE, THERE, calling, item


def test_created_order_stands_in_failed_orders_with_ids_as_text(caller):
    reply = caller.create("BN-1").json()

    data = reply["data"]
    assert (reply["code"], reply["message"]) == (200, "BN-1 created successfully")
    assert data["InvoiceID"].isdecimal() and data["Message"].endswith(data["InvoiceID"])
    assert [row["order_number"] for row in caller.state("failed_orders")] == ["BN-1"]


def test_number_is_taken_in_the_whole_company(caller, sandbox):
    caller.create("BN-1")
    with calling(sandbox.address) as other:
        answer = other.authorize(THERE).create("BN-1")

    assert answer.status_code == 200
    assert answer.json()["code"] == 400
    assert answer.json()["message"].startswith(
        "Order Number BN-1 already exists within the Company"
    )
    assert len(caller.state("orders")) == 1


def test_uniqueness_may_overlook_failed_orders(caller):
    caller.control("settings", dedupe_covers_failed=False)

    codes = [caller.create("BN-1").json()["code"] for _ in range(2)]
    caller.assign(caller.state("orders")[0]["invoice_id"], caller.add_carrier())

    assert codes == [200, 200]
    assert caller.create("BN-1").json()["code"] == 400


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"items": [item("1", "unknown")]}, "product/sku doest not exist"),
        ({"items": []}, "items are required"),
        ({"items": [item("1", "mob000"), item("1", "shirt")]}, "OrderItemId must be unique"),
        ({"items": [item("1", "mob000", Quantity=1.5)]}, "Invalid Quantity"),
        ({"items": [item("1", "mob000", Quantity=0)]}, "Invalid Quantity"),
        ({"items": [item("1", "mob000", Price="1e999999")]}, "Invalid Price"),
        ({"items": [item("1", "mob000", Price=-1)]}, "Invalid Price"),
        ({"orderDate": "23-11-2026"}, "Invalid orderDate"),
        ({"orderDate": "2026-11-23T10:15:00Z"}, "Invalid orderDate"),
        ({"expDeliveryDate": "2026-11-23 10:15:00+05:30"}, "Invalid expDeliveryDate"),
        ({"paymentMode": 7}, "Invalid paymentMode"),
        ({"customer": {}}, "customer must be an array of one"),
        ({"customer": [{"billing": {}}]}, "customer shipping address is required"),
        ({"company_carrier_id": 9}, "Invalid company_carrier_id"),
        ({"orderNumber": 0}, "product/sku"),
    ],
)
def test_bad_order_gets_http_200_with_code_400(caller, changes, message):
    if "orderNumber" in changes:
        changes = {**changes, "items": [item("1", "unknown")]}

    answer = caller.create("BN-1", **changes)

    assert answer.status_code == 200
    assert (answer.json()["code"], answer.json()["data"]) == (400, [])
    assert answer.json()["message"].startswith(message)
    assert caller.state("orders") == []
    assert caller.ledger("create_order")[0]["committed"] is False


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b'"x"', b"[" * 100_000])
def test_unreadable_bodies_are_refused(caller, body):
    answer = caller.session.post(caller.address + "/webhook/v2/createOrder", data=body, timeout=5)

    assert (answer.status_code, answer.json()["code"]) == (200, 400)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-11-23 10:15:00+05:30", "2026-11-23 10:15:00"),
        ("2026-11-23 10:15:00 +05:30", "2026-11-23 10:15:00"),
        ("2026-11-23 10:15:00", "2026-11-23 15:45:00"),
    ],
)
def test_order_date_is_utc_unless_it_says_otherwise(caller, sent, kept):
    caller.create("BN-1", orderDate=sent)

    assert caller.find("BN-1")["data"][0]["order_date"] == kept
    assert caller.state("orders")[0]["order_date_ist"] == kept


def test_line_discount_is_the_lines_and_prices_have_their_tax(caller):
    lines = [item("1", "mob000", itemDiscount=6), item("2", "shirt", Quantity="1.0", Price=600)]

    caller.create("BN-1", items=lines, discount=10)

    kept = caller.state("orders")[0]
    assert [line["total"] for line in kept["lines"]] == ["240.00", "600.00"]
    assert kept["total_amount"] == "850.00"


def test_item_may_be_named_by_its_ean(caller):
    caller.create("BN-1", items=[item("1", "", ean="8901")])

    assert caller.state("orders")[0]["lines"][0]["sku"] == "shirt"


def test_look_up_shows_lines_total_and_location(caller):
    invoice = caller.create("BN-1").json()["data"]["InvoiceID"]

    row = caller.find("BN-1")["data"][0]
    same = caller.get(f"/orders/V2/getOrderDetails?invoice_id={invoice}").json()["data"][0]

    assert row == same
    assert (row["reference_code"], row["location_key"]) == ("BN-1", HERE)
    assert (row["total_amount"], row["invoice_id"]) == ("266.00", int(invoice))
    assert [(x["sku"], x["item_quantity"]) for x in row["order_items"]] == [("mob000", 2)]
    assert row["awb_number"] is None


@pytest.mark.parametrize(
    ("style", "data"),
    [("code_400", []), ("no_result", []), ("empty_list", []), ("text", "No Data Found")],
)
def test_look_up_of_an_unknown_number_finds_nothing(caller, style, data):
    caller.control("settings", nothing_found=style)

    assert caller.find("BN-none")["data"] == data


def test_look_up_may_overlook_failed_orders(caller):
    caller.control("settings", lookup_sees_failed=False)
    caller.ship("BN-1")
    caller.create("BN-2")

    assert caller.find("BN-1")["data"][0]["awb_number"] == "AWB-BN-1"
    assert caller.find("BN-2")["data"] == []


def test_look_up_may_end_at_the_location(caller, sandbox):
    caller.create("BN-1")
    with calling(sandbox.address) as other:
        everywhere = other.authorize(THERE).find("BN-1")["data"]
        caller.control("settings", lookup_spans_locations=False)
        here_only = other.find("BN-1")["data"]

    assert (len(everywhere), here_only) == (1, [])


def test_success_may_lack_the_invoice_id_or_come_in_a_list(caller):
    caller.control("settings", omit_invoice_id=True, data_as_list=True)

    data = caller.create("BN-1").json()["data"]

    assert "InvoiceID" not in data[0] and "InvoiceID" not in data[0]["Message"]
    assert caller.find("BN-1")["data"][0]["invoice_id"]


def queue_status(caller, queue_id):
    data = caller.get(f"/getQueueStatus?queueId={queue_id}").json()["data"]
    return data["status_id"], json.loads(data["notes"] or "{}")


def test_queued_order_is_finished_in_its_time(caller):
    caller.control("settings", queued=True, queue_seconds=60)
    reply = caller.create("BN-1").json()
    waiting = queue_status(caller, reply["data"]["queueId"]), caller.find("BN-1")["data"]
    caller.control("settings", queue_seconds=0)
    second = caller.create("BN-2").json()["data"]["queueId"]

    assert reply["message"] == "Successfully Queued"
    assert waiting == ((2, {}), [])
    assert queue_status(caller, second)[0] == 3
    assert queue_status(caller, second)[1]["reference_code"] == "BN-2"


def test_queued_order_that_is_refused_ends_in_error(caller):
    caller.control("settings", queued=True)

    queue_id = caller.create("BN-1", paymentMode=9).json()["data"]["queueId"]

    answer = caller.get(f"/getQueueStatus?queueId={queue_id}").json()
    assert (answer["code"], answer["message"]) == (200, "Successful")
    assert answer["data"] == {
        "id": str(queue_id),
        "status_id": 4,
        "notes": "",
        "message": "Invalid paymentMode",
        "result": f"https://files.easyecom.example/error_{queue_id}.csv",
    }
    assert caller.ledger("create_order")[0]["committed"] is False


def test_unknown_queue_number_finds_nothing(caller):
    assert caller.get("/getQueueStatus?queueId=" + "9" * 5000).json()["code"] == 400


def test_stock_follows_orders_by_switch(caller):
    caller.create("BN-1")
    caller.control("settings", stock_follows_orders=False)
    caller.create("BN-2")

    assert caller.state("stock")[HERE]["mob000"] == 8


def test_one_state_may_be_unlisted_by_switch(caller):
    caller.control("settings", unlisted_state="Ladakh")
    leh = {"name": "Asha", "state": "ladakh"}

    good = caller.create("BN-1").json()
    bad = caller.create("BN-2", customer=[{"billing": leh, "shipping": leh}]).json()

    assert (good["code"], bad["code"]) == (200, 400)
    assert bad["message"] == "Unable to find states for given country Id"


def test_lines_of_a_sku_without_a_tax_rate_are_refused_each_by_switch(caller):
    caller.control("settings", untaxed_sku="shirt")

    answer = caller.create("BN-1", items=[item("1", "mob000"), item("2", "shirt")]).json()

    assert answer == {
        "code": 400,
        "message": "Error creating order",
        "data": [
            {
                "OrderItemId": "2",
                "Sku": "shirt",
                "Quantity": 2,
                "Price": 123.0,
                "Message": " Tax Rate Not Set ",
            }
        ],
    }
    assert caller.state("orders") == []


def test_states_are_checked_by_switch(caller):
    caller.control("settings", check_states=True)
    nowhere = {"name": "Asha", "state": "Atlantis"}

    good = caller.create("BN-1").json()
    bad = caller.create("BN-2", customer=[{"billing": nowhere, "shipping": nowhere}]).json()

    assert (good["code"], bad["message"]) == (200, "Unable to find states for given country Id")


def test_look_up_wraps_and_writes_orders_as_its_switches_say(caller):
    caller.create("BN-1")
    caller.control("settings", lookup_shape="orders", skus_in_capitals=True, whole_rupees=True)

    [row] = caller.find("BN-1")["data"]["orders"]
    caller.control("settings", lookup_shape="object")

    assert caller.find("BN-1")["data"]["reference_code"] == "BN-1"
    assert [line["sku"] for line in row["order_items"]] == ["MOB000"]
    assert row["total_amount"] == "266.0000"


def test_order_cancelled_by_the_seller_is_shown_so_and_takes_no_awb(caller):
    invoice = caller.create("BN-1").json()["data"]["InvoiceID"]
    carrier = caller.add_carrier()
    caller.control("order", order_number="BN-1", act="cancel", reason="Sold out")

    [row] = caller.find("BN-1")["data"]
    refused = caller.assign(invoice, carrier)

    assert (row["order_status"], row["order_status_id"]) == ("Cancelled", 9)
    assert row["meta"] == {"cancellation_reason": "Sold out"}
    line = row["order_items"][0]
    assert (line["item_quantity"], line["cancelled_quantity"]) == (2, 2)
    assert refused["message"] == "Order is cancelled"
    caller.control("order", order_number="BN-1", act="reopen")
    assert caller.find("BN-1")["data"][0]["order_status"] == "Assigned"


def test_seller_cancels_pieces_holds_moves_and_scans(caller):
    caller.create("BN-1")
    acts = (
        {"act": "cancel_pieces", "sku": "mob000", "quantity": 1},
        {"act": "hold"},
        {"act": "move", "to": THERE},
    )
    for each in acts:
        caller.control("order", order_number="BN-1", **each)

    [row] = caller.find("BN-1")["data"]
    assert (row["order_status"], row["location_key"]) == ("On Hold", THERE)
    assert row["order_items"][0]["cancelled_quantity"] == 1
    caller.control("order", order_number="BN-1", act="release")
    caller.control("order", order_number="BN-1", act="scan")
    [row] = caller.find("BN-1")["data"]
    assert (row["order_status"], row["manifest_date"]) == ("Manifest Scanned", None)
    assert row["manifest_no"]
