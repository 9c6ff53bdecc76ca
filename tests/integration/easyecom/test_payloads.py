"""What goes to EasyEcom, whole: every value differs, so that none can stand in another's place."""

import json
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integration import easyecom
from integration.easyecom import Address, NewOrder, NewOrderLine

SHIPPING = Address(
    name="Asha Canary",
    line1="12 Canary Street",
    line2="Second floor",
    city="Pune",
    state="Maharashtra",
    pincode="411001",
    country="India",
    phone="9812345670",
    email="asha@mail.example",
)
BILLING = Address(
    name="Ravi Canary",
    line1="7 Finch Lane",
    line2="Gate 3",
    city="Kathmandu",
    state="Bagmati",
    pincode="44600",
    country="Nepal",
    phone="9779812345671",
    email="ravi@mail.example",
)
LINES = (
    NewOrderLine("L-1", "lamp-brass", "Brass lamp", 2, Decimal("123.105"), Decimal("7.015")),
    NewOrderLine("L-2", "wick-cotton", "Cotton wick", 11, Decimal("4.444")),
)
FACTS: dict[str, Any] = {
    "order_number": "BN-7731",
    "marketplace_id": 77,
    "ordered_at": datetime(2026, 11, 20, 18, 40, 5, tzinfo=UTC),
    "expected_delivery_at": datetime(2026, 11, 24, 18, 30, 59, tzinfo=UTC),
    "payment_mode": "cod",
    "collectable_amount": Decimal("266.335"),
    "payment_gateway": "counter",
    "payment_transaction_id": "0042",
    "shipping_charge": Decimal("20.225"),
    "discount": Decimal("0.304"),
    "market_shipped": 3,
    "company_carrier_id": "7301",
    "lines": LINES,
    "shipping": SHIPPING,
    "billing": BILLING,
    "weight_g": Decimal("640"),
    "length_cm": 12.5,
    "width_cm": 13.0,
    "height_cm": Decimal("14.75"),
}
# As it is written, so that 640 and 640.0 are two.
WRITTEN = {
    "orderType": "retailorder",
    "marketplaceId": "77",
    "orderNumber": "BN-7731",
    "orderDate": "2026-11-21 00:10:05+05:30",
    "expDeliveryDate": "2026-11-25 00:00:59",
    "is_market_shipped": "3",
    "shippingCost": "20.23",
    "discount": "0.3",
    "promoCodeDiscount": "0",
    "prepaidDiscount": "0",
    "walletDiscount": "0",
    "items": [
        {
            "OrderItemId": "L-1",
            "Sku": "lamp-brass",
            "productName": "Brass lamp",
            "Quantity": "2",
            "Price": "123.11",
            "itemDiscount": "7.02",
        },
        {
            "OrderItemId": "L-2",
            "Sku": "wick-cotton",
            "productName": "Cotton wick",
            "Quantity": "11",
            "Price": "4.44",
            "itemDiscount": "0.0",
        },
    ],
    "customer": [
        {
            "billing": {
                "name": "Ravi Canary",
                "addressLine1": "7 Finch Lane",
                "addressLine2": "Gate 3",
                "postalCode": "44600",
                "city": "Kathmandu",
                "state": "Bagmati",
                "country": "Nepal",
                "contact": "9779812345671",
                "email": "ravi@mail.example",
            },
            "shipping": {
                "name": "Asha Canary",
                "addressLine1": "12 Canary Street",
                "addressLine2": "Second floor",
                "postalCode": "411001",
                "city": "Pune",
                "state": "Maharashtra",
                "country": "India",
                "contact": "9812345670",
                "email": "asha@mail.example",
            },
        }
    ],
    "paymentMode": "2",
    "shippingMethod": "1",
    "collectableAmount": "266.34",
    "paymentGateway": "counter",
    "paymentTransactionNumber": "0042",
    "company_carrier_id": "7301",
    "packageWeight": "640",
    "packageLength": "12.5",
    "packageWidth": "13",
    "packageHeight": "14.75",
}


TOO_MUCH = "An amount for EasyEcom has to be below ten million million."
NO_ZONE = "A time for EasyEcom has to carry its zone."


def written(**changes: Any) -> Any:
    """The body that goes out, each number as its text."""
    text = json.dumps(easyecom.create_order(NewOrder(**(FACTS | changes))).body)
    return json.loads(text, parse_int=str, parse_float=str)


def test_every_fact_of_an_order_goes_out_in_its_own_place() -> None:
    assert written() == WRITTEN


def test_prepaid_order_differs_in_its_three_payment_fields_only() -> None:
    differing = {"paymentMode": "5", "shippingMethod": "3", "collectableAmount": "0.0"}

    assert written(payment_mode="prepaid") == WRITTEN | differing


def test_what_has_no_value_is_left_out_and_nothing_else_is() -> None:
    optional = {
        "expected_delivery_at": "expDeliveryDate",
        "weight_g": "packageWeight",
        "length_cm": "packageLength",
        "width_cm": "packageWidth",
        "height_cm": "packageHeight",
    }
    for ours, theirs in optional.items():
        assert written(**{ours: None}) == {k: v for k, v in WRITTEN.items() if k != theirs}
    without_carrier = {k: v for k, v in WRITTEN.items() if k != "company_carrier_id"}
    assert written(company_carrier_id="") == without_carrier


@pytest.mark.parametrize(
    ("amount", "paid"),
    [
        ("0.004", "0.0"),
        ("0.005", "0.01"),
        ("0.015", "0.02"),
        ("0.025", "0.03"),
        ("2.675", "2.68"),
        ("1.0049", "1.0"),
        ("-0.005", "-0.01"),
        ("9999999999999.98", "9999999999999.98"),
    ],
)
def test_half_a_paisa_is_rounded_away_from_zero(amount: str, paid: str) -> None:
    assert written(shipping_charge=Decimal(amount))["shippingCost"] == paid


def test_an_amount_of_ten_million_million_is_refused_and_a_paisa_less_is_not() -> None:
    assert written(discount=Decimal("9999999999999.99"))["discount"] == "9999999999999.99"
    for amount in ("10000000000000.00", "NaN", "Infinity"):
        with pytest.raises(ValueError, match=f"^{TOO_MUCH}$"):
            written(discount=Decimal(amount))


@pytest.mark.parametrize(
    ("carrier", "sent"),
    [
        ("7", 7),
        ("007", 7),
        ("9" * 18, 999_999_999_999_999_999),
        ("9" * 19, "9" * 19),
        ("c-7", "c-7"),
        ("7a", "7a"),
        ("-7", "-7"),
        ("٧", "٧"),
    ],
)
def test_carrier_id_is_a_number_where_it_is_up_to_18_digits(carrier: str, sent: object) -> None:
    order = easyecom.create_order(NewOrder(**(FACTS | {"company_carrier_id": carrier})))
    awb = easyecom.assign_awb("1", "D", "2", carrier)

    assert order.body is not None and awb.body is not None
    assert order.body["company_carrier_id"] == awb.body["companyCarrierId"] == sent


@pytest.mark.parametrize(
    ("size", "sent"),
    [(0, "0"), (2, "2"), (2.0, "2"), (Decimal("2.00"), "2"), (2.5, "2.5"), (Decimal("0.1"), "0.1")],
)
def test_measures_go_out_in_their_shortest_form(size: Any, sent: str) -> None:
    assert written(weight_g=size)["packageWeight"] == sent


def test_a_time_of_another_zone_goes_out_as_indian_time() -> None:
    from_new_york = datetime.fromisoformat("2026-12-31T18:59:59-05:00")

    body = written(ordered_at=from_new_york, expected_delivery_at=from_new_york)

    assert body["orderDate"] == "2027-01-01 05:29:59+05:30"
    assert body["expDeliveryDate"] == "2027-01-01 05:29:59"


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_times_go_out_as_indian_time_whatever_the_machines_own_zone(
    monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", zone)
        time.tzset()
        assert written() == WRITTEN
    time.tzset()


@pytest.mark.parametrize("name", ["ordered_at", "expected_delivery_at"])
def test_a_time_without_a_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{NO_ZONE}$"):
        written(**{name: datetime.fromisoformat("2026-11-20T18:40:00")})
