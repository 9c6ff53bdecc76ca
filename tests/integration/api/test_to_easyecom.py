"""From Booon's request to EasyEcom's, whole: every value of the body differs from the others."""

import json

import pytest

from integration.models import Order
from sellers.models import CarrierRegistration
from tests.factories import make_location, make_seller
from tests.integration.conftest import API, CREATED, run

URL = "/api/v1/sellers/acme/orders/BN-1001/"
ORDER = {
    "location_key": "ne29488101841",
    "ordered_at": "2026-11-23T20:15:07Z",
    "expected_delivery_at": "2026-11-28T01:02:03+05:30",
    "payment": {
        "mode": "cod",
        "collectable_amount": "501.35",
        "gateway": "counter",
        "transaction_id": "txn-0042",
    },
    "shipping_charge": "41.10",
    "discount": "3.05",
    "lines": [
        {
            "line_id": "BN-1001-1",
            "sku": "mob000",
            "name": "Galaxy",
            "quantity": 2,
            "unit_price": "223.15",
            "discount": "8.25",
        },
        {
            "line_id": "BN-1001-2",
            "sku": "cab007",
            "name": "Cable",
            "quantity": 3,
            "unit_price": "9.75",
            "discount": "1.95",
        },
    ],
    "shipping_address": {
        "name": "Asha Rao",
        "line1": "14 Lake Road",
        "line2": "Flat 6",
        "city": "Pune",
        "state": "Maharashtra",
        "pincode": "411001",
        "country": "India",
        "phone": "9811100001",
        "email": "asha@buyer.test",
    },
    "billing_address": {
        "name": "Ravi Sen",
        "line1": "7 Hill Street",
        "line2": "Gate 3",
        "city": "Thimphu",
        "state": "Chukha",
        "pincode": "11001",
        "country": "Bhutan",
        "phone": "9752223334",
        "email": "ravi@payer.test",
    },
    "package": {"weight_g": 640, "length_cm": 12.5, "width_cm": 13, "height_cm": 14.75},
}
SHIPMENT = {
    "courier": "Delhivery",
    "awb_number": "890012345",
    "label_url": "https://labels.booon.test/1.pdf",
    "invoice_url": "https://invoices.booon.test/1.pdf",
}
TO_PUNE = {
    "name": "Asha Rao",
    "addressLine1": "14 Lake Road",
    "addressLine2": "Flat 6",
    "postalCode": "411001",
    "city": "Pune",
    "state": "Maharashtra",
    "country": "India",
    "contact": "9811100001",
    "email": "asha@buyer.test",
}
TO_THIMPHU = {
    "name": "Ravi Sen",
    "addressLine1": "7 Hill Street",
    "addressLine2": "Gate 3",
    "postalCode": "11001",
    "city": "Thimphu",
    "state": "Chukha",
    "country": "Bhutan",
    "contact": "9752223334",
    "email": "ravi@payer.test",
}
# Each number as it is written.
SENT = {
    "orderType": "retailorder",
    "marketplaceId": "62",
    "orderNumber": "BN-1001",
    "orderDate": "2026-11-24 01:45:07+05:30",
    "expDeliveryDate": "2026-11-28 01:02:03",
    "is_market_shipped": "0",
    "shippingCost": "41.1",
    "discount": "3.05",
    "promoCodeDiscount": "0",
    "prepaidDiscount": "0",
    "walletDiscount": "0",
    "items": [
        {
            "OrderItemId": "BN-1001-1",
            "Sku": "mob000",
            "productName": "Galaxy",
            "Quantity": "2",
            "Price": "223.15",
            "itemDiscount": "8.25",
        },
        {
            "OrderItemId": "BN-1001-2",
            "Sku": "cab007",
            "productName": "Cable",
            "Quantity": "3",
            "Price": "9.75",
            "itemDiscount": "1.95",
        },
    ],
    "customer": [{"billing": TO_THIMPHU, "shipping": TO_PUNE}],
    "paymentMode": "2",
    "shippingMethod": "1",
    "collectableAmount": "501.35",
    "paymentGateway": "counter",
    "paymentTransactionNumber": "txn-0042",
    "company_carrier_id": "4711",
    "packageWeight": "640",
    "packageLength": "12.5",
    "packageWidth": "13",
    "packageHeight": "14.75",
}


@pytest.fixture
def place(settings, db):
    settings.EASYECOM_MARKETPLACE_ID = 62
    settings.EASYECOM_MARKET_SHIPPED = 0
    seller = make_seller(code="acme", x_api_key="key-canary")
    location = make_location(
        seller=seller, location_key="ne29488101841", token="location-token-canary"
    )
    CarrierRegistration.objects.update(company_carrier_id="4711")
    return location


def sent_after(api, easyecom, url, body):
    """The requests that EasyEcom got for what Booon gave."""
    before = len(easyecom.calls)
    answer = api.put_json(url, body)
    assert answer.status_code in (200, 201), answer.content
    run(Order.objects.get().sync_job)
    return [call.request for call in easyecom.calls][before:]


def written(request):
    return json.loads(request.body, parse_int=str, parse_float=str)


def test_order_reaches_easyecom_with_every_value_in_its_place(api, easyecom, place):
    easyecom.post(f"{API}/webhook/v2/createOrder", json=CREATED | {"message": "created"})

    [request] = sent_after(api, easyecom, URL, ORDER)

    assert (request.method, request.url) == ("POST", f"{API}/webhook/v2/createOrder")
    assert written(request) == SENT
    assert request.headers["Authorization"] == "Bearer location-token-canary"
    assert request.headers["x-api-key"] == "key-canary"
    assert request.headers["Content-Type"] == "application/json"


def test_shipping_address_stands_in_for_a_billing_address_that_is_not_given(api, easyecom, place):
    easyecom.post(f"{API}/webhook/v2/createOrder", json=CREATED | {"message": "created"})

    [request] = sent_after(api, easyecom, URL, ORDER | {"billing_address": None})

    assert written(request) == SENT | {"customer": [{"billing": TO_PUNE, "shipping": TO_PUNE}]}


def test_prepaid_order_without_measures_or_promised_date_says_neither(api, easyecom, place):
    easyecom.post(f"{API}/webhook/v2/createOrder", json=CREATED | {"message": "created"})
    payment = {"mode": "prepaid", "gateway": "upi", "transaction_id": "txn-7"}
    body = ORDER | {"payment": payment, "package": None, "expected_delivery_at": None}

    [request] = sent_after(api, easyecom, URL, body)

    left_out = {"expDeliveryDate", "packageWeight", "packageLength", "packageWidth"}
    left_out |= {"packageHeight"}
    kept = {name: value for name, value in SENT.items() if name not in left_out}
    assert written(request) == kept | {
        "paymentMode": "5",
        "shippingMethod": "3",
        "collectableAmount": "0.0",
        "paymentGateway": "upi",
        "paymentTransactionNumber": "txn-7",
    }


def test_changed_order_reaches_easyecom_as_it_was_last_given(api, easyecom, place):
    """And nothing of how it was given before."""
    easyecom.post(f"{API}/webhook/v2/createOrder", json=CREATED | {"message": "created"})
    before = {
        "location_key": "ne29488101841",
        "ordered_at": "2026-10-01T00:00:00Z",
        "payment": {"mode": "prepaid", "gateway": "old", "transaction_id": "old"},
        "lines": [{"line_id": "old", "sku": "old", "quantity": 9, "unit_price": "1.00"}],
        "shipping_address": {
            "pincode": "560001",
            "name": "Old Name",
            "line1": "Old street",
            "line2": "Old floor",
            "city": "Bengaluru",
            "state": "Karnataka",
        },
        "package": {"weight_g": 1, "length_cm": 1, "width_cm": 1, "height_cm": 1},
    }
    assert api.put_json(URL, before).status_code == 201

    [request] = sent_after(api, easyecom, URL, ORDER)

    assert written(request) == SENT


def test_shipment_details_reach_easyecom_with_every_value_in_its_place(api, easyecom, place):
    easyecom.post(f"{API}/webhook/v2/createOrder", json=CREATED | {"message": "created"})
    easyecom.post(f"{API}/Carrier/assignAWB", json={"code": 200, "message": "Successful"})
    sent_after(api, easyecom, URL, ORDER)

    [request] = sent_after(api, easyecom, f"{URL}shipment/", SHIPMENT)

    assert (request.method, request.url) == ("POST", f"{API}/Carrier/assignAWB")
    assert written(request) == {
        "invoiceId": "91",
        "courier": "Delhivery",
        "awbNum": "890012345",
        "companyCarrierId": "4711",
        "shippingLabelUrl": "https://labels.booon.test/1.pdf",
        "invoiceUrl": "https://invoices.booon.test/1.pdf",
    }
