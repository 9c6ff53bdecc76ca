import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integration import easyecom
from integration.easyecom import Address, Kind, NewOrder, NewOrderLine

BASE = "https://api.easyecom.io"
BUYER = Address(
    name="Asha Canary",
    line1="12 Canary Street",
    line2="",
    city="Pune",
    state="Maharashtra",
    pincode="411001",
    phone="9812345670",
    email="asha@mail.example",
)


def new_order(**changes: Any) -> NewOrder:
    fields: dict[str, Any] = {
        "order_number": "BN-7731",
        "marketplace_id": 77,
        "ordered_at": datetime(2026, 11, 20, 18, 40, 5, tzinfo=UTC),
        "expected_delivery_at": None,
        "payment_mode": "cod",
        "collectable_amount": Decimal("266.30"),
        "payment_gateway": "",
        "payment_transaction_id": "",
        "shipping_charge": Decimal("20.00"),
        "discount": Decimal("0.30"),
        "market_shipped": 1,
        "company_carrier_id": "7301",
        "lines": (NewOrderLine("L-1", "lamp-brass", "Brass lamp", 2, Decimal("123.10")),),
        "shipping": BUYER,
        "billing": BUYER,
        "weight_g": Decimal("640"),
        "length_cm": 12.5,
        "width_cm": 12,
    }
    return NewOrder(**(fields | changes))


def sent(**changes: Any) -> dict[str, Any]:
    body = easyecom.create_order(new_order(**changes)).body
    assert body is not None
    return body


def test_create_order_says_everything_in_easyecoms_words() -> None:
    address = {
        "name": "Asha Canary",
        "addressLine1": "12 Canary Street",
        "addressLine2": "",
        "postalCode": "411001",
        "city": "Pune",
        "state": "Maharashtra",
        "country": "India",
        "contact": "9812345670",
        "email": "asha@mail.example",
    }
    assert sent() == {
        "orderType": "retailorder",
        "marketplaceId": 77,
        "orderNumber": "BN-7731",
        "orderDate": "2026-11-21 00:10:05+05:30",
        "is_market_shipped": 1,
        "shippingCost": 20.0,
        "discount": 0.3,
        "promoCodeDiscount": 0,
        "prepaidDiscount": 0,
        "walletDiscount": 0,
        "items": [
            {
                "OrderItemId": "L-1",
                "Sku": "lamp-brass",
                "productName": "Brass lamp",
                "Quantity": 2,
                "Price": 123.1,
                "itemDiscount": 0.0,
            }
        ],
        "customer": [{"billing": address, "shipping": address}],
        "paymentMode": 2,
        "shippingMethod": 1,
        "collectableAmount": 266.3,
        "paymentGateway": "",
        "paymentTransactionNumber": "",
        "company_carrier_id": 7301,
        "packageWeight": 640,
        "packageLength": 12.5,
        "packageWidth": 12,
    }


def test_create_order_knows_what_it_is_about() -> None:
    call = easyecom.create_order(new_order())
    assert (call.kind, call.method, call.target) == (
        Kind.CREATE_ORDER,
        "POST",
        "/webhook/v2/createOrder",
    )
    assert call.about == "BN-7731"


def test_prepaid_orders_collect_nothing() -> None:
    body = sent(payment_mode="prepaid", payment_gateway="upi", payment_transaction_id="0042")
    assert (body["paymentMode"], body["shippingMethod"], body["collectableAmount"]) == (5, 3, 0.0)
    assert (body["paymentGateway"], body["paymentTransactionNumber"]) == ("upi", "0042")


def test_expected_delivery_is_indian_time_without_suffix() -> None:
    body = sent(expected_delivery_at=datetime(2026, 11, 23, 18, 30, tzinfo=UTC))
    assert body["expDeliveryDate"] == "2026-11-24 00:00:00"


def test_what_is_unknown_is_left_out() -> None:
    body = sent(company_carrier_id="", weight_g=None, length_cm=None, width_cm=None)
    left_out = {"company_carrier_id", "expDeliveryDate", "packageWeight", "packageHeight"}
    assert left_out.isdisjoint(body)


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Decimal("0.1") + Decimal("0.2"), "0.3"),
        (Decimal("123.00"), "123.0"),
        (Decimal("66.335"), "66.34"),
        (Decimal("9999999999.99"), "9999999999.99"),
    ],
)
def test_money_goes_out_without_noise(amount: Decimal, written: str) -> None:
    assert json.dumps(sent(shipping_charge=amount)["shippingCost"]) == written


@pytest.mark.parametrize("amount", [Decimal("NaN"), Decimal("Infinity"), Decimal("1e999")])
def test_endless_money_is_refused(amount: Decimal) -> None:
    with pytest.raises(ValueError, match="amount"):
        sent(discount=amount)


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        sent(ordered_at=datetime(2026, 11, 20))  # noqa: DTZ001


def test_secrets_and_buyers_stay_out_of_reprs() -> None:
    shown = [
        repr(easyecom.log_in("desk@kaveri.example", "canary-password", "kv1")),
        repr(easyecom.add_carrier(14, "canary-user", "canary-password", "canary-token")),
        repr(easyecom.create_order(new_order())),
        repr(new_order()),
        repr(BUYER),
        repr(easyecom.TokenIssued("canary-token")),
        repr(easyecom.Exchange(easyecom.NotSent("x"), 200, 1, b"canary")),
    ]
    assert [text for text in shown if "canary" in text.casefold()] == []


@pytest.mark.parametrize(
    ("call", "kind", "method", "target", "body"),
    [
        (
            lambda: easyecom.log_in("a@b.example", "pw", "kv1"),
            Kind.LOG_IN,
            "POST",
            "/access/token",
            {"email": "a@b.example", "password": "pw", "location_key": "kv1"},
        ),
        (easyecom.get_locations, Kind.GET_LOCATIONS, "GET", "/getAllLocation", None),
        (
            lambda: easyecom.add_carrier(14, "u", "p"),
            Kind.ADD_CARRIER,
            "POST",
            "/Credentials/addCarrierCredentials",
            {"carrier_id": 14, "username": "u", "password": "p"},
        ),
        (
            lambda: easyecom.add_carrier(14, "u", "p", "t"),
            Kind.ADD_CARRIER,
            "POST",
            "/Credentials/addCarrierCredentials",
            {"carrier_id": 14, "username": "u", "password": "p", "token": "t"},
        ),
        (
            lambda: easyecom.get_products(),
            Kind.GET_PRODUCTS,
            "GET",
            "/Products/GetProductMaster?includeLocations=0&custom_fields=1&limit=200",
            None,
        ),
        (
            lambda: easyecom.get_products(10, datetime(2026, 11, 20, 18, 30, tzinfo=UTC)),
            Kind.GET_PRODUCTS,
            "GET",
            "/Products/GetProductMaster?includeLocations=0&custom_fields=1&limit=10"
            "&updated_after=2026-11-21%2000%3A00%3A00",
            None,
        ),
        (
            lambda: easyecom.find_order("BN/77 31&x=é"),
            Kind.FIND_ORDER,
            "GET",
            "/orders/V2/getOrderDetails?reference_code=BN%2F77%2031%26x%3D%C3%A9",
            None,
        ),
        (
            lambda: easyecom.get_queue_status(9012),
            Kind.GET_QUEUE_STATUS,
            "GET",
            "/getQueueStatus?queueId=9012",
            None,
        ),
        (
            lambda: easyecom.assign_awb("733000333", "Delhivery", "5512", "7301"),
            Kind.ASSIGN_AWB,
            "POST",
            "/Carrier/assignAWB",
            {
                "invoiceId": "733000333",
                "courier": "Delhivery",
                "awbNum": "5512",
                "companyCarrierId": 7301,
            },
        ),
        (
            lambda: easyecom.assign_awb(
                "7", "D", "5", "c-7", "https://l.example/1", "https://i.example/1"
            ),
            Kind.ASSIGN_AWB,
            "POST",
            "/Carrier/assignAWB",
            {
                "invoiceId": "7",
                "courier": "D",
                "awbNum": "5",
                "companyCarrierId": "c-7",
                "shippingLabelUrl": "https://l.example/1",
                "invoiceUrl": "https://i.example/1",
            },
        ),
        (
            lambda: easyecom.get_inventory(),
            Kind.GET_INVENTORY,
            "GET",
            "/getInventoryDetailsV3?includeLocations=1&limit=200",
            None,
        ),
        (
            lambda: easyecom.get_inventory("a b"),
            Kind.GET_INVENTORY,
            "GET",
            "/getInventoryDetailsV3?includeLocations=1&limit=200&sku=a%20b",
            None,
        ),
    ],
)
def test_each_touchpoint_has_its_call(
    call: Callable[[], easyecom.Call], kind: Kind, method: str, target: str, body: object
) -> None:
    made = call()

    assert (made.kind, made.method, made.target, made.body) == (kind, method, target, body)


def test_only_three_calls_write_and_only_the_log_in_has_no_token() -> None:
    assert {kind for kind in Kind if kind.is_write} == {
        Kind.ADD_CARRIER,
        Kind.CREATE_ORDER,
        Kind.ASSIGN_AWB,
    }
    assert {kind for kind in Kind if not kind.needs_token} == {Kind.LOG_IN}


@pytest.mark.parametrize(
    ("link", "base", "target"),
    [
        ("/P/G?cursor=aB3_x/9%2fQ-1==", BASE, "/P/G?cursor=aB3_x/9%2fQ-1=="),
        ("https://api.easyecom.io/P?c=%2f|{}", BASE, "/P?c=%2f|{}"),
        ("https://API.easyecom.io:443/P", BASE + "/", "/P"),
        ("http://127.0.0.1:8/ee/P?c=1", "http://127.0.0.1:8/ee", "/P?c=1"),
    ],
)
def test_next_page_is_followed_verbatim(link: str, base: str, target: str) -> None:
    call = easyecom.next_page(Kind.GET_PRODUCTS, link, base)
    assert call == easyecom.Call(Kind.GET_PRODUCTS, "GET", target)


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("https://evil.example/P", "foreign_host"),
        ("https://api.easyecom.io.evil.example/P", "foreign_host"),
        ("https://api.easyecom.io@evil.example/P", "foreign_host"),
        ("https://user@api.easyecom.io/P", "foreign_host"),
        ("http://api.easyecom.io/P", "foreign_host"),
        ("https://api.easyecom.io:8443/P", "foreign_host"),
        ("https://api.easyecom.io:port/P", "foreign_host"),
        ("https://api.easyecom.io?c=/P", "foreign_host"),
        ("ftp://api.easyecom.io/P", "foreign_host"),
        ("//evil.example/P", "bad_next_page"),
        ("/\\evil.example/P", "bad_next_page"),
        ("/P#fragment", "bad_next_page"),
        ("/P?c=a b", "bad_next_page"),
        ("/P\r\nX-Header: 1", "bad_next_page"),
        ("/P?c=é", "bad_next_page"),
        ("/" + "x" * 8_001, "bad_next_page"),
        ("P?cursor=1", "bad_next_page"),
        ("https://[bad/P", "bad_next_page"),
        ("javascript:alert(1)", "bad_next_page"),
        ("", "bad_next_page"),
    ],
)
def test_next_page_never_leaves_the_host(link: str, code: str) -> None:
    with pytest.raises(easyecom.ForeignPage) as refusal:
        easyecom.next_page(Kind.GET_PRODUCTS, link, BASE)
    assert refusal.value.code == code
