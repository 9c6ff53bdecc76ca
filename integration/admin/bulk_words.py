"""Bulk runs in words: their states, reasons and results as people read them."""

from booon_console.admin_parts import first_sentence
from integration.bulk_runs.bulk_reports import Group
from integration.models import BulkItem, BulkRun, OrderReason
from sellers.models import LocationReason

State, Result = BulkRun.State, BulkItem.Result

TONES = {
    State.FROZEN: "wait",
    State.RUNNING: "wait",
    State.PAUSED: "wait",
    State.DONE: "good",
    State.CANCELLED: "",
}
RESULT_TONES = {
    Result.WAITING: "",
    Result.ASKED: "wait",
    Result.DONE: "good",
    Result.PARTLY: "bad",
    Result.FAILED: "bad",
    Result.IN_DOUBT: "bad",
    Result.POSTPONED: "wait",
    Result.LEFT: "",
}
# What the inbox and the readers park with; the delivery's page has their sentences.
PARKED = {
    "unknown_order": "Order not known",
    "foreign_location": "Another location's line",
    "conflict": "Contradicts the order",
    "withdrawn_order": "Order withdrawn",
    "no_invoice_id": "No invoice id",
    "not_shipped": "Not shipped",
    "bad_level": "Bad level",
    "bad_text": "Bad text",
    "no_sku": "No SKU",
    "no_reference": "No reference",
    "not_an_object": "A line that is no object",
    "not_json": "Not JSON",
    "wrong_shape": "No lines in it",
    "empty": "Empty body",
    "html": "A web page",
    "not_utf8": "Not UTF-8",
    "too_deep": "Nested too deep",
    "too_many_lines": "Too many lines",
    "bad_number": "A number without measure",
    "duplicate_key": "The same key twice",
    "unstorable_text": "Text that can't be stored",
    "batch_manifest": "A Batch Manifest",
    "tracking": "A Tracking update",
    "inventory_body": "Inventory on the manifests' URL",
    "order_body": "An order on the inventory's URL",
    "internal_error": "The console's own fault",
}


def reason_words(group: Group) -> str:
    """Why these rows stand still."""
    for sentences in (OrderReason, LocationReason):
        if group.reason in sentences.values:
            return first_sentence(str(sentences(group.reason).label))
    return PARKED.get(group.reason) or group.reason.replace("_", " ").capitalize() or "Nothing said"
