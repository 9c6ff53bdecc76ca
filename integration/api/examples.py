"""What the OpenAPI description says of each operation by name: its title, a body that is taken, and
what is answered. `tests/integration/api/test_examples.py` sends the bodies and reads the answers.
"""

from typing import Any

from drf_spectacular.utils import OpenApiExample

SELLER, ORDER_NUMBER, SKU = "acme", "BN-1001", "KURTA-INDIGO-M"
LOCATION_KEY = "ne29488101841"
UPDATED_AT = "2026-11-23T04:45:07Z"

# One line of purpose for each operation.
TITLES = {
    "put_order": "Give an order, or change it",
    "get_order": "Read an order",
    "withdraw_order": "Withdraw an order",
    "validate_order": "Check an order without giving it",
    "put_orders": "Give many orders",
    "list_orders": "List orders",
    "put_shipment": "Give an order its courier and AWB",
    "get_shipment": "Read an order's shipment details",
    "put_shipments": "Give many orders their courier and AWB",
    "put_listing": "List a SKU, or change its listing",
    "get_listing": "Read a listing",
    "delete_listing": "Take a listing back",
    "put_listing_by_sku": "List any SKU, or change its listing",
    "get_listing_by_sku": "Read the listing of any SKU",
    "delete_listing_by_sku": "Take the listing of any SKU back",
    "list_listings": "List listings",
    "list_sellers": "List sellers, and how their locations are",
    "list_stock": "List stock levels",
    "list_products": "List EasyEcom's products",
    "list_changes": "Follow the feed of changes",
}

ADDRESS = {
    "name": "Asha Rao",
    "line1": "14, 3rd Cross",
    "line2": "Indiranagar",
    "city": "Bengaluru",
    "state": "Karnataka",
    "pincode": "560038",
    "country": "India",
    "phone": "+91 98450 12345",
    "email": "asha.rao@example.com",
}
ORDER: dict[str, Any] = {
    "location_key": LOCATION_KEY,
    "ordered_at": "2026-11-23T10:15:00+05:30",
    "payment": {"mode": "cod", "collectable_amount": "1038.00"},
    "shipping_charge": "40.00",
    "lines": [
        {
            "line_id": "BN-1001-1",
            "sku": SKU,
            "name": "Cotton kurta, indigo, M",
            "quantity": 2,
            "unit_price": "499.00",
        }
    ],
    "shipping_address": ADDRESS,
    "package": {"weight_g": 850, "length_cm": 32, "width_cm": 24, "height_cm": 6},
}
SHIPMENT = {
    "courier": "Delhivery",
    "awb_number": "890012345",
    "label_url": "https://labels.booon.example/BN-1001.pdf",
}
LISTING = {
    "title": "Cotton kurta, indigo, M",
    "price": "499.00",
    "mrp": "799.00",
    "active": True,
    "image_url": "https://img.booon.example/kurta-indigo.jpg",
}
NUMBERED = {"seller": SELLER, "order_number": ORDER_NUMBER}

GIVEN: dict[str, Any] = ORDER | {
    "ordered_at": "2026-11-23T04:45:00Z",
    "expected_delivery_at": None,
    "payment": ORDER["payment"] | {"gateway": "", "transaction_id": ""},
    "discount": "0.00",
    "lines": [ORDER["lines"][0] | {"discount": "0.00"}],
    "billing_address": None,
    "buyer_gstin": "",
    "order_number": ORDER_NUMBER,
    "seller": SELLER,
    "stage": "received",
    "blocked_reason": "",
    "blocked_message": "",
    "blocked_lines": [],
    "blocked_file": None,
    "revision": 1,
    "easyecom_order_id": None,
    "easyecom_invoice_id": None,
    "shipment": None,
    "manifested_at": None,
    "manifest_number": None,
    "cancelled_at_easyecom": None,
    "cancelled_lines": [],
    "updated_at": UPDATED_AT,
}
WITH_AWB = GIVEN | {
    "stage": "awaiting_carrier",
    "easyecom_order_id": "558618236",
    "easyecom_invoice_id": "654671188",
    "shipment": SHIPMENT
    | {"invoice_url": None, "at_easyecom": None, "assigned_at": None, "replaced": []},
}
LISTED = LISTING | {"seller": SELLER, "sku": SKU, "matched": True, "updated_at": UPDATED_AT}
SELLER_SHOWN: dict[str, Any] = {
    "code": SELLER,
    "name": "Acme Textiles",
    "quota": {
        "daily_quota": 5000,
        "used_today": 312,
        "left_today": 4688,
        "day_ends_at": "2026-11-23T18:30:00Z",
        "orders": "normal",
        "orders_until": None,
        "polling": "normal",
        "polling_until": None,
        "message": "",
    },
    "locations": [
        {
            "location_key": LOCATION_KEY,
            "name": "Peenya",
            "live": True,
            "live_at": "2026-11-20T06:30:00Z",
            "reason": "",
            "reason_message": "",
            "webhook_received_at": {"inventory": UPDATED_AT, "manifested": None},
            "stock_read_at": "2026-11-23T01:10:00Z",
            "token_ok_until": "2026-12-20T06:30:00Z",
            "orders_stuck": 0,
        }
    ],
}
LEVEL = {
    "seller": SELLER,
    "location_key": LOCATION_KEY,
    "sku": SKU,
    "quantity": 23,
    "updated_at": UPDATED_AT,
}
PRODUCT = {
    "seller": SELLER,
    "sku": SKU,
    "name": "Cotton kurta, indigo, M",
    "active": True,
    "mrp": "799.00",
    "tax_rate": "0.0500",
    "category": "Kurtas",
    "brand": "Acme",
    "image_url": None,
    "weight_g": 400,
    "length_cm": 32,
    "width_cm": 24,
    "height_cm": 3,
    "ean": None,
    "hsn_code": "62114210",
    "kind": None,
    "parent_sku": None,
    "components": [],
    "location_key": LOCATION_KEY,
    "updated_at": None,
}
CHANGE = {
    "cursor": "1842",
    "type": "stock.updated",
    "at": "2026-11-23T13:16:49Z",
    "seller": SELLER,
    "location_key": LOCATION_KEY,
    "data": {"sku": SKU, "quantity": 23, "previous": 25},
}

# What is sent, by operation.
BODIES: dict[str, Any] = {
    "put_order": ORDER,
    "validate_order": ORDER,
    "put_orders": {"orders": [NUMBERED | ORDER]},
    "put_shipment": SHIPMENT,
    "put_shipments": {"shipments": [NUMBERED | SHIPMENT]},
    "put_listing": LISTING,
    "put_listing_by_sku": LISTING,
}


def page(row: dict[str, Any]) -> dict[str, Any]:
    return {"next": None, "results": [row]}


def results(status: int, order: dict[str, Any]) -> dict[str, Any]:
    return {"results": [NUMBERED | {"status": status, "order": order, "errors": []}]}


# What is answered where all is well, by operation.
ANSWERS: dict[str, Any] = {
    "put_order": GIVEN,
    "get_order": WITH_AWB,
    "withdraw_order": GIVEN | {"stage": "withdrawn"},
    "validate_order": {"result": "created", "missing_skus": [SKU], "location_is_live": True},
    "put_orders": results(201, GIVEN),
    "list_orders": page(WITH_AWB),
    "put_shipment": WITH_AWB,
    "get_shipment": WITH_AWB,
    "put_shipments": results(200, WITH_AWB),
    "put_listing": LISTED,
    "get_listing": LISTED,
    "put_listing_by_sku": LISTED,
    "get_listing_by_sku": LISTED,
    "list_listings": page(LISTED),
    "list_sellers": page(SELLER_SHOWN),
    "list_stock": page(LEVEL),
    "list_products": page(PRODUCT),
    "list_changes": {"results": [CHANGE], "cursor": "1842"},
}


def examples_of(operation: str) -> list[OpenApiExample]:
    given, answered = BODIES.get(operation), ANSWERS.get(operation)
    found = []
    if given is not None:
        found.append(OpenApiExample("Given", value=given, request_only=True))
    if answered is not None:
        statuses = ["200", "201"]
        found.append(
            OpenApiExample("Answered", value=answered, response_only=True, status_codes=statuses)
        )
    return found
