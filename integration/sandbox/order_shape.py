"""An order as EasyEcom shows it, in look-ups and webhooks: some 95 keys of drifting types."""

from decimal import Decimal
from typing import Any

from integration.sandbox import indian_time
from integration.sandbox.entities import Order, OrderLine
from integration.sandbox.states import gst_code

MANIFESTED = "Shipped", 7
WITH_AWB = "Confirmed", 3
WAITING = "Assigned", 2
CANCELLED = "Cancelled", 9
SCANNED = "Manifest Scanned", 6
ON_HOLD = "On Hold", 2
TAX_PERCENT = 18


def status(order: Order) -> tuple[str, int]:
    """The word and its id. Which word a Failed Order shows is not known; this is the first one."""
    if order.cancelled_at:
        return CANCELLED
    if order.manifested_at:
        return MANIFESTED
    if order.is_on_hold:
        return ON_HOLD
    if order.manifest_number:
        return SCANNED
    return WAITING if order.is_failed else WITH_AWB


def order_row(
    order: Order, lines_key: str = "order_items", courier_is_email: bool = False
) -> dict[str, Any]:
    return {
        **_heads(order),
        **_places(order),
        **_times(order),
        **_shipment(order, courier_is_email),
        **_payment(order),
        **_buyer(order),
        **_amounts(order),
        lines_key: [_line(order, line) for line in order.asked.lines],
        "location_key": order.location.location_key,
    }


def _heads(order: Order) -> dict[str, Any]:
    word, number = status(order)
    return {
        "invoice_id": order.invoice_id,
        "order_id": order.order_id,
        "blockSplit": 0,
        "reference_code": order.number,
        "order_type": "B2C" if order.asked.order_type == "retailorder" else "B2B",
        "order_type_key": order.asked.order_type,
        "replacement_order": 0,
        "marketplace": "Booon",
        "MarketCId": order.asked.marketplace_id,
        "marketplace_id": order.asked.marketplace_id,
        "market_shipped": order.asked.market_shipped,
        "merchant_c_id": order.location.company_id,
        "qcPassed": 1,
        "salesmanUserId": 0,
        "order_status": word,
        "order_status_id": number,
        "message": None,
        "meta": {"cancellation_reason": order.cancellation_reason},
        "batch_id": None,
        "batch_created_at": None,
        "picker": "NA",
        "packer": "NA",
    }


def _places(order: Order) -> dict[str, Any]:
    location = order.location
    return {
        "company_name": location.name,
        "warehouse_id": location.company_id,
        "seller_gst": "19SANDBOX0000Z5",
        "assigned_company_name": location.name,
        "assigned_warehouse_id": location.company_id,
        "assigned_company_gst": "19SANDBOX0000Z5",
        "warehouse_contact": None,
        "pickup_address": f"Warehouse of {location.name} ",
        "pickup_city": location.city,
        "pickup_state": location.state,
        "pickup_state_code": gst_code(location.state),
        "pickup_pin_code": "560102",
        "pickup_country": "India",
        "invoice_currency_code": "INR",
    }


def _times(order: Order) -> dict[str, Any]:
    expected, manifested = order.asked.expected_at, order.manifested_at
    last = (
        order.cancelled_at
        or manifested
        or (order.awb.assigned_at if order.awb else order.received_at)
    )
    return {
        "order_date": indian_time.stamp(order.asked.ordered_at),
        "tat": indian_time.stamp(expected) if expected else "0000-00-00 00:00:00",
        "available_after": None,
        "invoice_date": indian_time.stamp(manifested) if manifested else "0000-00-00 00:00:00",
        "import_date": indian_time.stamp(order.received_at),
        "last_update_date": indian_time.stamp(last),
        "manifest_date": indian_time.stamp(manifested) if manifested else None,
        "manifest_no": order.manifest_number,
        "invoice_number": f"SBX-{order.invoice_id}" if manifested else None,
        "marketplace_invoice_num": order.number,
        "shipping_last_update_date": indian_time.stamp(last),
        "easyecom_order_history": _history(order),
    }


def _history(order: Order) -> list[dict[str, Any]]:
    steps = [(WAITING, order.received_at)]
    if order.awb:
        steps.append((WITH_AWB, order.awb.assigned_at))
    if order.manifested_at:
        steps += [
            (("Ready to dispatch", 6), order.manifested_at),
            (MANIFESTED, order.manifested_at),
        ]
    return [
        {"status": word, "status_id": number, "date_time": indian_time.stamp(at)}
        for (word, number), at in steps
    ]


def _shipment(order: Order, courier_is_email: bool) -> dict[str, Any]:
    awb, package = order.awb, order.asked.package
    return {
        "courier_aggregator_name": awb.courier if awb else None,
        "courier": ("care@easyecom.io" if courier_is_email else awb.courier) if awb else None,
        "carrier_id": awb.company_carrier_id if awb else 0,
        "awb_number": awb.number if awb and not order.cancelled_at else None,
        "package_weight": package["packageWeight"],
        "package_height": package["packageHeight"],
        "package_length": package["packageLength"],
        "package_width": package["packageWidth"],
        "shipping_status": "Shipment Created" if awb else None,
        "shipping_status_id": 1 if awb else None,
        "tracking_url": None,
        "shipping_history": None,
        "documents": {
            "easyecom_invoice": awb.invoice_url if awb else None,
            "label": awb.label_url if awb else None,
            "intaxform": None,
            "outtaxform": None,
            "marketplaceinvoice": None,
            "marketplace_tax_invoice": None,
            "marketplace_b2c_invoice": None,
        },
        "invoice_documents": None,
    }


def _payment(order: Order) -> dict[str, Any]:
    asked = order.asked
    return {
        "payment_mode": "PrePaid" if asked.payment_mode == 5 else "COD",
        "payment_mode_id": asked.payment_mode,
        "payment_gateway_transaction_number": asked.payment["paymentTransactionNumber"] or None,
        "payment_gateway_name": asked.payment["paymentGateway"] or None,
        "buyer_gst": asked.gst_number or "NA",
    }


def _buyer(order: Order) -> dict[str, Any]:
    to, bill = order.asked.shipping.get, order.asked.billing.get
    return {
        "customer_name": to("name"),
        "shipping_name": to("name"),
        "contact_num": to("contact"),
        "address_line_1": to("addressLine1"),
        "address_line_2": to("addressLine2") or None,
        "city": to("city"),
        "pin_code": to("postalCode"),
        "state": to("state"),
        "state_code": gst_code(to("state", "")),
        "country": to("country"),
        "country_code": 0,
        "email": to("email"),
        "latitude": to("latitude"),
        "longitude": to("longitude"),
        "billing_name": bill("name"),
        "billing_address_1": bill("addressLine1"),
        "billing_address_2": bill("addressLine2") or None,
        "billing_city": bill("city"),
        "billing_state": bill("state"),
        "billing_state_code": gst_code(bill("state", "")),
        "billing_pin_code": bill("postalCode"),
        "billing_country": bill("country"),
        "billing_mobile": bill("contact"),
    }


def _amounts(order: Order) -> dict[str, Any]:
    total = order.asked.total
    return {
        "order_quantity": sum(line.quantity for line in order.asked.lines),
        "collectable_amount": plain(order.asked.collectable),
        "total_amount": f"{total:.2f}",
        "total_tax": plain(total - _without_tax(total)),
        "breakup_types": _breakup(total),
        "tcs_rate": 0,
        "tcs_amount": 0,
        "customer_code": "NA",
    }


def _line(order: Order, line: OrderLine) -> dict[str, Any]:
    # Of an order that is cancelled as a whole the lines say so too, quantities unchanged.
    all_of_it = line.quantity if order.cancelled_at else 0
    cancelled = order.cancelled.get(line.product.sku, all_of_it)
    shipped = line.quantity - cancelled if order.manifested_at else 0
    mrp = plain(line.product.mrp)
    return {
        "suborder_id": line.suborder_id,
        "suborder_num": line.order_item_id,
        "invoicecode": None,
        "item_collectable_amount": 0,
        "shipment_type": "SelfShip",
        "suborder_quantity": line.quantity,
        "item_quantity": line.quantity,
        "returned_quantity": 0,
        "cancelled_quantity": cancelled,
        "shipped_quantity": shipped,
        "tax_type": "GST",
        "product_id": line.product.product_id,
        "company_product_id": line.product.cp_id,
        "sku": line.product.sku,
        "expiry_type": 0,
        "sku_type": "Normal",
        "sub_product_count": 1,
        "marketplace_sku": line.product.sku,
        "listing_ref_number": "-",
        "listing_id": "-",
        "productName": line.name,
        "description": None,
        "category": line.product.overlay.get("category_name", "General"),
        "brand": line.product.overlay.get("brand", "Unknown"),
        "ean": line.product.overlay.get("EANUPC"),
        "cost": mrp,
        "mrp": mrp,
        "scheme_applied": 0,
        "custom_fields": [],
        "serials": [None],
        "tax_rate": TAX_PERCENT,
        "selling_price": f"{line.price:f}",
        "breakup_types": _breakup(line.total),
        "station_scanned_quantity": 0,
        "batch_scanned_quantity": 0,
        "assigned_quantity": line.quantity,
    }


def _breakup(total: Decimal) -> dict[str, Any]:
    without = _without_tax(total)
    return {
        "Item Amount Excluding Tax": plain(without),
        "Item Amount IGST": plain(total - without),
    }


def _without_tax(total: Decimal) -> Decimal:
    return round(total * 100 / (100 + TAX_PERCENT), 4)


def plain(amount: Decimal) -> int | float:
    """Money as EasyEcom's numbers come: whole where they are whole."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)
