"""Labels, invoices and EasyEcom's error files: each carries the buyer's whole address, or may.

So they are opened like the buyer's data itself: with that right, by a POST that is written down.
"""

from collections.abc import Mapping

from integration.models import Order

WORDS = {
    "label": "the label",
    "invoice": "the invoice",
    "manifest_label": "the manifest's label",
    "manifest_invoice": "the manifest's invoice",
    "refusal_file": "EasyEcom's file of errors",
}


def addresses(order: Order) -> Mapping[str, str]:
    """Of each document that an order has: where it is."""
    shipment = getattr(order, "shipment", None)
    known = {
        "label": shipment.label_url if shipment else "",
        "invoice": shipment.invoice_url if shipment else "",
        "manifest_label": order.manifest_label_url,
        "manifest_invoice": order.manifest_invoice_url,
        "refusal_file": order.blocked_file,
    }
    return {name: address for name, address in known.items() if address}
