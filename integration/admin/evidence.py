"""Everything kept about one order in a file, to be sent to whoever must be convinced.

Buyers' data and secrets are not in it: addresses are masked, and calls are as they were redacted.
"""

import io
import json
import zipfile
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string

from integration.admin import timeline
from integration.admin.calls import kind_of, sentence_of
from integration.admin.masking import masked
from integration.models import ApiCall, Change, Event, Order, ShipmentDetails, api_time
from integration.orders.addresses import sent_addresses

MOST_OF_EACH = 1000


def bundle(order: Order, now: datetime) -> bytes:
    """A zip of evidence.json and evidence.html."""
    facts = gathered(order, now)
    page = render_to_string(
        "console/evidence.html",
        {"facts": facts, "order": order, "timeline": timeline.of_order(order), "now": now},
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("evidence.json", json.dumps(facts, indent=2, ensure_ascii=False))
        archive.writestr("evidence.html", page)
    return written.getvalue()


def gathered(order: Order, now: datetime) -> dict[str, Any]:
    shipment: ShipmentDetails | None = getattr(order, "shipment", None)
    events = Event.objects.filter(order=order).order_by("id")[:MOST_OF_EACH]
    calls = ApiCall.objects.filter(order=order).order_by("id")[:MOST_OF_EACH]
    changes = Change.objects.filter(order=order).order_by("id")[:MOST_OF_EACH]
    return {
        "made_at": api_time(now),
        "order": {
            "order_number": order.order_number,
            "seller": order.seller.code,
            "location_key": order.location.location_key,
            "stage": order.stage,
            "blocked_reason": order.blocked_reason,
            "blocked_message": order.blocked_message,
            "doubt": order.doubt,
            "ordered_at": api_time(order.ordered_at),
            "received_at": api_time(order.created_at),
            "first_sent_at": api_time(order.push_begun_at),
            "taken_at": api_time(order.pushed_at),
            "manifested_at": api_time(order.manifested_at),
            "cancelled_at_easyecom": api_time(order.cancelled_at_easyecom),
            "cancelled_lines": order.cancelled_lines,
            "manifest_number": order.manifest_number,
            "easyecom_order_id": order.easyecom_order_id,
            "easyecom_invoice_id": order.easyecom_invoice_id,
            "payment_mode": order.payment_mode,
            "buyer": dict(masked(sent_addresses(order)[0])),
        },
        "lines": [
            {
                "line_id": line.line_id,
                "sku": line.sku,
                "quantity": line.quantity,
                "unit_price": f"{line.unit_price:.2f}",
            }
            for line in order.lines.all()
        ],
        "shipment": shipment
        and {
            "courier": shipment.courier,
            "awb_number": shipment.awb_number,
            "sent_at": api_time(shipment.assign_begun_at),
            "taken_at": api_time(shipment.assigned_at),
        },
        "replaced_awbs": [
            {
                "courier": old.courier,
                "awb_number": old.awb_number,
                "taken_at": api_time(old.assigned_at),
                "replaced_at": api_time(old.replaced_at),
                "by": old.actor,
                "why": old.reason,
            }
            for old in order.replaced_awbs.all()
        ],
        "events": [
            {
                "at": api_time(event.at),
                "kind": event.kind,
                "actor": event.actor,
                "sentence": event.sentence,
                "delivery": event.delivery_id,
            }
            for event in events
        ],
        "calls_to_easyecom": [render_call(call) for call in calls],
        "told_to_booon": [
            {"at": api_time(change.at), "type": change.type, "data": change.data}
            for change in changes
        ],
    }


def render_call(call: ApiCall) -> dict[str, Any]:
    return {
        "at": api_time(call.started_at),
        "call": kind_of(call),
        "request": f"{call.method} {call.path}",
        "sent": call.request,
        "http_status": call.http_status,
        "answer": call.reply,
        "outcome": call.outcome,
        "in_words": sentence_of(call),
        "took_ms": call.elapsed_ms,
    }
