"""What a look-up shows, in the shape in which the Manifested webhook would have told it."""

import json
from collections.abc import Iterable
from typing import Any

from integration.easyecom.payloads import ist_text
from integration.easyecom.replies import FoundOrder


def manifested_body(invoices: Iterable[FoundOrder]) -> bytes:
    """The bare array of Manifested V2 (EasyEcom contract, section 8)."""
    rows = [_row(invoice) for invoice in invoices]
    return json.dumps(rows, separators=(",", ":")).encode()


def _row(invoice: FoundOrder) -> dict[str, Any]:
    at = invoice.manifested_at
    return {
        "reference_code": invoice.order_number,
        "order_id": invoice.order_id,
        "invoice_id": invoice.invoice_id,
        "location_key": invoice.location_key,
        "warehouse_id": invoice.company_id,
        "order_status": invoice.status,
        "manifest_date": ist_text(at) if at else None,
        "manifest_no": invoice.manifest_number,
        "courier": invoice.courier,
        "awb_number": invoice.awb_number,
        "order_items": [{"sku": sku, "item_quantity": count} for sku, count in invoice.lines],
    }
