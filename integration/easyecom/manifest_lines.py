"""One order of a Manifested webhook, as a Manifest or a BadLine (EasyEcom contract, 7 and 8)."""

from integration.easyecom.replies import BadLine, FoundOrder, Manifest
from integration.easyecom.stock_lines import recognisable
from integration.easyecom.values import (
    COURIER_LIMIT,
    ID_LIMIT,
    KEY_LIMIT,
    NUMBER_LIMIT,
    BadValue,
    first_present,
    https_url,
    identifier,
    ist,
    name,
    object_in,
    text,
    unless_bad,
)

_NEVER_SHIPPED = ("cancelled", "canceled")


def manifest_of(line: int, row: object) -> Manifest | BadLine:
    """Read one order; one that is not shipped is a BadLine."""
    if not isinstance(row, dict):
        return BadLine(line, "not_an_object", "The line is not an object.")
    number = recognisable(row.get("reference_code"))
    try:
        found = _manifest(line, row)
    except BadValue as problem:
        return BadLine(line, "bad_text", str(problem), order_number=number)
    if not found.order_number and not found.invoice_id:
        return BadLine(line, "no_reference", "Both reference_code and invoice_id are missing.")
    if not is_shipped(found):
        return BadLine(line, "not_shipped", _not_shipped(found), order_number=number)
    return found


def _manifest(line: int, row: dict[str, object]) -> Manifest:
    documents = object_in(row.get("documents"))
    return Manifest(
        line=line,
        order_number=text(row.get("reference_code"), NUMBER_LIMIT, "The reference_code"),
        order_id=identifier(row.get("order_id"), "The order_id"),
        invoice_id=identifier(row.get("invoice_id"), "The invoice_id"),
        location_key=text(row.get("location_key"), KEY_LIMIT, "The location_key"),
        company_id=identifier(
            first_present(row, "warehouse_id", "warehouseId"), "The warehouse_id"
        ),
        status=text(row.get("order_status"), ID_LIMIT, "The order_status"),
        manifested_at=unless_bad(ist, None, row.get("manifest_date")),
        manifest_number=_words(row, "manifest_no"),
        invoice_number=_words(row, "invoice_number"),
        courier=name(row.get("courier"), COURIER_LIMIT),
        awb_number=text(row.get("awb_number"), NUMBER_LIMIT, "The awb_number"),
        label_url=https_url(documents.get("label")),
        invoice_url=https_url(documents.get("easyecom_invoice")),
    )


def _words(row: dict[str, object], field: str) -> str:
    return unless_bad(text, "", row.get(field), NUMBER_LIMIT)


def is_shipped(found: Manifest | FoundOrder) -> bool:
    """Its status word is "Shipped", or it has a manifest number or date and is not cancelled.

    By the time a late delivery arrives, the word may be "Delivered" already. The status id is never
    looked at (sources disagree on ids).
    """
    if is_cancelled(found):
        return False
    has_manifest = bool(found.manifest_number or found.manifested_at)
    return has_manifest or found.status.casefold() == "shipped"


def is_cancelled(found: Manifest | FoundOrder) -> bool:
    return found.status.casefold() in _NEVER_SHIPPED


def _not_shipped(found: Manifest) -> str:
    if not found.status:
        return "The order has neither a status nor a manifest."
    return f"The order is not shipped: its status is {recognisable(found.status)}."
